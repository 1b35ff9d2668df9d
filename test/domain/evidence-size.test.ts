// What a long rollout leaves in its status: every reporter, every notion of failure, a ceiling, limits and many steps.
import { describe, expect, test } from 'vitest';
import type { Evidence, LatencyRow, RequestRow } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import type { LatencyLimit } from '../../src/domain/plan.ts';
import { aBefore, aContext, aRow, origin, readingOf, slotMs } from './gates/readings.ts';

const reporters = ['source', 'waypoint', 'destination'] as const;
const bounds = [
  0.5,
  1,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1e3,
  2.5e3,
  5e3,
  1e4,
  3e4,
  6e4,
  3e5,
  6e5,
  1.8e6,
  3.6e6,
  Number.POSITIVE_INFINITY,
];
const limits: readonly LatencyLimit[] = [
  { kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' },
  { kind: 'relative', quantile: 0.95, factor: 1.2, text: 'p95<1.2x' },
];

/** Numbers of many digits, so that nothing is small by luck. */
function requestsOf(slot: number): readonly RequestRow[] {
  const many = 90_001 + 7 * slot;
  return reporters.flatMap((reporter) =>
    (['cart-v1', 'cart-v2'] as const).flatMap((workload) => [
      aRow({ reporter, workload, count: many }),
      aRow({ reporter, workload, code: '503', count: 401 + slot }),
      aRow({ reporter, workload, code: '404', count: 3_003 + slot }),
      aRow({ reporter, workload, code: '0', flags: 'DC', count: 131 + slot }),
    ]),
  );
}

function latencyOf(slot: number): readonly LatencyRow[] {
  return reporters.flatMap((reporter) =>
    ['cart-v1', 'cart-v2'].flatMap((workload) =>
      bounds.map((bound, index) => ({
        reporter,
        workload,
        namespace: 'shop',
        bound,
        count: 4_801 * (index + 1) + slot,
      })),
    ),
  );
}

describe('Evidence', () => {
  test('stays under 24 KiB over a rollout of twenty steps with everything that can be counted', () => {
    const pattern = Array.from({ length: 30 }, (_, index) => readingOf(index - 60, requestsOf(index)));
    let evidence: Evidence = beginEvidence(origin, aBefore(requestsOf(0), latencyOf(0)), pattern);
    let most = JSON.stringify(evidence).length;
    let slot = 0;
    for (let step = 1; step <= 20; step++) {
      evidence = beginStep(evidence, origin + slot * slotMs);
      for (let look = 0; look < 8; look++, slot++) {
        const context = aContext({ maxErrorRate: 0.2, maxLatency: limits }, { weight: 5 * step });
        evidence = judge(evidence, [readingOf(slot, requestsOf(slot), latencyOf(slot))], context).evidence;
        most = Math.max(most, JSON.stringify(evidence).length);
      }
    }

    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    expect(most).toBeLessThan(24 * 1_024);
  });
});
