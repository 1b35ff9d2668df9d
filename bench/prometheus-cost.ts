// What judging costs Prometheus, which is not to grow with the number of rollouts.
import { crowdController, crowdOf, crowdSize, overSlots } from './crowd.ts';
import { readExposition } from './exposition.ts';
import type { Stage } from './stage.ts';
import type { Section } from './table.ts';

const slotMs = 1_000;
const slotsWanted = 15;
const counts = [1, 10, crowdSize];

/** Counts queries per slot with one, ten and a hundred rollouts. */
export async function prometheusCost(stage: Stage): Promise<Section> {
  const crowd = await crowdOf(stage);
  const controller = await crowdController(stage, '1s');
  const rows: (readonly number[])[] = [];
  for (const count of counts) {
    await crowd.bake(count);
    const figures = await perSlot(stage);
    stage.say(`  ${count} rollouts: ${figures[0].toFixed(2)} queries a slot`);
    rows.push([count, ...figures]);
  }
  await controller.stop();
  return {
    title: 'Queries to Prometheus',
    how: `Slots of 1 s, ${slotsWanted} of them, counted by Prometheus itself (prometheus_http_requests_total of /api/v1/query). No latency limit is set; where one is, there is a second query per slot.`,
    tables: [{ columns: ['rollouts baking', 'queries per slot', 'ms per query'], rows }],
  };
}

async function perSlot({ stack }: Stage): Promise<readonly [number, number]> {
  const handler = { handler: '/api/v1/query' };
  const read = () => readExposition(`${stack.prometheus.url}/metrics`);
  const { before, after, slots } = await overSlots(slotMs, slotsWanted, read);
  const grown = (name: string): number => after.sum(name, handler) - before.sum(name, handler);
  const queries = grown('prometheus_http_requests_total');
  return [queries / slots, (1_000 * grown('prometheus_http_request_duration_seconds_sum')) / queries];
}
