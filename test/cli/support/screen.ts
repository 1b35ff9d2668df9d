// What a command that draws over itself has written, taken apart again.

const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];

/** Each frame by itself with its control sequences shown as `<...>`; every one is held until it is whole. */
export function framesOf(out: string): readonly string[] {
  return out
    .split(begin)
    .slice(1)
    .map((piece) => shown(piece.split(end)[0] ?? ''));
}

/** What was written between and after the frames. */
export function besidesOf(out: string): readonly string[] {
  return out
    .split(begin)
    .slice(1)
    .map((piece) => shown(piece.split(end)[1] ?? ''));
}

function shown(text: string): string {
  return text.replaceAll('\u001b[K\n', '\n').replaceAll('\u001b[', '<').replaceAll('\r', '<CR>');
}
