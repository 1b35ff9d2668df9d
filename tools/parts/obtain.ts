// Finding a part: an ordered list of ways, the first that works wins, and when
// none does the message says what was tried and what to do.

/** What one way of finding a part came to. `why` continues "KWOK_BIN: ...", for example "not set". */
export type Outcome<T> =
  | { readonly kind: 'found'; readonly part: T }
  | { readonly kind: 'missing'; readonly why: string };

/** One way to a part. `name` is what the report prints as where it came from. `find` throws only on what the user has to see at once, such as a broken build. */
export interface Way<T> {
  readonly name: string;
  find(): Promise<Outcome<T>>;
}

/** A part that was found, and the name of the way that led to it. */
export interface Obtained<T> {
  readonly part: T;
  readonly from: string;
}

/** Takes one line of progress for people. */
export type Say = (line: string) => void;

/** No way led to the part. The message names the part, every way that was tried with its outcome, and what to do. */
export class MissingPart extends Error {
  override readonly name = 'MissingPart';
}

/** A part that was found. */
export function found<T>(part: T): Outcome<T> {
  return { kind: 'found', part };
}

/** A part that this way does not have, and why. */
export function missing<T>(why: string): Outcome<T> {
  return { kind: 'missing', why };
}

/** Tries the ways in order and gives the first part found. Throws `MissingPart` when there is none; `remedy` is its last sentence. */
export async function obtain<T>(part: string, ways: readonly Way<T>[], remedy: string): Promise<Obtained<T>> {
  const tried: string[] = [];
  for (const way of ways) {
    const outcome = await way.find();
    if (outcome.kind === 'found') return { part: outcome.part, from: way.name };
    tried.push(`    ${way.name}: ${outcome.why}`);
  }
  throw new MissingPart(
    `${part} is missing on this machine.\n  Tried, in this order:\n${tried.join('\n')}\n  What to do: ${remedy}`,
  );
}
