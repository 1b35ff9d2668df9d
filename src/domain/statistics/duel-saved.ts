// A duel as it was saved with a rollout, read back.
import { isCount, isRecord } from '../gate.ts';
import { gridSize } from './bounds.ts';
import type { Dispersion } from './dispersion.ts';
import { type Duel, racers } from './duel.ts';
import type { Block, Trial } from './excess.ts';
import { reviveLogs, reviveRace } from './race.ts';

/** The saved duel; undefined when this is none. */
export function reviveDuel(saved: unknown): Duel | undefined {
  if (!isRecord(saved) || !isRecord(saved['bounds'])) return undefined;
  const harm = reviveRace(saved['harm'], racers);
  const fine = reviveLogs(saved['fine'], 2);
  const above = reviveLogs(saved['bounds']['above'], gridSize);
  const below = reviveLogs(saved['bounds']['below'], gridSize);
  const trials = reviveTrials(saved);
  const dispersion = reviveDispersion(saved['dispersion']);
  const pending = reviveBlock(saved['pending']);
  if (harm === undefined || fine === undefined || above === undefined || below === undefined) return undefined;
  if (trials === undefined || dispersion === undefined || pending === undefined) return undefined;
  return { harm, fine, bounds: { above, below }, ...trials, dispersion, pending };
}

/** A saved trial; undefined when more failed than there were. */
export function reviveTrial(saved: unknown): Trial | undefined {
  if (!isRecord(saved)) return undefined;
  const { n, x } = saved;
  return isCount(n) && isCount(x) && x <= n ? { n, x } : undefined;
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

function reviveBlock(saved: unknown): Block | undefined {
  if (!isRecord(saved)) return undefined;
  const canary = reviveTrial(saved['canary']);
  const stable = reviveTrial(saved['stable']);
  return canary === undefined || stable === undefined ? undefined : { canary, stable };
}
