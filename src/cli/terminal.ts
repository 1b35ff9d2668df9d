// Where the command writes: data to the one stream, narration to the other, colour only as a second signal.

/** The two streams and what is known of who reads them. */
export interface Terminal {
  /** Writes data; the text carries its own line ends. */
  readonly out: (text: string) => void;
  /** Writes narration and errors. */
  readonly err: (text: string) => void;
  /** Whether data goes to a screen that can be drawn anew. */
  readonly interactive: boolean;
  readonly colour: boolean;
  readonly columns: number;
  /** How many lines a screen holds; undefined where data goes to none. */
  readonly rows?: number;
  /** Whether letters beyond ASCII arrive as they are meant. */
  readonly unicode: boolean;
}

/** Words in colour, or as they are. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly waiting: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** No colour at all. */
const plain: Paint = { good: same, bad: same, waiting: same, faint: same, strong: same };

const coloured: Paint = {
  good: sgr(34),
  bad: sgr(33),
  waiting: sgr(36),
  faint: sgr(2),
  strong: sgr(1),
};

/** The paint for a terminal: blue and orange-yellow, which most people can tell apart, and none where none is wanted. */
export function paintFor(terminal: Terminal): Paint {
  return terminal.colour ? coloured : plain;
}

function same(text: string): string {
  return text;
}

/** Select graphic rendition, ECMA-48 section 8.3.117. */
function sgr(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}

/** Takes the colours out again, to measure what is seen. */
export function withoutColour(text: string): string {
  return text
    .split('\u001b')
    .map((piece, index) => (index === 0 ? piece : piece.replace(/^\[\d+m/, '')))
    .join('');
}

/** Lines as one text with its line ends. */
export function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** A part of the screen that is drawn over itself. */
export interface Screen {
  /** Draws these lines in place of the last ones, each cut to the width of the screen, and no more of them than it holds. */
  draw(lines: readonly string[]): void;
}

/** Begins below what is on the screen now. A screen that was made wider or narrower is wiped first, because its lines have moved. */
export function screenOf(terminal: Terminal): Screen {
  let drawn = 0;
  let width: number | undefined;
  return {
    draw(lines) {
      const isMoved = width !== undefined && width !== terminal.columns;
      const up = isMoved ? '\u001b[2J\u001b[H' : drawn === 0 ? '' : `\u001b[${drawn}F\u001b[0J`;
      const fitting = within(lines, terminal.rows);
      terminal.out(up + textOf(fitting.map((line) => cut(line, terminal))));
      drawn = fitting.length;
      width = terminal.columns;
    },
  };
}

/** The cursor stands below the last line, so that one line fewer than the screen holds can be drawn over. */
function within(lines: readonly string[], rows: number | undefined): readonly string[] {
  const most = Math.max(2, (rows ?? Number.POSITIVE_INFINITY) - 1);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `(${lines.length - most + 1} more lines: make the window higher)`];
}

function cut(line: string, { columns, unicode }: Terminal): string {
  const seen = withoutColour(line);
  return seen.length <= columns ? line : `${seen.slice(0, Math.max(0, columns - 1))}${unicode ? '…' : '>'}`;
}
