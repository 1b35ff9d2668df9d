// How burstily a workload failed before the rollout, slot by slot, so that the first burst of the rollout surprises nobody.
import { type Arm, type ByReporter, errorsOf, reporters, tallyRequests } from '../counts.ts';
import type { Reporter, SlotReading, Subject } from '../evidence.ts';
import { type Before, isRecord } from '../gate.ts';
import { addDispersion, type Dispersion, noDispersion } from '../statistics/dispersion.ts';
import { reviveDispersion } from '../statistics/duel-saved.ts';

/** By notion of failure: answered badly, those and unanswered ones, and 4xx. */
export interface Bursts {
  readonly answered: Dispersion;
  readonly all: Dispersion;
  readonly client: Dispersion;
}

/** By reporter and `namespace/workload`. */
export type BurstTally = ByReporter<Readonly<Record<string, Bursts>>>;

/** A workload of which nothing was measured. */
export const noBursts: Bursts = { answered: noDispersion, all: noDispersion, client: noDispersion };

/** Measures `workloads` over slots of the time before, in their order. Slots that could not be read are passed over. */
export function burstsIn(slots: readonly SlotReading[], workloads: readonly string[]): BurstTally {
  const measured: Partial<Record<Reporter, Record<string, Bursts>>> = {};
  for (const slot of slots) {
    if (slot.kind !== 'data') continue;
    const tallies = tallyRequests(slot.requests);
    for (const reporter of reporters) {
      const arms = tallies[reporter]?.workloads ?? {};
      const known = measured[reporter] ?? {};
      for (const workload of workloads) {
        const arm = arms[workload];
        if (arm !== undefined) known[workload] = addArm(known[workload] ?? noBursts, arm);
      }
      if (Object.keys(known).length > 0) measured[reporter] = known;
    }
  }
  return measured;
}

/** What was measured of stable. */
export function burstsOf(bursts: BurstTally | undefined, reporter: Reporter, { namespace, stable }: Subject): Bursts {
  return bursts?.[reporter]?.[`${namespace}/${stable}`] ?? noBursts;
}

/** What of the time before a gate keeps until the first slot tells which workload is stable; nothing where nothing was measured. */
export function burstsKept(before?: Before): { readonly bursts?: BurstTally } {
  return before === undefined || Object.keys(before.bursts).length === 0 ? {} : { bursts: before.bursts };
}

/** What was saved; undefined when it is none. */
export function reviveBursts(saved: unknown): Readonly<Record<string, Bursts>> | undefined {
  if (!isRecord(saved)) return undefined;
  const revived: Record<string, Bursts> = {};
  for (const [workload, one] of Object.entries(saved)) {
    if (!isRecord(one)) return undefined;
    const answered = reviveDispersion(one['answered']);
    const all = reviveDispersion(one['all']);
    const client = reviveDispersion(one['client']);
    if (answered === undefined || all === undefined || client === undefined) return undefined;
    revived[workload] = { answered, all, client };
  }
  return revived;
}

function addArm({ answered, all, client }: Bursts, arm: Arm): Bursts {
  const n = arm.requests;
  return {
    answered: addDispersion(answered, { n, x: errorsOf(arm) }),
    all: addDispersion(all, { n, x: errorsOf(arm) + arm.unanswered }),
    client: addDispersion(client, { n, x: arm.client }),
  };
}
