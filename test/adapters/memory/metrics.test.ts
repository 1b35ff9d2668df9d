import { expect, it } from 'vitest';
import { memoryMetrics } from '../../../src/adapters/memory/metrics.ts';

it('a request that ended as a slot began is of the slot before, and has a row of zero in this one', async () => {
  const metrics = memoryMetrics();
  const kind = { reporter: 'source', workload: 'v1', namespace: 'shop', service: 'reviews', protocol: 'http' } as const;
  metrics.serve({ ...kind, code: '200', grpcStatus: '', flags: '-', millis: 5, at: 2_000, count: 3 });
  const subject = { namespace: 'shop', stable: 'v1', canary: 'v2', services: [], latency: false };

  const slots = [
    { start: 0, end: 1_000 },
    { start: 1_000, end: 2_000 },
    { start: 2_000, end: 3_000 },
  ];
  const readings = await Promise.all(slots.map((slot) => metrics.read(slot, [subject])));

  expect(readings.map((reading) => reading.kind === 'data' && reading.requests.map(({ count }) => count))).toEqual([
    [],
    [3],
    [0],
  ]);
});
