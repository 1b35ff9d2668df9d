import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concerns, countRequests, noRequests, unreadableWorkloads } from '../../src/domain/counts.ts';
import { aRow, subject } from './gates/readings.ts';

const canary = { workload: 'cart-v2' };

describe('Counts', () => {
  test.each([
    ['a success', { code: '200' }, {}],
    ['a client error', { code: '404' }, { client: 3 }],
    ['a server error', { code: '503' }, { server: 3 }],
    ['a server error without a workload version but with a flag', { code: '503', flags: 'UF' }, { server: 3 }],
    ['no response', { code: '0', flags: 'DC' }, { unanswered: 3 }],
    ['a gRPC success', { protocol: 'grpc', grpcStatus: '0' }, {}],
    ['a gRPC client fault', { protocol: 'grpc', grpcStatus: '5' }, { client: 3 }],
    ['a call that its caller cancelled', { protocol: 'grpc', grpcStatus: '1' }, {}],
    ['a gRPC server fault', { protocol: 'grpc', grpcStatus: '13' }, { grpc: 3 }],
    ['a gRPC fault over a server error, once', { protocol: 'grpc', code: '503', grpcStatus: '14' }, { server: 3 }],
  ])('class %s', (_, labels, classes) => {
    const counts = countRequests([aRow({ ...canary, ...labels, count: 3 })], subject);

    expect(counts.source?.canary).toEqual({ ...noRequests, requests: 3, ...classes });
  });

  test('leave injected faults out, and still see that the reporter is there', () => {
    const counts = countRequests([aRow({ ...canary, code: '503', flags: 'FI', count: 9 })], subject);

    expect(counts).toEqual({ source: { canary: noRequests, stable: noRequests, unattributed: 0 } });
  });

  test.each(['UH', 'UF', 'UO', 'NC', 'NR', 'UF,URX'])('charge %s without a workload to nobody yet', (flags) => {
    const nowhere = { workload: 'unknown', namespace: 'unknown', code: '503', flags, count: 4 };
    const counts = countRequests(
      [aRow(nowhere), aRow({ ...nowhere, service: 'other.shop.svc.cluster.local' })],
      subject,
    );

    expect(counts.source).toEqual({ canary: noRequests, stable: noRequests, unattributed: 4 });
  });

  test('do not take other flags without a workload for a failure to find an endpoint', () => {
    const counts = countRequests([aRow({ workload: 'unknown', code: '503', flags: 'URX', count: 4 })], subject);

    expect(counts.source?.unattributed).toBe(0);
  });

  test('keep workloads of the same name in other namespaces apart', () => {
    const counts = countRequests([aRow({ ...canary, namespace: 'other', count: 4 })], subject);

    expect(counts).toEqual({});
  });

  test('are the same however rows are split and ordered', () => {
    const row = fc.record({
      reporter: fc.constantFrom('source' as const, 'destination' as const, 'waypoint' as const),
      workload: fc.constantFrom('cart-v1', 'cart-v2', 'unknown', 'other'),
      code: fc.constantFrom('200', '503', '0', '404'),
      flags: fc.constantFrom('-', 'UH', 'FI', 'UF,URX'),
      count: fc.integer({ min: 0, max: 1_000 }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (parts, cut) => {
        const rows = parts.map(aRow);
        const split = rows.flatMap((each) => {
          const part = Math.floor(each.count / cut);
          return [
            { ...each, count: part },
            { ...each, count: each.count - part },
          ];
        });

        expect(countRequests(split.toReversed(), subject)).toEqual(countRequests(rows, subject));
      }),
    );
  });
});

describe('A row concerns a rollout', () => {
  test.each([
    [true, aRow()],
    [true, aRow({ ...canary, service: 'anything' })],
    [false, aRow({ workload: 'cart-v3' })],
    [true, aRow({ workload: 'unknown', namespace: 'unknown' })],
    [false, aRow({ workload: 'unknown', service: 'unknown' })],
  ])('%s: %o', (expected, row) => {
    expect(concerns(row, subject)).toBe(expected);
  });

  test('also when its count is unreadable, and is then named once', () => {
    const rows = [aRow(canary), aRow({ ...canary, reporter: 'destination' }), aRow({ workload: 'other' })];

    expect(unreadableWorkloads(rows, subject)).toEqual(['cart-v2']);
  });
});
