// Whom a pass is asked of. A mesh has several who count the same requests, and some of them count next to none of them.
import { type ByReporter, type ReporterCounts, reporters, type Tally } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import { type GateContext, isCount, isRecord } from '../gate.ts';
import { grouped } from './words.ts';

/** How much one reporter has counted of the rollout, the time before included: requests of both versions. */
export interface Heard {
  readonly seen: number;
  /** The most that any reporter had counted when this one last did. */
  readonly of: number;
  /** Whether it counted a request in the last slot. */
  readonly spoke: boolean;
}

/** One that goes on counting is not asked below this share of the requests: all harm that it alone could see is less. */
const leastAsked = 1 / 100;
/** One that has fallen silent is not missed below this one: a job that is over, or a client that seldom calls. */
const leastMissed = 1 / 10;

/** What was counted before the rollout. */
export function heardBefore(before: ByReporter<Tally>): ByReporter<Heard> {
  const sums = reporters.flatMap((reporter) => {
    const tally = before[reporter];
    return tally === undefined ? [] : [[reporter, tallied(tally)] as const];
  });
  const most = Math.max(0, ...sums.map(([, seen]) => seen));
  return Object.fromEntries(sums.map(([reporter, seen]) => [reporter, { seen, of: most, spoke: seen > 0 }]));
}

function tallied({ workloads, unattributed }: Tally): number {
  const requests = Object.values(workloads).map((arm) => arm.requests);
  return [...requests, ...Object.values(unattributed)].reduce((sum, each) => sum + each, 0);
}

/** Counts a slot. */
export function hear(before: ByReporter<Heard>, counts: ByReporter<ReporterCounts>): ByReporter<Heard> {
  const sums = reporters.flatMap((reporter) => {
    const [own, slot] = [before[reporter], counts[reporter]];
    if (own === undefined && slot === undefined) return [];
    const more = slot === undefined ? 0 : slot.canary.requests + slot.stable.requests + slot.unattributed;
    return [{ reporter, seen: (own?.seen ?? 0) + more, of: own?.of ?? 0, spoke: more > 0 }];
  });
  const most = Math.max(0, ...sums.map(({ seen }) => seen));
  return Object.fromEntries(
    sums.map(({ reporter, seen, of, spoke }) => [reporter, { seen, of: spoke ? most : Math.max(of, seen), spoke }]),
  );
}

/** Those that have counted next to nothing of what another has: their harm counts, and no pass is asked of them. */
export function slightOf(heard: ByReporter<Heard>): ByReporter<Heard> {
  const slight = reporters.flatMap((reporter) => {
    const own = heard[reporter];
    if (own === undefined) return [];
    const least = own.spoke ? leastAsked : leastMissed;
    return own.seen < least * own.of ? [[reporter, own] as const] : [];
  });
  return Object.fromEntries(slight);
}

/** Those of a gate's reporters that a pass is asked of; all of them where no other is left. */
export function askedOf<T extends { readonly reporter: Reporter }>(
  all: readonly T[],
  { slight }: Pick<GateContext, 'slight'>,
): readonly T[] {
  const asked = all.filter(({ reporter }) => slight[reporter] === undefined);
  return asked.length > 0 ? asked : all;
}

/** Who is not asked, as sentences of their own after a blank; empty where everybody is. */
export function unaskedText({ slight }: Pick<GateContext, 'slight'>): string {
  return reporters
    .flatMap((reporter) => {
      const own = slight[reporter];
      if (own === undefined) return [];
      return [
        ` Reporter ${reporter} counted ${grouped(own.seen)} of ${grouped(own.of)} requests: no pass is asked of it.`,
      ];
    })
    .join('');
}

/** What was heard, as it was saved; nobody where that cannot be read, so that everybody is asked. */
export function reviveHeard(saved: unknown): ByReporter<Heard> {
  if (!isRecord(saved)) return {};
  const heard = reporters.flatMap((reporter) => {
    const own = saved[reporter];
    if (!isRecord(own)) return [];
    const { seen, of, spoke } = own;
    return isCount(seen) && isCount(of) && typeof spoke === 'boolean' ? [[reporter, { seen, of, spoke }] as const] : [];
  });
  return Object.fromEntries(heard);
}
