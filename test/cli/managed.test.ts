import { describe, expect, it } from 'vitest';
import { dawn } from '../support/builders.ts';
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
