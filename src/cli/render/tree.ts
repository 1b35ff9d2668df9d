// Text as a tree, no line wider than the screen, in letters that arrive.
import { fitting, widthOf } from '../width.ts';

/** A branch: a text, which may take several lines, and what hangs on it. */
export interface Branch {
  readonly text: string;
  /** Colours each of its lines. */
  readonly paint?: (line: string) => string;
  readonly branches?: readonly Branch[];
}

/** How much room there is, and which letters may be used. */
export interface Room {
  readonly columns: number;
  readonly unicode: boolean;
}

/** What a tree is drawn with: a branch, the last one, and what leads past them. */
interface Glyphs {
  readonly branch: string;
  readonly last: string;
  readonly past: string;
}

const lines: Glyphs = { branch: '├─ ', last: '└─ ', past: '│  ' };
const ascii: Glyphs = { branch: '|- ', last: '`- ', past: '|  ' };
const blank = '   ';
const leastText = 12;

/** The root's text, and its branches below. */
export function treeLines(root: Branch, room: Room): readonly string[] {
  const own = wrapped(root, room.columns, room);
  return [...own, ...branchLines(root.branches ?? [], '', room)];
}

function branchLines(branches: readonly Branch[], before: string, room: Room): readonly string[] {
  const glyphs = room.unicode ? lines : ascii;
  return branches.flatMap((branch, index) => {
    const isLast = index === branches.length - 1;
    const beside = before + (isLast ? blank : glyphs.past);
    const text = wrapped(branch, room.columns - beside.length, room);
    return [
      ...text.map((line, row) => (row === 0 ? before + (isLast ? glyphs.last : glyphs.branch) : beside) + line),
      ...branchLines(branch.branches ?? [], beside, room),
    ];
  });
}

function wrapped({ text, paint }: Branch, columns: number, room: Room): readonly string[] {
  const rows = wrap(clean(text, room), Math.max(leastText, columns));
  return paint === undefined ? rows : rows.map(paint);
}

/** Lines of at most so many columns, broken between words; a longer word is broken where the line ends. */
function wrap(text: string, columns: number): readonly string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, columns))) {
    if (row !== '' && widthOf(row) + 1 + widthOf(word) > columns) {
      rows.push(row.trimEnd());
      row = word;
    } else row = row === '' ? word : `${row} ${word}`;
  }
  return [...rows, row.trimEnd()];
}

function pieces(word: string, columns: number): readonly string[] {
  if (widthOf(word) <= columns) return [word];
  const first = fitting(word, columns);
  return [first, ...pieces(word.slice(first.length), columns)];
}

/** What a container or a person wrote must not steer the screen, nor come as letters that it cannot draw. */
function clean(text: string, { unicode }: Room): string {
  const safe = text.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');
  return unicode ? safe : safe.replaceAll(/[^\u0020-\u007e]/gu, '?');
}
