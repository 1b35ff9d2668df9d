import { describe, expect, it } from 'vitest';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import { aVerdict, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged, aGeneration, aManaged, aManagedRollout, someLanes } from './support/managed.ts';

const name = 'checkout-bbbbbbbbbb-1';

function changedCluster(): TestCluster {
  const cluster = testCluster();
  cluster.deploy(aChanged());
  return cluster;
}

describe('serin wait for a managed Deployment', () => {
  it('waits for the rollout of the present template, which has not begun yet', async () => {
    const cluster = changedCluster();
    cluster.put(
      aManagedRollout({
        name: 'checkout-aaaaaaaaaa-1',
        spec: {
          canary: { workload: 'checkout-aaaaaaaaaa', hash: 'aaaaaaaaaa', images: [] },
          stable: { workload: 'checkout', hash: 'older', images: [] },
        },
        status: { phase: 'promoted', promotedHash: '5c5b46c844' },
      }),
    );
    cluster.after(3_000, () => {
      cluster.deploy(aManaged({ revision: 'bbbbbbbbbb', annotations: { 'serin.dev/stable': '2222222222' } }));
      cluster.put(
        aManagedRollout({ status: { phase: 'promoted', promotedHash: '2222222222', message: 'It serves.' } }),
      );
    });

    const { code, out, err } = await cluster.run('wait checkout');

    expect([code, out]).toEqual([0, `${name} promoted: It serves.\n`]);
    expect(err).toContain('No rollout of the present revision of checkout has begun yet.\n');
  });

  it('has nothing to wait for at rest', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged());

    expect(await cluster.run('wait checkout')).toMatchObject({
      code: 0,
      out: 'checkout runs the pod template it has, so that there is nothing to release.\n',
    });
  });

  it('takes no earlier promotion of a template for its present one', async () => {
    const cluster = testCluster();
    const another = aGeneration({ hash: '7d7d7d7d7d', revision: 'cccccccccc', images: ['checkout:3'] });
    cluster.managed.generations = [another, aGeneration({ replicas: 0 })];
    cluster.deploy(aChanged({ annotations: { 'serin.dev/stable': '7d7d7d7d7d' }, revision: 'aaaaaaaaaa' }));
    cluster.put(
      aManagedRollout({
        spec: { canary: { workload: 'checkout-aaaaaaaaaa', hash: 'aaaaaaaaaa', images: [] } },
        status: { phase: 'promoted', promotedHash: '5c5b46c844' },
      }),
    );

    expect((await cluster.run('wait checkout --timeout=5s')).code).toBe(124);
  });

  it('ends as the rollout of a rejected template has ended', async () => {
    const cluster = changedCluster();
    cluster.put(aManagedRollout({ status: { phase: 'rolledBack', cause: 'gate', message: '9 of 10 failed.' } }));

    expect((await cluster.run('wait checkout')).code).toBe(3);
  });

  it('knows a rejected template by the mark on the Deployment when its record is gone', async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ annotations: { 'serin.dev/last': 'rolledBack bbbbbbbbbb checkout 5c5b46c844 1' } }));

    expect(await cluster.run('wait checkout')).toMatchObject({
      code: 3,
      out: 'The pod template of checkout was rejected before, and is not tried again by itself.\n',
    });
  });

  it('knows a rejected template against a stable that was a copy then', async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ annotations: { 'serin.dev/stable': '7d7d7d7d7d' } }));
    cluster.managed.generations = [aGeneration({ hash: '7d7d7d7d7d', revision: 'cccccccccc' })];
    const stable = { workload: 'checkout-cccccccccc', hash: 'cccccccccc', images: [] };
    cluster.put(aManagedRollout({ spec: { stable }, status: { phase: 'rolledBack', cause: 'gate' } }));

    expect((await cluster.run('wait checkout')).code).toBe(3);
  });

  it("says that a person's pause is in the way, once", async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ held: false }));

    const { code, err } = await cluster.run('wait checkout --timeout=10s');

    expect(code).toBe(124);
    expect(err.split('kubectl rollout resume deployment/checkout -n shop')).toHaveLength(2);
  });
});

describe('serin retry of a managed Deployment', () => {
  const rejected = aManagedRollout({ status: { phase: 'rolledBack', cause: 'gate', message: '9 of 10 failed.' } });

  it('is of the template that it has now, even if another was tried since', async () => {
    const cluster = changedCluster();
    cluster.put(rejected);
    const canary = { workload: 'checkout-cccccccccc', hash: 'cccccccccc', images: [] };
    const other = aManagedRollout({ name: 'checkout-cccccccccc-1', spec: { canary }, status: { phase: 'rolledBack' } });
    cluster.put({ ...other, createdAt: dawn + 60_000 });
    cluster.answering();

    expect((await cluster.run('retry checkout')).out).toBe(`${name}: A new attempt of checkout is begun.\n`);
  });

  it('tries again what a held one is stuck at', async () => {
    const cluster = changedCluster();
    cluster.put(aManagedRollout({ status: { phase: 'held' } }));
    cluster.answering();

    expect((await cluster.run('retry checkout')).out).toBe(`${name}: What it was held at is tried again.\n`);
  });
});

describe('serin status of a managed Deployment', () => {
  it('shows every lane, and the way back of what is promoted', async () => {
    const cluster = changedCluster();
    const lanes = someLanes({
      objects: [
        { namespace: 'edge', name: 'shop', made: false },
        { namespace: 'shop', name: 'serin-checkout', made: true },
      ],
      originals: ['/', '/v2'].map((_, index) => ({
        object: 'edge/shop',
        protocol: 'http',
        index,
        host: 'checkout.shop.svc.cluster.local',
        weight: 100,
        alone: true,
      })),
    });
    cluster.put(aManagedRollout({ status: { phase: 'promoting', lanes } }));

    const { out } = await cluster.run('status checkout');

    expect(out).toContain('Lanes    edge/shop, 2 destinations\n');
    expect(out).toContain('         shop/serin-checkout (made for the time of the rollout)\n');
    expect(out).toContain('You can: serin undo checkout -n shop\n');
  });

  it('calls nobody a canary while traffic goes back to the promoted Deployment', async () => {
    const cluster = changedCluster();
    const verdicts: GateVerdict[] = [
      aVerdict('pass', {
        gate: 'errors',
        message:
          '4 of 600 (0.67%) canary requests failed against 9 of 900 (1%) of stable. The odds that the canary is worse are 2 to 1 by now.',
        numbers: { canary: { requests: 600, failures: 4 }, stable: { requests: 900, failures: 9 } },
      }),
      aVerdict('pass', { gate: 'health', message: '1 of 2 pods of the canary checkout are ready.' }),
      aVerdict('pass', { gate: 'custom/canary-lag', message: 'canary-lag is 3 on the canary and 4 on stable.' }),
    ];
    cluster.put(aManagedRollout({ status: { phase: 'finalizing', weight: { intended: 50, observed: 50 }, verdicts } }));

    const { out } = await cluster.run('status checkout');
    const explained = (await cluster.run('explain checkout')).out;

    expect(out).toContain('Weight   50% to the copy\n');
    for (const page of [out, explained]) {
      expect(page).toContain('4 of 600 (0.67%) requests to checkout failed against 9 of 900 (1%) of the copy.');
      expect(page).toContain('The odds that checkout is worse are 2 to 1 by now.');
      expect(page).toContain('1 of 2 pods of checkout are ready.');
      expect(page).toContain('canary-lag is 3 on checkout and 4 on the copy.');
    }
    expect(explained).toMatch(/\n {2}Promoted +4 of 600 requests .*\n {2}Copy +9 of 900 requests/);
  });

  it('offers retry and undo to one that is held', async () => {
    const cluster = changedCluster();
    cluster.put(aManagedRollout({ status: { phase: 'held', message: 'Its pods do not start.' } }));

    expect((await cluster.run('status checkout')).out).toContain(
      'You can: serin retry checkout -n shop   serin undo checkout -n shop\n',
    );
  });

  it('tells that the template is another by now', async () => {
    const cluster = changedCluster();
    cluster.put(
      aManagedRollout({
        name: 'checkout-aaaaaaaaaa-1',
        spec: { canary: { workload: 'checkout-aaaaaaaaaa', hash: 'aaaaaaaaaa', images: [] } },
        status: { phase: 'promoted', finishedAt: dawn },
      }),
    );

    expect((await cluster.run('status checkout')).out).toContain(
      'The pod template of checkout has changed since; its rollout has not begun yet.\n',
    );
  });
});
