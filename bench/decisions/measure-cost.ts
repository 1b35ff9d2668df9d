// What judging costs: one core, many rollouts, and memory over an hour.
import type { Evidence, SlotReading } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import { defaultPlan } from '../../src/domain/plan.ts';
import { scenarioOf } from './batch.ts';
import { origin, readingOf, subject, timeBefore } from './readings.ts';
import { worldOf } from './service.ts';
import { table } from './tables.ts';

const rollouts = 10_000;
const watchedForAnHour = 200;
const slotsPerHour = 240;
/** Different services; the rest are the same again. */
const kinds = 50;
const weight = 10;

/** Seconds per slot for 10,000 rollouts, and heap and saved size over an hour of 200. */
export function measureCost(seed: number): string {
  const rows = [10, 1_000].map((rate) => {
    const slots = slotCost(seed, rate);
    return [`${rate}/s`, ...slots.map((seconds) => `${seconds.toFixed(2)} s`)];
  });
  return [
    '## Cost',
    `All gates of ${rollouts} rollouts, one slot each, two reporters and their latency buckets, one thread; the last of three slots is that of a warm process.`,
    table(['traffic of each', 'first slot', 'second', 'third'], rows),
    `${watchedForAnHour} rollouts over ${slotsPerHour} slots (an hour), two reporters, 100/s: heap after a collection where the process allows one (\`node --expose-gc\`), and the size of a rollout's evidence as saved.`,
    table(['after', 'heap', 'evidence, largest'], hour(seed)),
  ].join('\n\n');
}

const counting = { reporters: ['source', 'destination'], latency: true, unreachable: false } as const;

interface Begun {
  readonly evidence: Evidence;
  readonly slot: (index: number) => SlotReading;
}

function begun(seed: number, rate: number, draw: number): Begun {
  const world = worldOf({ ...scenarioOf('equal-10rps'), id: `cost-${rate}`, rate }, seed, draw);
  const { before, pattern } = timeBefore(world, counting);
  const evidence = beginStep(beginEvidence(origin, before, pattern), origin);
  return { evidence, slot: (index) => readingOf(world.slot(index, weight), index, counting) };
}

function judged(evidence: Evidence, reading: SlotReading): Evidence {
  const context = { plan: defaultPlan, subject, weight, pods: { ready: 2, wanted: 2, troubles: [] } };
  return judge(evidence, [reading], context).evidence;
}

function slotCost(seed: number, rate: number): readonly number[] {
  const some = Array.from({ length: kinds }, (_, draw) => begun(seed, rate, draw));
  let stands = Array.from({ length: rollouts }, (_, index) => some[index % kinds]?.evidence);
  return [0, 1, 2].map((slot) => {
    const readings = some.map((one) => one.slot(slot));
    const start = performance.now();
    stands = stands.map((evidence, index) => {
      const reading = readings[index % kinds];
      return evidence === undefined || reading === undefined ? evidence : judged(evidence, reading);
    });
    return (performance.now() - start) / 1_000;
  });
}

function hour(seed: number): readonly (readonly string[])[] {
  let stands = Array.from({ length: watchedForAnHour }, (_, draw) => begun(seed, 100, draw));
  const rows: string[][] = [];
  for (let slot = 0; slot < slotsPerHour; slot++) {
    stands = stands.map((one) => ({ ...one, evidence: judged(one.evidence, one.slot(slot)) }));
    if ([3, 59, 119, 179, 239].includes(slot)) rows.push([`${(slot + 1) / 4} min`, heap(), largest(stands)]);
  }
  return rows;
}

function heap(): string {
  globalThis.gc?.();
  return `${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)} MiB`;
}

function largest(stands: readonly Begun[]): string {
  return `${Math.max(...stands.map(({ evidence }) => JSON.stringify(evidence).length))} characters`;
}
