// Sentences that are kept where there is little room.

/** At most so many letters; what is longer is cut between words and ends in an ellipsis. */
export function shortened(text: string, letters: number): string {
  if (text.length <= letters) return text;
  const cut = text.slice(0, letters - 1);
  const end = cut.lastIndexOf(' ');
  return `${(end > letters / 2 ? cut.slice(0, end) : cut).toWellFormed()}…`;
}
