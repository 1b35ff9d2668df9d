// What a hundred rollouts cost the controller, and whether it still rings in time.
import { setTimeout as wait } from 'node:timers/promises';
import { type Call, callsByKind, isRead, openAudit } from './audit.ts';
import { crowdController, crowdOf, crowdSize } from './crowd.ts';
import { boundOf, type Exposition, observedBetween, readExposition } from './exposition.ts';
import { cpuMs, memoryMiB } from './process.ts';
import type { Stage } from './stage.ts';
import type { Section } from './table.ts';

const windowMs = 60_000;
const sampleMs = 2_000;
/** A controller that has just started is busy with what it missed. */
const warmMs = 15_000;

interface Measured {
  readonly slot: string;
  readonly slots: number;
  readonly before: Exposition;
  readonly after: Exposition;
  readonly cpu: number;
  readonly apiServerCpu: number;
  readonly memory: readonly number[];
  readonly highest: number;
  readonly calls: readonly Call[];
}

/** Measures the controller over a minute at slots of 15 s and of 1 s. */
export async function load(stage: Stage): Promise<Section> {
  await everybodyBakes(stage);
  const measured = [await measure(stage, '15s', 15_000), await measure(stage, '1s', 1_000)];
  const columns = ['', ...measured.map(({ slot }) => `slots of ${slot}`)];
  const row = (name: string, figure: (each: Measured) => number | string): (number | string)[] => [
    name,
    ...measured.map(figure),
  ];
  return {
    title: `Load of the controller with ${crowdSize} rollouts baking`,
    how: `One controller, all namespaces, sweep 30 s, concurrency 20, over ${windowMs / 1_000} s; five of the rollouts have 20 requests/s, the others none. Quantiles of durations are upper bounds of histogram buckets.`,
    tables: [
      { columns, rows: costRows(row) },
      { columns: ['wakes rung late by at most', ...columns.slice(1)], rows: latenessRows(measured) },
      { columns: ['calls per rollout and slot', ...columns.slice(1)], rows: callRows(measured) },
    ],
  };
}

async function everybodyBakes(stage: Stage): Promise<void> {
  const crowd = await crowdOf(stage);
  const controller = await crowdController(stage, '1s');
  await crowd.bake(crowdSize);
  await controller.stop();
}

async function measure(stage: Stage, slot: string, slotMs: number): Promise<Measured> {
  const controller = await crowdController(stage, slot);
  const apiServer = stage.stack.apiServer.pid() ?? 0;
  await wait(warmMs);
  const audit = await openAudit(stage.stack);
  const before = await readExposition(`${controller.url}/metrics`);
  const [cpu, apiServerCpu] = [cpuMs(controller.pid), cpuMs(apiServer)];
  const memory: number[] = [];
  for (let passed = 0; passed < windowMs; passed += sampleMs) {
    memory.push(memoryMiB(controller.pid).now);
    await wait(sampleMs);
  }
  const measured = {
    cpu: cpuMs(controller.pid) - cpu,
    apiServerCpu: cpuMs(apiServer) - apiServerCpu,
    highest: memoryMiB(controller.pid).highest,
    after: await readExposition(`${controller.url}/metrics`),
    calls: await audit.calls(),
  };
  await controller.stop();
  stage.say(`  slots of ${slot}: ${Math.round((100 * measured.cpu) / windowMs)}% of a core`);
  return { slot, slots: windowMs / slotMs, before, memory, ...measured };
}

type Row = (name: string, figure: (each: Measured) => number | string) => (number | string)[];

function costRows(row: Row): (number | string)[][] {
  const ticks = (each: Measured) => observedBetween(each.before, each.after, 'serin_tick_duration_seconds');
  const grown = (each: Measured, name: string): number => each.after.sum(name) - each.before.sum(name);
  return [
    row('controller, % of one core', ({ cpu }) => (100 * cpu) / windowMs),
    row('kube-apiserver, % of one core', ({ apiServerCpu }) => (100 * apiServerCpu) / windowMs),
    row('resident memory at the start, MiB', ({ memory }) => memory[0] ?? Number.NaN),
    row('resident memory at the end, MiB', ({ memory }) => memory.at(-1) ?? Number.NaN),
    row('highest resident memory, MiB', ({ highest }) => highest),
    row('live heap at the end, MiB', ({ after }) => after.sum('nodejs_heap_size_used_bytes') / 1_048_576),
    row('ticks per second', (each) => (1_000 * grown(each, 'serin_ticks_total')) / windowMs),
    row('ticks that did not end well', (each) => failures(each.after) - failures(each.before)),
    row('tick duration, middle, s', (each) => `<= ${boundOf(ticks(each), 0.5)}`),
    row('tick duration, 99%, s', (each) => `<= ${boundOf(ticks(each), 0.99)}`),
    row('event loop lag, 99%, ms', ({ after }) => 1_000 * after.sum('nodejs_eventloop_lag_p99_seconds')),
    row('event loop lag, most, ms', ({ after }) => 1_000 * after.sum('nodejs_eventloop_lag_max_seconds')),
    row('evidence reads per slot', (each) => grown(each, 'serin_evidence_reads_total') / each.slots),
    row(
      'reads of the API per second',
      ({ calls }) => (1_000 * calls.filter(({ verb }) => isRead(verb)).length) / windowMs,
    ),
    row(
      'writes of the API per second',
      ({ calls }) => (1_000 * calls.filter(({ verb }) => !isRead(verb)).length) / windowMs,
    ),
  ];
}

function failures(page: Exposition): number {
  return page.sum('serin_ticks_total') - page.sum('serin_ticks_total', { outcome: 'done' });
}

function latenessRows(measured: readonly Measured[]): (number | string)[][] {
  const late = measured.map(({ before, after }) => observedBetween(before, after, 'serin_wake_late_seconds'));
  return (late[0] ?? []).map(([bound], index) => [
    bound === Number.POSITIVE_INFINITY ? 'more' : `${bound} s`,
    ...late.map((buckets) => buckets[index]?.[1] ?? 0),
  ]);
}

function callRows(measured: readonly Measured[]): (number | string)[][] {
  const all = callsByKind(measured.flatMap(({ calls }) => calls));
  return all.map(([verb, resource]) => [
    `${verb} ${resource}`,
    ...measured.map(({ calls, slots }) => {
      const own = calls.filter((call) => call.verb === verb && call.resource === resource);
      return own.length / crowdSize / slots;
    }),
  ]);
}
