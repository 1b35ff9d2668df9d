import { describe, expect, it } from 'vitest';
import { aRollout, aWorkload, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged, aManaged, aManagedRollout } from './support/managed.ts';

const name = 'checkout-bbbbbbbbbb-1';

/** `checkout` with a changed template whose rollout is not there yet. */
function changed(): TestCluster {
  const cluster = testCluster();
  cluster.deploy(aChanged());
  return cluster;
}

describe('the attempt that serin wait is pinned to', () => {
  it('is that of the revision seen at the beginning: another one before its rollout began supersedes it', async () => {
    const cluster = changed();
    cluster.after(3_000, () => cluster.deploy(aChanged({ revision: 'cccccccccc', images: ['checkout:3'] })));
    cluster.after(6_000, () =>
      cluster.put(
        aManagedRollout({
          name: 'checkout-cccccccccc-1',
          spec: { canary: { workload: 'checkout-cccccccccc', hash: 'cccccccccc', images: ['checkout:3'] } },
          status: { phase: 'promoted' },
        }),
      ),
    );

    expect(await cluster.run('wait checkout')).toMatchObject({
      code: 5,
      out: 'checkout has another revision by now (cccccccccc, checkout:3), and no rollout of revision bbbbbbbbbb is under way.\n',
    });
    expect(cluster.clock.now()).toBeLessThanOrEqual(dawn + 4_000);
  });

  it('is followed to its end when it is superseded under way', async () => {
    const cluster = changed();
    cluster.put(aManagedRollout());
    cluster.after(3_000, () => cluster.deploy(aChanged({ revision: 'cccccccccc' })));
    cluster.after(6_000, () =>
      cluster.change(name, { phase: 'rolledBack', cause: 'superseded', message: 'A newer one.' }),
    );

    expect(await cluster.run('wait checkout')).toMatchObject({
      code: 5,
      out: `${name} rolled back (superseded): A newer one.\n`,
    });
  });

  it('proves nothing when its Deployment is gone and it has ended before', async () => {
    const cluster = testCluster();
    cluster.put(aManagedRollout({ status: { phase: 'promoted' } }));

    expect(await cluster.run('wait checkout')).toMatchObject({
      code: 10,
      err: expect.stringContaining(
        `There is no Deployment checkout in namespace shop any more; its newest rollout, ${name}, has ended.\nTry: serin history checkout -n shop\n`,
      ),
    });
  });
});

describe('serin wait --image', () => {
  it('waits until the Deployment has the image, and then for its rollout', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged());
    cluster.after(5_000, () => cluster.deploy(aChanged()));
    cluster.after(7_000, () => cluster.put(aManagedRollout({ status: { phase: 'rolledBack', cause: 'gate' } })));

    const { code, err } = await cluster.run('wait checkout --image=checkout:2');

    expect(code).toBe(3);
    expect(err).toContain('checkout does not have the image checkout:2 yet; it has checkout:1.');
  });

  it('is not satisfied by an earlier success of the same image', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged());
    cluster.put(aManagedRollout({ status: { phase: 'promoted' } }));

    expect((await cluster.run('wait checkout --image=checkout:2 --timeout=5s')).code).toBe(124);
  });

  it('has nothing to release where the Deployment runs that image already, and says so', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged());

    expect(await cluster.run('wait checkout --image=checkout:1')).toMatchObject({
      code: 0,
      out: 'checkout runs the pod template it has, so that there is nothing to release.\n',
    });
  });

  it('follows its rollout under way although the Deployment has another image by now', async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ revision: 'cccccccccc', images: ['checkout:3'] }));
    cluster.put(aManagedRollout({ status: { phase: 'rollingBack', cause: 'superseded' } }));
    cluster.after(3_000, () => cluster.change(name, { phase: 'rolledBack' }));

    expect((await cluster.run('wait checkout --image=checkout:2')).code).toBe(5);
  });

  it('says that its rollout was superseded before the waiting began', async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ revision: 'cccccccccc', images: ['checkout:3'] }));
    cluster.put(aManagedRollout({ status: { phase: 'rolledBack', cause: 'superseded' } }));

    expect(await cluster.run('wait checkout --image=checkout:2')).toMatchObject({
      code: 5,
      out: `checkout has another revision by now (cccccccccc, checkout:3), and ${name} has ended.\n`,
    });
  });
});

describe('serin wait --revision', () => {
  it('is wrong usage for a rollout by its own name', async () => {
    const cluster = changed();
    cluster.put(aManagedRollout({ status: { phase: 'promoted' } }));

    expect(await cluster.run(`wait ${name} --revision=bbbbbbbbbb`)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${name} names one attempt already`),
    });
  });

  it('takes the pod-template hash of one of a pair too, and follows it while a newer one takes over', async () => {
    const cluster = testCluster();
    const annotations = { 'serin.dev/canary-of': 'reviews-v1' };
    cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'two', annotations }));
    cluster.after(3_000, () => {
      cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'three', annotations }));
      cluster.put(aRollout({ status: { phase: 'rollingBack' } }));
    });
    cluster.after(9_000, () =>
      cluster.change('reviews-v2-two-1', { phase: 'rolledBack', cause: 'superseded', message: 'A newer one.' }),
    );

    expect(await cluster.run('wait reviews-v2 --revision=two')).toMatchObject({
      code: 5,
      out: 'reviews-v2-two-1 rolled back (superseded): A newer one.\n',
    });
  });

  it('takes the revision that serin get shows', async () => {
    const cluster = changed();
    cluster.put(aManagedRollout({ status: { phase: 'promoted', promotedHash: '5c5b46c844' } }));

    expect((await cluster.run('wait checkout --revision=bbbbbbbbbb')).code).toBe(0);
  });

  it('never takes the success of a revision that the Deployment does not have any more', async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ revision: 'cccccccccc', images: ['checkout:3'] }));
    cluster.put(aManagedRollout({ status: { phase: 'promoted' } }));

    expect((await cluster.run('wait checkout --revision=bbbbbbbbbb')).code).toBe(5);
  });

  it('says for which revision it waits while the Deployment does not have it, at least every minute', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged());

    const { code, err } = await cluster.run('wait checkout --revision=bbbbbbbbbb --timeout=150s');

    expect(code).toBe(124);
    expect(err.match(/does not have the revision bbbbbbbbbb yet; it has checkout:1\./g)).toHaveLength(3);
  });
});
