import { describe, expect, test } from 'vitest';
import type { SlotReading } from '../../../src/domain/evidence.ts';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import { aBefore, aContext, aReading, lastOf, looksAt, origin, rowsOf, type Seen, steadily } from './readings.ts';

const pods: Seen = { reporter: 'destination', canary: [150, 0], stable: [1_350, 1] };
const lateSlot = 40;

/** Twenty slots of what the pods saw; in some of them a client of the mesh has sent something too. */
function withClient(seen: (index: number) => Seen | undefined, slots = lateSlot): readonly SlotReading[] {
  return Array.from({ length: slots }, (_, index) => {
    const client = seen(index);
    return client === undefined ? aReading(index, pods) : aReading(index, pods, { reporter: 'source', ...client });
  });
}

describe('A reporter that has counted next to nothing', () => {
  test.each([
    ['one request and none any more', (index: number) => (index === 5 ? { stable: [1, 0] } : undefined)],
    ['a job now and then', (index: number) => (index % 20 === 5 ? { canary: [2, 0], stable: [18, 0] } : undefined)],
    ['a probe that goes on', () => ({ canary: [1, 0], stable: [9, 0] })],
    ['a client that lives and is silent', (index: number) => ({ stable: [index === 5 ? 20 : 0, 0] })],
  ] as const)('is not waited for: %s', (_, seen) => {
    const looks = looksAt(withClient(seen as (index: number) => Seen | undefined), aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(lastOf('4xx', looks)).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    for (const gate of ['errors', '4xx', 'traffic'])
      expect(lastOf(gate, looks).message).toContain('as its own pods saw it (reporter destination)');
    expect(lastOf('errors', looks).message).toMatch(
      / Reporter source counted \d+ of [\d,]+ requests: no pass is asked of it\.$/,
    );
  });

  test('is heard all the same when it holds the canary for worse', () => {
    const dying = (index: number): Seen | undefined => (index < 30 ? undefined : { canary: [5, 5], stable: [2, 0] });
    const looks = looksAt(withClient(dying, 60), aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
    expect(lastOf('errors', looks).message).toContain('as its clients saw it (reporter source)');
  });

  test('holds as long as it is asked, when it counts more than a hundredth of all requests', () => {
    const looks = looksAt(
      withClient(() => ({ canary: [3, 0], stable: [27, 0] }), 20),
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
  });
});

describe('A reporter that had counted a good part of the requests', () => {
  const clients: Seen = { reporter: 'source', canary: [150, 0], stable: [1_350, 1] };

  test('is missed for as long as it is gone', () => {
    const part = (index: number): Seen | undefined => (index < 4 ? { canary: [20, 0], stable: [180, 0] } : undefined);
    const all = [...steadily(4, clients, pods), ...withClient(() => undefined, 1_000).slice(4)];

    expect(lastOf('errors', looksAt(withClient(part), aContext()))).toMatchObject({ reason: 'ReporterVanished' });
    expect(lastOf('errors', looksAt(all, aContext()))).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
  });

  test('is missed when it counted before the rollout and never in it', () => {
    const before = beginEvidence(origin, aBefore([clients, pods].flatMap(rowsOf)));
    const looks = looksAt(steadily(lateSlot, pods), aContext(), beginStep(before, origin));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
  });

  test('is missed where traffic is thin, be it for a few requests', () => {
    const few = (reporter: Seen['reporter']): Seen => ({
      reporter: reporter ?? 'source',
      canary: [1, 0],
      stable: [2, 0],
    });
    const looks = looksAt(
      [
        ...steadily(3, few('source'), few('destination')),
        aReading(3, few('destination')),
        aReading(4, few('destination')),
      ],
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
  });
});
