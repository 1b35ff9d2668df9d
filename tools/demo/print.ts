// How the demo prints: one line per change, with the sentence that explains it.

const colours = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

/** A printer whose lines carry the seconds since it was made. */
export interface Printer {
  line(story: string, phase: string, weight: string, message: string): void;
  /** What somebody types, and what they are told, under the story's name. */
  said(story: string, text: string): void;
  note(text: string): void;
}

/** A printer that begins to count now. */
export function printer(): Printer {
  const started = Date.now();
  const seconds = (): string => `${((Date.now() - started) / 1_000).toFixed(1)}s`.padStart(6);
  return {
    line: (story, phase, weight, message) =>
      process.stdout.write(
        `${seconds()}  ${story.padEnd(5)}  ${paint(phase, phase.padEnd(11))} ${weight.padStart(5)}  ${message}\n`,
      ),
    said: (story, text) => {
      for (const line of text.trimEnd().split('\n'))
        process.stdout.write(
          `${seconds()}  ${story.padEnd(5)}  ${paint(line.startsWith('$ ') ? 'typed' : '', line)}\n`,
        );
    },
    note: (text) => process.stdout.write(`${text}\n`),
  };
}

const paints: Readonly<Record<string, string>> = {
  promoted: '32',
  rollingBack: '33',
  rolledBack: '31',
  held: '33',
  typed: '1',
};

function paint(kind: string, text: string): string {
  const code = paints[kind];
  return colours && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
}
