// Texts as Slack takes them: its three special letters escaped, and cut to the length of the place they go to.

/** A text in which nothing means anything to Slack: no mention, no link, no tag. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** At most so many letters after escaping, never half of a letter or of an escape; what was cut ends in an ellipsis. */
export function fitted(text: string, letters: number): string {
  const whole = escaped(text.toWellFormed());
  if (whole.length <= letters) return whole;
  let cut = '';
  for (const letter of text.toWellFormed()) {
    const next = cut + escaped(letter);
    if (next.length > letters - 1) break;
    cut = next;
  }
  return `${cut}…`;
}

/** At most so many letters, where Slack reads plain text and nothing is escaped. */
export function clipped(text: string, letters: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= letters) return whole;
  let cut = '';
  for (const letter of whole) {
    if (cut.length + letter.length > letters - 1) break;
    cut += letter;
  }
  return `${cut}…`;
}
