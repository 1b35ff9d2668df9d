// How many columns of a screen a text takes: most letters one, those of East Asia and emoji two, marks upon a letter none.

/** Wide and fullwidth letters (Unicode Standard Annex 11), as far as scripts and blocks tell them. */
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;
const none = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]*$/u;
const halfwidth = /^[\uff61-\uffdc\uffe8-\uffee]/u;
const plain = /^[\u0020-\u007e]*$/;

let made: Intl.Segmenter | undefined;

/** Made when it is first needed: most runs of the command print plain letters, and making it takes time. */
function segmenter(): Intl.Segmenter {
  made ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return made;
}

/** The letters as a reader counts them, each with its columns. */
function letters(text: string): readonly { readonly letter: string; readonly columns: number }[] {
  return Array.from(segmenter().segment(text), ({ segment }) => ({ letter: segment, columns: columnsOf(segment) }));
}

/** The columns of a text without colours. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  return letters(text).reduce((all, { columns }) => all + columns, 0);
}

/** As much of a text as fits into so many columns; never half of a letter. */
export function fitting(text: string, columns: number): string {
  if (plain.test(text)) return text.slice(0, Math.max(0, columns));
  let [taken, room] = ['', columns];
  for (const each of letters(text)) {
    room -= each.columns;
    if (room < 0) break;
    taken += each.letter;
  }
  return taken;
}

function columnsOf(letter: string): number {
  if (none.test(letter)) return 0;
  return wide.test(letter) && !halfwidth.test(letter) ? 2 : 1;
}
