// Where the command writes: data to the one stream, narration to the other, colour only as a second signal.
import { fitting, widthOf } from './width.ts';

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
  /** Writes narration where the lines stood; the next ones are drawn below it. */
  say(text: string): void;
  /** Leaves the last lines standing and gives the cursor back. */
  leave(): void;
}

/** Control sequences of ECMA-48, and of DEC private modes: 25 is the cursor, 2026 holds a screen still until a frame is whole. */
const codes = {
  up: (lines: number) => (lines === 0 ? '' : `\u001b[${lines}F`),
  home: '\u001b[2J\u001b[H',
  restOfLine: '\u001b[K',
  restOfScreen: '\u001b[0J',
  hideCursor: '\u001b[?25l',
  showCursor: '\u001b[?25h',
  still: '\u001b[?2026h',
  moving: '\u001b[?2026l',
} as const;

/**
 * Begins below what is on the screen now. Each frame is one write, which overwrites line by line: a screen that is wiped first
 * flickers. One that was made wider or narrower is wiped all the same, because its lines have moved. Owes a `leave`.
 */
export function screenOf(terminal: Terminal): Screen {
  let drawn: readonly string[] = [];
  let width: number | undefined;
  const over = (): string => (width === terminal.columns ? codes.up(drawn.length) : codes.home);
  return {
    draw(lines) {
      const page = within(lines, terminal.rows).map((line) => cut(line, terminal));
      if (isSame(page, drawn) && width === terminal.columns) return;
      const begin = width === undefined ? codes.hideCursor : over();
      const text = page.map((line) => lineOver(line, terminal)).join('');
      terminal.out(`${codes.still}${begin}${text}${codes.restOfScreen}${codes.moving}`);
      drawn = page;
      width = terminal.columns;
    },
    say(text) {
      if (drawn.length > 0) terminal.out(over() + codes.restOfScreen);
      drawn = [];
      terminal.err(text);
    },
    leave() {
      if (width !== undefined) terminal.out(`\r${codes.restOfLine}${codes.showCursor}`);
      width = undefined;
      drawn = [];
    },
  };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((line, index) => line === others[index]);
}

/** A line over whatever stood there. After a line that fills the screen the cursor is upon its last letter, which must stay. */
function lineOver(line: string, { columns }: Terminal): string {
  return `${line}${widthOf(withoutColour(line)) < columns ? codes.restOfLine : ''}\n`;
}

/** The cursor stands below the last line, so that one line fewer than the screen holds can be drawn over. */
function within(lines: readonly string[], rows: number | undefined): readonly string[] {
  const most = Math.max(2, (rows ?? Number.POSITIVE_INFINITY) - 1);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `(${lines.length - most + 1} more lines: make the window higher)`];
}

function cut(text: string, { columns, unicode }: Terminal): string {
  const line = text.trimEnd();
  const seen = withoutColour(line);
  if (widthOf(seen) <= columns) return line;
  return `${fitting(seen, columns - 1)}${unicode ? '…' : '>'}`;
}
