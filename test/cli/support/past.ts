// A past that a metrics source in memory still knows.
import type { Slot, SlotReading } from '../../../src/domain/evidence.ts';
import { aRow } from '../../domain/gates/readings.ts';
import { dawn } from '../../support/builders.ts';

/** Where it is read from. */
export const source = '--prometheus-url http://prometheus:9090';
/** Half an hour ago. */
export const badFrom = dawn - 1_800_000;

/** Ten requests a second to stable and canary each; from then on a fifth of the canary's fail. */
export function aPastOf(stable: string, canary: string, failsFrom = badFrom): (slot: Slot) => SlotReading {
  return (slot) => {
    const requests = Math.round((slot.end - slot.start) / 100);
    const failed = slot.end > failsFrom ? requests / 5 : 0;
    const rows = [
      aRow({ workload: stable, count: requests }),
      aRow({ workload: canary, count: requests - failed }),
      aRow({ workload: canary, code: '503', count: failed }),
    ];
    return {
      kind: 'data',
      slot,
      requests: rows,
      latency: [],
      unreadable: [],
      queries: { requests: 'the query <of> requests' },
    };
  };
}
