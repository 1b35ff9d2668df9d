import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { aRequest, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aManaged, aManagedRollout } from './support/managed.ts';

const first = {
  ...aManagedRollout({
    name: 'checkout-aaaaaaaaaa-1',
    spec: {
      canary: { workload: 'checkout-aaaaaaaaaa', hash: 'aaaaaaaaaa', images: ['checkout:1'] },
      requests: [aRequest('promote', { step: 0, reason: 'hurry' })],
    },
    status: {
      phase: 'promoted',
      step: 3,
      weight: { intended: 100, observed: 100 },
      finishedAt: dawn - 3_000_000,
      message: 'It serves.',
      warrant: { kind: 'pass', step: 3, message: 'Good.' },
      answers: [{ id: 'promote-1', outcome: 'done', message: 'Promoted past step 1.', time: dawn }],
      history: [
        { time: dawn - 3_600_000, phase: 'preparing', step: 0, weight: 0, warrant: 'start', message: 'Found.' },
        { time: dawn - 3_000_000, phase: 'promoted', step: 3, weight: 100, message: 'It serves.' },
      ],
    },
  }),
  createdAt: dawn - 3_600_000,
};
const second = aManagedRollout({
  status: {
    phase: 'rolledBack',
    cause: 'gate',
    reason: 'ErrorRateWorse',
    message: 'Worse.',
    finishedAt: dawn + 90_000,
  },
});

function cluster(): TestCluster {
  const made = testCluster();
  made.put(first);
  made.put(second);
  made.clock.pass(200_000);
  return made;
}

describe('serin history', () => {
  it('lists the attempts of a Deployment, the newest first, with how each ended and why', async () => {
    expect((await cluster().run('history checkout')).out).toBe(`\
ATTEMPT   NAME                    PHASE        STEP   WEIGHT   VERDICT   AGE     TOOK   WHY
2         checkout-bbbbbbbbbb-1   rolledBack   1/4    0%       gate      3m20s   90s    Worse.
1         checkout-aaaaaaaaaa-1   promoted     4/4    100%     pass      63m     10m    It serves.
`);
  });

  it('has the columns of kubectl in between with -o wide', async () => {
    const { out } = await cluster().run('history checkout -o wide');

    expect(out.split('\n')[0]?.split(/ {3,}/).slice(8)).toEqual(['REVISION', 'REASON', 'STABLE', 'CANARY', 'WHY']);
  });

  it('tells everything of one attempt', async () => {
    expect((await cluster().run('history checkout --attempt 1')).out).toBe(`\
Rollout  checkout-aaaaaaaaaa-1 in namespace shop, attempt 1
Phase    promoted 53m ago
Step     4/4  10% > 25% > 50% > 100%
Weight   100% to the canary
Stable   checkout checkout:1  (5c5b46c844)
Canary   checkout-aaaaaaaaaa checkout:1  (aaaaaaaaaa)
Lanes    shop/checkout, one destination

It serves.

ASKED                  FOR              BY            REASON   ANSWER
2026-01-05T09:00:00Z   promote step 1   ada (serin)   hurry    Promoted past step 1.

WHEN                   LASTED   PHASE       STEP   WEIGHT   WARRANT   WHAT
2026-01-05T08:00:00Z   10m      preparing   1      0%       start     Found.
2026-01-05T08:10:00Z   -        promoted    4      100%     -         It serves.
`);
  });

  it('tells everything of the attempt that is named by itself', async () => {
    const { out } = await cluster().run('history checkout-bbbbbbbbbb-1');

    expect(out).toContain('Phase    rolledBack 110s ago\n');
    expect(out).toContain('No change of phase is recorded yet.\n');
  });

  it('gives records, many or one', async () => {
    const all = JSON.parse((await cluster().run('history checkout -o json')).out);
    const one = parse((await cluster().run('history checkout --attempt 2 -o yaml')).out);

    expect(all.rollouts.map(({ name }: { name: string }) => name)).toEqual([
      'checkout-bbbbbbbbbb-1',
      'checkout-aaaaaaaaaa-1',
    ]);
    expect(one).toMatchObject({ schema: 'serin.dev/rollout/v1', name: 'checkout-bbbbbbbbbb-1', exitCode: 3 });
    expect((await cluster().run('history checkout -o name')).out).toBe(
      'canaryrollout.serin.dev/checkout-bbbbbbbbbb-1\ncanaryrollout.serin.dev/checkout-aaaaaaaaaa-1\n',
    );
  });

  it('says how many there are when there is no such attempt', async () => {
    expect(await cluster().run('history checkout --attempt 3')).toMatchObject({
      code: 10,
      err: 'serin: There is no attempt 3 of checkout: there are 2.\nTry: serin history checkout\n',
    });
  });

  it('guesses the Deployment that was meant, also one that has had no rollout', async () => {
    const made = testCluster();
    made.deploy(aManaged());

    for (const line of ['history chekout', 'plan chekout', 'undo chekout'])
      expect((await made.run(line)).err, line).toContain('Did you mean "checkout"?');
  });
});

describe('serin status -o', () => {
  it('gives the record that serin get gives', async () => {
    const status = (await cluster().run('status checkout -o json')).out;

    expect(status).toBe((await cluster().run('get checkout -o json')).out);
    expect(parse((await cluster().run('status checkout -o yaml')).out)).toEqual(JSON.parse(status));
    expect((await cluster().run('status checkout -o name')).out).toBe(
      'canaryrollout.serin.dev/checkout-bbbbbbbbbb-1\n',
    );
    expect((await cluster().run('status checkout -o wide')).out).toContain('REVISION');
  });

  it('is wrong usage beside -w', async () => {
    expect(await cluster().run('status checkout -w -o json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('For a program: serin wait -o json'),
    });
  });
});
