// How many requests a load owes at a moment. Pure.

/** After a stall (milliseconds) a load catches up on this much and lets the rest go. */
const MOST_OWED_MS = 5_000;

/** How far a load has come: the number of its next request, and the part of a request already owed. */
export interface Pace {
  readonly next: number;
  readonly owed: number;
  /** When this was worked out, in milliseconds of a steady clock. */
  readonly atMs: number;
}

/** A load's pace at its start. */
export function startingPace(nowMs: number): Pace {
  return { next: 0, owed: 0, atMs: nowMs };
}

/** The pace at `nowMs`: requests from the old `next` up to the new one, exclusive, are due. */
export function advance(pace: Pace, rps: number, nowMs: number): Pace {
  const elapsedMs = Math.min(Math.max(0, nowMs - pace.atMs), MOST_OWED_MS);
  const owed = pace.owed + (elapsedMs * rps) / 1000;
  const due = Math.floor(owed);
  return { next: pace.next + due, owed: owed - due, atMs: nowMs };
}
