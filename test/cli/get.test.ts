import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withoutColour } from '../../src/cli/terminal.ts';
import { aRollout, aSpec, aVerdict, aWarrant, dawn } from '../support/builders.ts';
import { testCluster } from './support/command.ts';

const baking = aRollout({
  status: {
    phase: 'baking',
    step: 1,
    weight: { intended: 25, observed: 24 },
    reason: 'Baking',
    verdicts: [aVerdict('pass'), aVerdict('noData', { gate: 'latency' })],
  },
});
const rejected = aRollout({
  id: { namespace: 'books', name: 'ratings-v2-two-1' },
  uid: 'uid-2',
  createdAt: dawn - 7_200_000,
  spec: { target: { name: 'ratings-v2', uid: 'uid-ratings-v2' } },
  status: {
    phase: 'rolledBack',
    cause: 'gate',
    reason: 'ErrorRateWorse',
    message: 'Errors.',
    finishedAt: dawn - 3_600_000,
  },
});

function cluster() {
  const made = testCluster();
  made.put(baking);
  made.put(rejected);
  made.clock.pass(200_000);
  return made;
}

describe('serin get', () => {
  it('lists the rollouts of a namespace', async () => {
    const { out, err, code } = await cluster().run('get');

    expect(out).toBe(
      [
        'NAME               TARGET       PHASE    STEP   WEIGHT         VERDICT           AGE',
        'reviews-v2-two-1   reviews-v2   baking   2/4    25% (is 24%)   noData: latency   3m20s',
        '',
      ].join('\n'),
    );
    expect([err, code]).toEqual(['', 0]);
  });

  it.each([
    ['the gate that failed', { phase: 'rolledBack', cause: 'gate', verdicts: [aVerdict('fail')] }, 'fail: errors'],
    ['the cause of an abort', { phase: 'rolledBack', cause: 'person', verdicts: [aVerdict('noData')] }, 'person'],
    ['what warranted a promotion', { phase: 'promoted', warrant: aWarrant(3), verdicts: [aVerdict('noData')] }, 'pass'],
  ] as const)('shows at the end %s', async (_what, status, verdict) => {
    const made = testCluster();
    made.put(aRollout({ status }));

    expect((await made.run('get')).out.split('\n')[1]?.split(/ {3,}/)[5]).toBe(verdict);
  });

  it('lists every namespace with -A, and more columns with -o wide', async () => {
    const { out } = await cluster().run('get -A -o wide');

    expect(out.split('\n').map((line) => line.split(/ {3,}/))).toEqual([
      [
        'NAMESPACE',
        'NAME',
        'TARGET',
        'PHASE',
        'STEP',
        'WEIGHT',
        'VERDICT',
        'AGE',
        'REVISION',
        'REASON',
        'STABLE',
        'CANARY',
      ],
      [
        'books',
        'ratings-v2-two-1',
        'ratings-v2',
        'rolledBack',
        '1/4',
        '0%',
        'gate',
        '123m',
        'two',
        'ErrorRateWorse',
        'reviews-v1 reviews:1',
        'reviews-v2 reviews:2',
      ],
      [
        'shop',
        'reviews-v2-two-1',
        'reviews-v2',
        'baking',
        '2/4',
        '25% (is 24%)',
        'noData: latency',
        '3m20s',
        'two',
        'Baking',
        'reviews-v1 reviews:1',
        'reviews-v2 reviews:2',
      ],
      [''],
    ]);
  });

  it('puts the newest attempt of a target first', async () => {
    const made = cluster();
    made.put(
      aRollout({
        id: { namespace: 'shop', name: 'reviews-v2-two-2' },
        createdAt: dawn + 1_000,
        spec: aSpec({ attempt: 2 }),
      }),
    );

    expect((await made.run('get -o name')).out).toBe(
      'canaryrollout.serin.dev/reviews-v2-two-2\ncanaryrollout.serin.dev/reviews-v2-two-1\n',
    );
  });

  it('gives records with stable keys as JSON', async () => {
    const { out } = await cluster().run('get -A -o json');

    const list = JSON.parse(out);
    expect(list.schema).toBe('serin.dev/rollouts/v1');
    expect(list.rollouts[0]).toMatchObject({
      schema: 'serin.dev/rollout/v1',
      namespace: 'books',
      name: 'ratings-v2-two-1',
      phase: 'rolledBack',
      finished: true,
      finishedAt: '2026-01-05T08:00:00.000Z',
      cause: 'gate',
      exitCode: 3,
    });
    expect(list.rollouts[1]).toMatchObject({ step: 2, steps: [10, 25, 50, 100], finished: false, paused: false });
  });

  it('gives one rollout as YAML, the same as JSON', async () => {
    const made = cluster();

    const yaml = parse((await made.run('get reviews-v2 -o yaml')).out);
    const json = JSON.parse((await made.run('get reviews-v2 -o json')).out);

    expect(yaml).toEqual(json);
    expect(yaml.name).toBe('reviews-v2-two-1');
  });

  it('says so on the error stream when there are none, and gives an empty list to programs', async () => {
    const empty = testCluster();

    expect(await empty.run('get')).toEqual({ code: 0, out: '', err: 'No rollouts found in namespace shop.\n' });
    expect(await empty.run('get -A')).toEqual({ code: 0, out: '', err: 'No rollouts found.\n' });
    expect(JSON.parse((await empty.run('get -o json')).out)).toEqual({ schema: 'serin.dev/rollouts/v1', rollouts: [] });
  });

  it('colours words on a screen, never without the word, and not when told not to', async () => {
    const made = cluster();

    const coloured = (await made.run('get -A', { colour: true })).out;
    const bare = (await made.run('get -A --no-color', { colour: true })).out;

    expect(coloured).toContain('\u001b[33mrolledBack\u001b[0m');
    expect(bare).not.toContain('\u001b');
    expect(withoutColour(coloured)).toBe(bare);
  });
});
