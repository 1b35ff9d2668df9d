// Whether the stated interval holds the truth at every look.
import { scenarioOf } from './batch.ts';
import type { Scenario } from './scenarios.ts';
import { wilson } from './shares.ts';
import { table } from './tables.ts';
import { watch } from './watch.ts';

const usualPaths = 2_000;
/** Twenty minutes of looks. */
const slots = 80;

const watched = [
  { name: 'equal, 10/s, weight 10%', lift: 0, rate: 10, weight: 10 },
  { name: '+1 point, 10/s, weight 25%', lift: 0.01, rate: 10, weight: 25 },
] as const;

/** The share of watched paths on which the error gate's interval held the true difference at every look. */
export function measureCoverage(seed: number, paths = usualPaths): string {
  const rows = watched.map(({ name, lift, rate, weight }) => {
    const scenario: Scenario = { ...scenarioOf('equal-10rps'), id: `covered-${lift}-${rate}`, rate, harm: { lift } };
    const seen = Array.from({ length: paths }, (_, draw) => path(scenario, weight, seed, draw, lift));
    const missed = seen.filter(({ kept }) => !kept).length;
    const { low, high } = wilson(paths - missed, paths);
    const level = seen.find((one) => one.level !== undefined)?.level;
    return [
      name,
      level === undefined ? 'none stated' : `${100 * level}%`,
      `${((100 * (paths - missed)) / paths).toFixed(2)}% [${(100 * low).toFixed(2)}-${(100 * high).toFixed(2)}]`,
    ];
  });
  return [
    '## The interval under watch',
    `${paths} paths of ${slots} slots, looked at after every slot; one reporter. Kept: the true difference lay within the error gate's stated interval at every look.`,
    table(['path', 'stated', 'kept'], rows),
  ].join('\n\n');
}

function path(scenario: Scenario, weight: number, seed: number, draw: number, truth: number) {
  let level: number | undefined;
  const { enough } = watch(
    { scenario, weight, reporters: ['destination'], latency: false },
    { seed, draw, slots },
    ({ verdicts }) => {
      const interval = verdicts.find(({ gate }) => gate === 'errors')?.numbers?.interval;
      if (interval === undefined) return false;
      level = interval.level;
      return truth < interval.low || truth > interval.high;
    },
  );
  return { kept: !enough, level };
}
