// What the errors gate remembers, and how it is read back.
import { type Arm, type ByReporter, countsOf, errorsOf, noRequests, reporters, type Tally } from '../counts.ts';
import type { Reporter, Subject } from '../evidence.ts';
import { isCount, isRecord } from '../gate.ts';
import { beginDuel, type Duel } from '../statistics/duel.ts';
import { reviveDuel, reviveTrial } from '../statistics/duel-saved.ts';
import type { Trial } from '../statistics/excess.ts';
import { type Race, reviveRace } from '../statistics/race.ts';
import { type Bursts, type BurstTally, burstsOf, noBursts, reviveBursts } from './bursts.ts';

/** What one reporter has counted. */
export interface ReporterState {
  /** Within the present step. */
  readonly canary: Arm;
  readonly stable: Arm;
  readonly unattributed: number;
  /** Since the step began, of slots that are not of the step alone: they speak for harm, and count for nothing else. */
  readonly early: { readonly canary: Arm; readonly stable: Arm };
  /** Within the step: how many failures without an endpoint were put down to the canary. */
  readonly charged: number;
  /** Within the step: how many unanswered requests were held against the canary's ceiling. */
  readonly excess: number;
  /** The comparison by what was answered badly, and by unanswered requests too as soon as there was one. */
  readonly answered: Duel;
  readonly all?: Duel;
  /** Against the plan's ceiling, where it has one. */
  readonly ceiling?: Race;
  /** Stable in the last minutes; counts fade. */
  readonly recent: Trial;
  /** The services before the rollout: how many requests failed without an endpoint, of how many. */
  readonly level: Level;
  /** Whether it gave any rows in the last counted slot. */
  readonly present: boolean;
  /** How long the canary has had traffic, as far as it matters for the warm-up. */
  readonly warmedMs: number;
}

/** Failures without an endpoint, of how many requests. */
export interface Level {
  readonly requests: number;
  readonly unattributed: number;
}

/** By reporter; what was counted before the rollout stands apart until the first slot tells which workload is which. */
export interface ErrorsState {
  readonly before: ByReporter<Tally>;
  readonly bursts?: BurstTally;
  readonly reporters: ByReporter<ReporterState>;
  /** How the gate's part of the false-rollback probability is divided; fixed at the first slot. */
  readonly shares?: Readonly<Record<Reporter, number>>;
}

/** How many alternatives are held against a ceiling. */
export const ceilingRacers = 3;

/** A reporter that has counted nothing yet, of which stable before the rollout is known, and its unanswered requests. */
export function nothingCounted(
  past: Arm = noRequests,
  level: Level = { requests: 0, unattributed: 0 },
  bursts: Bursts = noBursts,
): ReporterState {
  const answered = beginDuel({ n: past.requests, x: errorsOf(past) }, bursts.answered);
  const all = { all: beginDuel({ n: past.requests, x: errorsOf(past) + past.unanswered }, bursts.all) };
  return {
    canary: noRequests,
    stable: noRequests,
    unattributed: 0,
    early: { canary: noRequests, stable: noRequests },
    charged: 0,
    excess: 0,
    answered,
    ...(past.unanswered > 0 ? all : {}),
    recent: { n: 0, x: 0 },
    level,
    present: false,
    warmedMs: 0,
  };
}

/** Applies a function to every reporter that is there. */
export function eachReporter<A, B>(all: ByReporter<A>, next: (value: A, reporter: Reporter) => B): ByReporter<B> {
  return Object.fromEntries(
    reporters.flatMap((reporter) => {
      const value = all[reporter];
      return value === undefined ? [] : [[reporter, next(value, reporter)] as const];
    }),
  );
}

/** What was counted before the rollout, as far as it concerns the subject. */
export function foldBefore({ before, bursts, ...state }: ErrorsState, subject: Subject): ErrorsState {
  const folded = eachReporter(before, (tally, reporter) => {
    const { canary, stable, unattributed } = countsOf(tally, subject);
    const level = { requests: canary.requests + stable.requests + unattributed, unattributed };
    return { ...nothingCounted(stable, level, burstsOf(bursts, reporter, subject)), present: true };
  });
  return { ...state, before: {}, reporters: { ...folded, ...state.reporters } };
}

/** The saved state; undefined when it is none. Keys it does not know are dropped. */
export function reviveErrors(saved: unknown): ErrorsState | undefined {
  if (!isRecord(saved) || !isRecord(saved['before']) || !isRecord(saved['reporters'])) return undefined;
  const before = reviveEach(saved['before'], reviveTally);
  const known = reviveEach(saved['reporters'], reviveReporter);
  const shares = saved['shares'] === undefined ? {} : reviveShares(saved['shares']);
  const bursts = reviveBurstTally(saved['bursts']);
  if (before === undefined || known === undefined || shares === undefined || bursts === undefined) return undefined;
  return { before, ...bursts, reporters: known, ...shares };
}

/** Revives what was measured before; nothing where nothing was. */
export function reviveBurstTally(saved: unknown): { readonly bursts?: BurstTally } | undefined {
  if (saved === undefined) return {};
  const bursts = isRecord(saved) ? reviveEach(saved, reviveBursts) : undefined;
  return bursts === undefined ? undefined : { bursts };
}

/** Revives how a gate divides its part; undefined when it does not add up. */
export function reviveShares(saved: unknown): { readonly shares: Readonly<Record<Reporter, number>> } | undefined {
  if (!isRecord(saved)) return undefined;
  const { source, waypoint, destination } = saved;
  if (!isCount(source) || !isCount(waypoint) || !isCount(destination)) return undefined;
  return source + waypoint + destination > 1 + 1e-9 ? undefined : { shares: { source, waypoint, destination } };
}

/** Revives what is saved by reporter; undefined when one of them cannot be. */
export function reviveEach<T>(
  saved: Readonly<Record<string, unknown>>,
  revive: (one: unknown) => T | undefined,
): ByReporter<T> | undefined {
  const revived: Partial<Record<(typeof reporters)[number], T>> = {};
  for (const reporter of reporters) {
    if (saved[reporter] === undefined) continue;
    const one = revive(saved[reporter]);
    if (one === undefined) return undefined;
    revived[reporter] = one;
  }
  return revived;
}

/** Revives a record of counts or of anything else that `revive` knows; undefined when one entry cannot be. */
export function reviveRecord<T>(
  saved: unknown,
  revive: (one: unknown) => T | undefined,
): Readonly<Record<string, T>> | undefined {
  if (!isRecord(saved)) return undefined;
  const revived = Object.entries(saved).map(([key, one]) => [key, revive(one)] as const);
  return revived.some(([, one]) => one === undefined) ? undefined : (Object.fromEntries(revived) as Record<string, T>);
}

/** Revives a count. */
export function reviveCount(saved: unknown): number | undefined {
  return isCount(saved) ? saved : undefined;
}

/** Revives what was counted before a rollout by one reporter. */
export function reviveTally(saved: unknown): Tally | undefined {
  if (!isRecord(saved)) return undefined;
  const workloads = reviveRecord(saved['workloads'], reviveArm);
  const unattributed = reviveRecord(saved['unattributed'], reviveCount);
  return workloads === undefined || unattributed === undefined ? undefined : { workloads, unattributed };
}

function reviveReporter(saved: unknown): ReporterState | undefined {
  if (!isRecord(saved) || !isRecord(saved['level']) || typeof saved['present'] !== 'boolean') return undefined;
  const { present, unattributed, charged, excess, warmedMs } = saved;
  const { requests, unattributed: levelUnattributed } = saved['level'];
  if (!isCount(unattributed) || !isCount(charged) || !isCount(excess) || !isCount(warmedMs)) return undefined;
  if (!isCount(requests) || !isCount(levelUnattributed)) return undefined;
  const [canary, stable, recent] = [
    reviveArm(saved['canary']),
    reviveArm(saved['stable']),
    reviveTrial(saved['recent']),
  ];
  const tests = reviveTests(saved);
  const early = reviveEarly(saved['early']);
  if (canary === undefined || stable === undefined || recent === undefined) return undefined;
  if (tests === undefined || early === undefined) return undefined;
  const level = { requests, unattributed: levelUnattributed };
  return { canary, stable, unattributed, early, charged, excess, ...tests, recent, level, present, warmedMs };
}

function reviveEarly(saved: unknown): ReporterState['early'] | undefined {
  if (!isRecord(saved)) return undefined;
  const [canary, stable] = [reviveArm(saved['canary']), reviveArm(saved['stable'])];
  return canary === undefined || stable === undefined ? undefined : { canary, stable };
}

function reviveTests(
  saved: Readonly<Record<string, unknown>>,
): Pick<ReporterState, 'answered' | 'all' | 'ceiling'> | undefined {
  const answered = reviveDuel(saved['answered']);
  const all = saved['all'] === undefined ? {} : { all: reviveDuel(saved['all']) };
  const ceiling = saved['ceiling'] === undefined ? {} : { ceiling: reviveRace(saved['ceiling'], ceilingRacers) };
  if (answered === undefined || !isWhole(all) || !isWhole(ceiling)) return undefined;
  return { answered, ...all, ...ceiling };
}

function isWhole<T extends object>(part: T): part is { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.values(part).every((one) => one !== undefined);
}

/** Revives one workload's counts. */
function reviveArm(saved: unknown): Arm | undefined {
  if (!isRecord(saved)) return undefined;
  const { requests, server, grpc, unanswered, client } = saved;
  if (!isCount(requests) || !isCount(server) || !isCount(grpc) || !isCount(unanswered) || !isCount(client))
    return undefined;
  const arm = { requests, server, grpc, unanswered, client };
  return errorsOf(arm) + unanswered + client <= requests ? arm : undefined;
}
