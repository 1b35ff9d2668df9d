// The nearest word to a misspelt one, for every "did you mean".

/**
 * The candidate a person most likely meant, or undefined when none is near. A word of n letters may be a third of n edits
 * away, at least one; an edit is a letter added, lost, changed, or swapped with its neighbour. A start of three letters or
 * more also counts when it fits one candidate alone. Case is ignored; among equals the first candidate wins.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const written = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(written, candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best ?? completion(written, candidates);
}

function completion(start: string, candidates: readonly string[]): string | undefined {
  if (start.length < 3) return undefined;
  const fitting = candidates.filter((candidate) => candidate.toLowerCase().startsWith(start));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/**
 * The optimal string alignment distance: the least number of insertions, deletions, substitutions and swaps of neighbours
 * that turn one word into the other, no letter being edited twice (G. Navarro, A guided tour to approximate string
 * matching, ACM Computing Surveys 33(1), 2001, section 2).
 */
function editDistance(from: string, to: string): number {
  let twoAbove: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(above, column) + 1,
          at(current, column - 1) + 1,
          at(above, column - 1) + (same ? 0 : 1),
          swapped ? at(twoAbove, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [twoAbove, above] = [above, current];
  }
  return at(above, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
