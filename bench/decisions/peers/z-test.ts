// A two-sample z-test that is looked at every slot, as a team would write it in an afternoon: errors and mean latency bucket, each
// at 1% one-sided on everything counted since the start, five minutes a step.
import type { Rule, Run, Word } from '../rule.ts';
import type { ArmDraw } from '../service.ts';

const critical = 2.3263;
const weights = [10, 25, 50] as const;
const slotsPerStep = 20;

/** The rule. */
export const zTest: Rule = {
  id: 'z-test',
  title: 'z-test, each slot',
  source: import.meta.filename,
  settings: '',
  begin,
};

interface Moments {
  requests: number;
  errors: number;
  ranks: number;
  squares: number;
}

function begin(): Run {
  const [canary, stable] = [noMoments(), noMoments()];
  let seen = 0;

  function after(): Word {
    if (isWorse(canary, stable)) return 'rollBack';
    return seen >= weights.length * slotsPerStep ? 'promote' : 'stay';
  }

  return {
    weight: () => weights[Math.min(weights.length - 1, Math.floor(seen / slotsPerStep))] ?? 100,
    see: (slot) => {
      add(canary, slot.canary);
      add(stable, slot.stable);
      seen++;
      return after();
    },
  };
}

function noMoments(): Moments {
  return { requests: 0, errors: 0, ranks: 0, squares: 0 };
}

function add(moments: Moments, { requests, errors, buckets }: ArmDraw): void {
  moments.requests += requests;
  moments.errors += errors;
  for (const [rank, count] of buckets.entries()) {
    moments.ranks += rank * count;
    moments.squares += rank * rank * count;
  }
}

function isWorse(canary: Moments, stable: Moments): boolean {
  if (canary.requests === 0 || stable.requests === 0) return false;
  const share = (canary.errors + stable.errors) / (canary.requests + stable.requests);
  const errors = z(canary, stable, ({ errors: count }) => count, share * (1 - share));
  const mean = (canary.ranks + stable.ranks) / (canary.requests + stable.requests);
  const variance = (canary.squares + stable.squares) / (canary.requests + stable.requests) - mean * mean;
  return errors > critical || z(canary, stable, ({ ranks }) => ranks, variance) > critical;
}

function z(canary: Moments, stable: Moments, of: (moments: Moments) => number, variance: number): number {
  if (variance <= 0) return 0;
  const difference = of(canary) / canary.requests - of(stable) / stable.requests;
  return difference / Math.sqrt(variance * (1 / canary.requests + 1 / stable.requests));
}
