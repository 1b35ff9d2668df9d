// Which latencies an accusation names: those of the step, or of all steps where the canary stands out there more.
import type { GateContext } from '../gate.ts';
import { addBlocks, type Block } from '../statistics/excess.ts';
import { type TimedState, timingsOf } from './latency-state.ts';
import { armsOf, millis, type Seen, sharesText, slowBeyond } from './latency-words.ts';
import { sinceFirst, standsOut } from './spans.ts';
import { outOf, seenBy } from './words.ts';

/** What took longer than the shown bound, over all steps; undefined where the step's own counts say as much. */
export function accusingBlock(state: TimedState, context: GateContext): Block | undefined {
  const { watch } = state;
  if (watch === undefined) return undefined;
  const whole = addBlocks(blockAt(timingsOf(state), watch.bound), watch.ago);
  const step = blockAt(armsOf(state, context), worstBound(state, context));
  return standsOut(whole) > standsOut(step) ? whole : undefined;
}

/** Both shares beyond the bound that shows most: the step's, or those of all steps when they are given. */
export function accusingText(seen: Seen, whole: Block | undefined, context: GateContext): string {
  const { state, reporter } = seen;
  const { watch } = state;
  if (whole === undefined || watch === undefined) return sharesText(seen, worstBound(state, context), context);
  const slow = `${outOf(whole.canary)} canary requests took over ${millis(watch.bound)}`;
  return `${slow} against ${outOf(whole.stable)} of stable${sinceFirst}, ${seenBy[reporter]}`;
}

/** The bound at which the canary's share stands out most, in standard errors. */
function worstBound(state: TimedState, context: GateContext): number {
  const arms = armsOf(state, context);
  const outAt = (bound: number): number => standsOut(blockAt(arms, bound));
  return state.bounds.reduce((most, bound) => (outAt(bound) > outAt(most) ? bound : most), state.bounds[0] ?? 0);
}

function blockAt({ canary, stable }: ReturnType<typeof armsOf>, bound: number): Block {
  return { canary: slowBeyond(canary, bound), stable: slowBeyond(stable, bound) };
}
