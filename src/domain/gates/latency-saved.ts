// The latency gate's memory as it was saved with a rollout, read back.
import { isCount, isRecord } from '../gate.ts';
import { reviveBlock, reviveDispersion, reviveGrid } from '../statistics/duel-saved.ts';
import { noBlock } from '../statistics/excess.ts';
import { aboveBets, withinBets } from '../statistics/latency-ceiling.ts';
import { wayBets } from '../statistics/latency-edge.ts';
import { slowRacers } from '../statistics/latency-harm.ts';
import { reviveLogs, reviveRace } from '../statistics/race.ts';
import { type Buckets, mostBounds } from './buckets.ts';
import { reviveCount, reviveEach, reviveRecord, reviveShares } from './errors-state.ts';
import type { Bursts, Contest, Fine, LatencyState, TimedState, Watch } from './latency-state.ts';

const mostContests = 8;

/** The saved state; undefined when it is none. Keys it does not know are dropped. */
export function reviveLatency(saved: unknown): LatencyState | undefined {
  if (!isRecord(saved) || !isRecord(saved['before']) || !isRecord(saved['reporters'])) return undefined;
  const before = reviveEach(saved['before'], (tally) => reviveRecord(tally, reviveBuckets));
  const known = reviveEach(saved['reporters'], reviveTimed);
  const bursts = saved['bursts'] === undefined ? {} : reviveTimedBursts(saved['bursts']);
  const shares = saved['shares'] === undefined ? {} : reviveShares(saved['shares']);
  if (before === undefined || known === undefined || bursts === undefined || shares === undefined) return undefined;
  return { before, ...bursts, reporters: known, ...shares };
}

function reviveTimedBursts(saved: unknown): Pick<LatencyState, 'bursts'> | undefined {
  if (!isRecord(saved)) return undefined;
  const bursts = reviveEach(saved, (tally) => reviveRecord(tally, (one) => reviveList(one, 2, reviveBursts)));
  return bursts === undefined ? undefined : { bursts };
}

function reviveTimed(saved: unknown): TimedState | undefined {
  if (!isRecord(saved) || !isRecord(saved['pending'])) return undefined;
  const { present, warmMs, trouble } = saved;
  const bounds = reviveBounds(saved['bounds']);
  if (bounds === undefined || typeof present !== 'boolean' || !isCount(warmMs)) return undefined;
  const counts = reviveArms(saved, saved['pending'], bounds.length + 1);
  const bursts = reviveList(saved['bursts'], 2, reviveBursts);
  const contests = reviveList(saved['contests'], mostContests, reviveContest);
  const watch = saved['watch'] === undefined ? {} : reviveWatch(saved['watch'], bounds);
  if (counts === undefined || bursts === undefined || contests === undefined || watch === undefined) return undefined;
  if (trouble !== 'none' && trouble !== 'apart' && trouble !== 'mixed') return undefined;
  return { present, trouble, bounds, ...counts, warmMs, bursts, ...watch, contests };
}

function reviveArms(
  saved: Readonly<Record<string, unknown>>,
  waiting: Readonly<Record<string, unknown>>,
  length: number,
): Pick<TimedState, 'usual' | 'canary' | 'stable' | 'pending'> | undefined {
  const usual = reviveCounts(saved['usual'], length);
  const [canary, stable] = [reviveCounts(saved['canary'], length), reviveCounts(saved['stable'], length)];
  const [first, second] = [reviveCounts(waiting['canary'], length), reviveCounts(waiting['stable'], length)];
  if (usual === undefined || canary === undefined || stable === undefined) return undefined;
  return first === undefined || second === undefined
    ? undefined
    : { usual, canary, stable, pending: { canary: first, stable: second } };
}

function reviveBursts(saved: unknown): Bursts | undefined {
  if (!isRecord(saved) || !isCount(saved['bound'])) return undefined;
  const dispersion = reviveDispersion(saved['dispersion']);
  return dispersion === undefined ? undefined : { bound: saved['bound'], dispersion };
}

function reviveContest(saved: unknown): Contest | undefined {
  if (!isRecord(saved) || typeof saved['text'] !== 'string') return undefined;
  const harm = reviveRace(saved['harm'], slowRacers) ?? reviveRace(saved['harm'], aboveBets.length);
  const fine = reviveList(saved['fine'], mostBounds, reviveFine);
  return harm === undefined || fine === undefined ? undefined : { text: saved['text'], harm, fine };
}

function reviveFine(saved: unknown): Fine | undefined {
  if (!isRecord(saved) || !isCount(saved['bound'])) return undefined;
  const logs = reviveLogs(saved['logs'], wayBets.length) ?? reviveLogs(saved['logs'], withinBets.length);
  return logs === undefined ? undefined : { bound: saved['bound'], logs };
}

function reviveWatch(saved: unknown, bounds: readonly number[]): { readonly watch: Watch } | undefined {
  if (!isRecord(saved)) return undefined;
  const { bound, scale } = saved;
  const interval = reviveGrid(saved['interval']);
  if (!isCount(bound) || !bounds.includes(bound) || !isCount(scale)) return undefined;
  const ago = reviveBlock(saved['ago'] ?? noBlock);
  if (interval === undefined || ago === undefined) return undefined;
  return { watch: { bound, scale, interval, ago } };
}

function reviveBounds(saved: unknown): readonly number[] | undefined {
  const bounds = reviveList(saved, mostBounds, reviveCount);
  return bounds?.every((bound, k) => bound > (bounds[k - 1] ?? 0)) ? bounds : undefined;
}

function reviveCounts(saved: unknown, length: number): readonly number[] | undefined {
  const counts = reviveList(saved, length, reviveCount);
  return counts?.length === length ? counts : undefined;
}

function reviveList<T>(
  saved: unknown,
  most: number,
  revive: (one: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(saved) || saved.length > most) return undefined;
  const revived = saved.map(revive).filter((one) => one !== undefined);
  return revived.length === saved.length ? revived : undefined;
}

function reviveBuckets(saved: unknown): Buckets | undefined {
  const buckets = reviveRecord(saved, reviveCount);
  if (buckets === undefined) return undefined;
  const bounds = Object.keys(buckets);
  const known = bounds.length <= mostBounds && bounds.every((bound) => bound !== '' && Number(bound) > 0);
  return known ? buckets : undefined;
}
