import { describe, expect, test } from 'vitest';
import type { GateContext } from '../../../src/domain/gate.ts';
import { nothingCounted } from '../../../src/domain/gates/errors-state.ts';
import { sickness } from '../../../src/domain/gates/sick-stable.ts';
import { aContext } from './readings.ts';

const context: GateContext = { ...aContext(), countedMs: 60_000, slight: {} };

/** Stable with so many failures of 30,000 requests before the rollout, and of 30,000 in the last minutes. */
function stableWith(before: number, recent: number, requests = 30_000) {
  const past = { requests, server: before, grpc: 0, unanswered: 0, client: 0 };
  return { ...nothingCounted(past), recent: { n: 30_000, x: recent } };
}

describe('Stable is sick', () => {
  test('at three times its own level, where that is high', () => {
    expect(sickness(stableWith(1_500, 4_500), context)).toBeUndefined();
    expect(sickness(stableWith(1_500, 5_100), context)).toMatch(/^Stable itself fails: about 17% .* it was 5% before/);
  });

  test('at two points more than its own level, where that is low', () => {
    expect(sickness(stableWith(30, 600), context)).toBeUndefined();
    expect(sickness(stableWith(30, 900), context)).toMatch(/^Stable itself fails: about 3% .* it was 0\.1% before/);
  });

  test('never where its level is unknown, nor at weight 100', () => {
    const at100 = { ...context, weight: 100 };

    expect(sickness(stableWith(0, 30_000, 99), context)).toBeUndefined();
    expect(sickness(stableWith(0, 30_000, 100), context)).toBeDefined();
    expect(sickness(stableWith(0, 30_000, 100), at100)).toBeUndefined();
  });
});
