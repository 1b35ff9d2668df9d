// How the demo prints: one line per change, with the sentence that explains it.

const colours = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

/** A printer whose lines carry the seconds since it was made. */
export function printer(): {
  line(story: string, phase: string, weight: string, message: string): void;
  note(text: string): void;
} {
  const started = Date.now();
  const seconds = (): string => `${((Date.now() - started) / 1_000).toFixed(1)}s`.padStart(6);
  return {
    line: (story, phase, weight, message) =>
      process.stdout.write(
        `${seconds()}  ${story.padEnd(5)}  ${paint(phase, phase.padEnd(11))} ${weight.padStart(5)}  ${message}\n`,
      ),
    note: (text) => process.stdout.write(`${text}\n`),
  };
}

const paints: Readonly<Record<string, string>> = { promoted: '32', rollingBack: '33', rolledBack: '31', held: '33' };

function paint(phase: string, text: string): string {
  const code = paints[phase];
  return colours && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
}
