// A duel as it was saved with a rollout, read back.
import { isCount, isRecord } from '../gate.ts';
import { type Bounds, gridSize } from './bounds.ts';
import type { Dispersion } from './dispersion.ts';
import { type Duel, racers } from './duel.ts';
import { type Block, noBlock, type Trial } from './excess.ts';
import { reviveLogs, reviveRace } from './race.ts';

/** The saved duel; undefined when this is none. */
export function reviveDuel(saved: unknown): Duel | undefined {
  if (!isRecord(saved)) return undefined;
  const harm = reviveRace(saved['harm'], racers);
  const fine = reviveLogs(saved['fine'], 2);
  const bounds = reviveGrid(saved['bounds']);
  const trials = reviveTrials(saved);
  const blocks = reviveBlocks(saved);
  const dispersion = reviveDispersion(saved['dispersion']);
  if (harm === undefined || fine === undefined || bounds === undefined) return undefined;
  if (trials === undefined || dispersion === undefined || blocks === undefined) return undefined;
  return { harm, fine, bounds, ...trials, dispersion, ...blocks };
}

/** A saved trial; undefined when more failed than there were. */
export function reviveTrial(saved: unknown): Trial | undefined {
  if (!isRecord(saved)) return undefined;
  const { n, x } = saved;
  return isCount(n) && isCount(x) && x <= n ? { n, x } : undefined;
}

/** Saved bounds of a difference; undefined when they are not of the grid. */
export function reviveGrid(saved: unknown): Bounds | undefined {
  if (!isRecord(saved)) return undefined;
  const [above, below] = [reviveLogs(saved['above'], gridSize), reviveLogs(saved['below'], gridSize)];
  return above === undefined || below === undefined ? undefined : { above, below };
}

/** A saved measure of burstiness. */
export function reviveDispersion(saved: unknown): Dispersion | undefined {
  if (!isRecord(saved)) return undefined;
  const waiting = reviveTrial(saved['waiting']);
  const own = reviveTrial(saved['own']);
  const { seen, expected, spread } = saved;
  if (waiting === undefined || own === undefined || !isCount(seen) || !isCount(expected) || !isCount(spread))
    return undefined;
  return { waiting, own, seen, expected, spread };
}

function reviveTrials(
  saved: Readonly<Record<string, unknown>>,
): Pick<Duel, 'canary' | 'stable' | 'past' | 'before' | 'prediction' | 'habit'> | undefined {
  const canary = reviveTrial(saved['canary']);
  const stable = reviveTrial(saved['stable']);
  const past = reviveTrial(saved['past']);
  const before = reviveTrial(saved['before']);
  const prediction = reviveTrial(saved['prediction']);
  const habit = reviveTrial(saved['habit']);
  if (canary === undefined || stable === undefined || past === undefined) return undefined;
  if (before === undefined || prediction === undefined || habit === undefined) return undefined;
  return { canary, stable, past, before, prediction, habit };
}

/** Where it was not kept yet what was counted before the step, nothing was. */
function reviveBlocks(saved: Readonly<Record<string, unknown>>): Pick<Duel, 'pending' | 'ago'> | undefined {
  const [pending, ago] = [reviveBlock(saved['pending']), reviveBlock(saved['ago'] ?? noBlock)];
  return pending === undefined || ago === undefined ? undefined : { pending, ago };
}

/** Saved counts of both arms. */
export function reviveBlock(saved: unknown): Block | undefined {
  if (!isRecord(saved)) return undefined;
  const canary = reviveTrial(saved['canary']);
  const stable = reviveTrial(saved['stable']);
  return canary === undefined || stable === undefined ? undefined : { canary, stable };
}
