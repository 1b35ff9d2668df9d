import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyName, isStableCopy, laneNames, nextReturn, replicasFor, toPromote } from '../../src/domain/managed.ts';
import { aPlan, aSpec } from '../support/builders.ts';

const target = { name: 'checkout', uid: 'uid-checkout' };
const spec = aSpec({
  mode: 'managed',
  target,
  stable: { workload: 'checkout', hash: '5d9f', images: [] },
  canary: { workload: 'checkout-ab12', hash: 'ab12', images: [] },
});
const heir = aSpec({ ...spec, stable: { workload: 'checkout-0c0c', hash: '0c0c', images: [] } });

describe('the copy of a Deployment', () => {
  it('is named after it and its revision, within what names may have', () => {
    expect(copyName('checkout', 'ab12')).toBe('checkout-ab12');
    expect(copyName('x'.repeat(253), 'ab12')).toHaveLength(245);
  });

  it('has the pods that its weight takes: rounded up, at least one, at most all', () => {
    expect([10, 25, 50, 100].map((weight) => replicasFor(weight, 4))).toEqual([1, 1, 2, 4]);
    expect([1, 34, 100].map((weight) => replicasFor(weight, 3))).toEqual([1, 2, 3]);
    expect(replicasFor(100, 0)).toBe(1);
  });

  it('never has less than its weight of all pods, nor more than all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1000 }), (weight, all) => {
        const replicas = replicasFor(weight, all);

        expect(replicas * 100).toBeGreaterThanOrEqual(weight * all);
        expect(replicas).toBeLessThanOrEqual(all);
      }),
    );
  });
});

describe('the subsets of a rollout', () => {
  it('name the pods of the ReplicaSet that serves and those of the copy', () => {
    expect(laneNames(spec)).toEqual({ stable: 'serin-stable-5d9f', canary: 'serin-canary-ab12' });
  });

  it('name the older copy where that is what serves', () => {
    expect(isStableCopy(heir)).toBe(true);
    expect(laneNames(heir)).toEqual({ stable: 'serin-canary-0c0c', canary: 'serin-canary-ab12' });
  });
});

describe('what the Deployment is to run', () => {
  it('is the canary, unless that was rejected: then it is the copy it was compared with', () => {
    expect(toPromote(heir, {})).toBe(heir.canary);
    expect(toPromote(heir, { cause: 'gate' })).toBe(heir.stable);
  });
});

describe('traffic goes back', () => {
  it("in the plan's own weights, up to all of it", () => {
    const plan = aPlan({ steps: [10, 50, 100] });

    expect([0, 10, 50, 100].map((returned) => nextReturn(plan, returned))).toEqual([10, 50, 100, undefined]);
  });
});
