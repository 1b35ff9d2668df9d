import { describe, expect, it } from 'vitest';
import { aRollout, aRoute } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

function busyCluster(): TestCluster {
  const cluster = testCluster();
  cluster.put(aRollout({ status: { phase: 'baking', route: aRoute(), message: 'Baking.' } }));
  cluster.put(
    aRollout({ id: { namespace: 'books', name: 'ratings-v2-two-1' }, uid: 'uid-2', status: { phase: 'promoted' } }),
  );
  return cluster;
}

describe('serin uninstall', () => {
  it('does nothing without --yes but to say what it would do', async () => {
    const cluster = busyCluster();

    expect(await cluster.run('uninstall')).toEqual({
      code: 2,
      out: '',
      err: `\
These rollouts are under way and would be aborted:
  shop/reviews-v2-two-1 baking step=1/4 weight=0% verdict=-: Baking.
Routes would be put back and every finalizer taken off. Say so with: serin uninstall --yes
`,
    });
    expect(cluster.get('reviews-v2-two-1')?.spec.requests).toEqual([]);
    expect(cluster.released).toEqual([]);
  });

  it('has nothing to ask where nothing is under way', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'promoted' } }));

    expect(await cluster.run('uninstall')).toEqual({
      code: 0,
      out: '',
      err: `\
No rollout is under way and no Deployment is managed: nothing of yours is in Serin's hands.
To let go of one finished rollout too: serin uninstall --yes
`,
    });
  });

  it('aborts what is under way, waits for the ends, and lets go of everything', async () => {
    const cluster = busyCluster();
    cluster.after(5_000, () => cluster.answering());

    const { code, out, err } = await cluster.run('uninstall --yes');

    expect(code).toBe(0);
    expect(err).toBe('Ending shop/reviews-v2-two-1 (baking).\n');
    expect(out).toContain('Nothing of Serin holds your objects any more; 2 rollouts were let go of.\n');
    expect(out).toContain('kubectl delete -k deploy/');
    expect(cluster.get('reviews-v2-two-1')?.spec.requests).toMatchObject([{ verb: 'abort', reason: 'uninstall' }]);
    expect(cluster.released.toSorted()).toEqual(['ratings-v2-two-1', 'reviews-v2-two-1']);
  });

  it('ends rollouts too that begin meanwhile, each asked once', async () => {
    const cluster = busyCluster();
    const late = aRollout({ id: { namespace: 'shop', name: 'late-1' }, uid: 'uid-3', status: { phase: 'pending' } });
    cluster.after(3_000, () => cluster.put(late));
    cluster.after(8_000, () => cluster.answering());

    expect((await cluster.run('uninstall --yes')).code).toBe(0);
    expect(cluster.get('late-1')?.spec.requests).toHaveLength(1);
    expect(cluster.get('reviews-v2-two-1')?.spec.requests).toHaveLength(1);
  });

  it('waits for a promotion to end, which no abort can stop', async () => {
    const cluster = busyCluster();
    cluster.change('reviews-v2-two-1', { phase: 'promoting' });
    cluster.after(4_000, () => cluster.change('reviews-v2-two-1', { phase: 'promoted' }));

    expect((await cluster.run('uninstall --yes')).code).toBe(0);
    expect(cluster.get('reviews-v2-two-1')?.spec.requests).toEqual([]);
  });

  it('lets go of nothing when a rollout does not end in time', async () => {
    const cluster = busyCluster();

    const { code, err } = await cluster.run('uninstall --yes --timeout=30s');

    expect(code).toBe(124);
    expect(err).toContain('These have not ended within 30s; nothing was let go of:\n  shop/reviews-v2-two-1 baking');
    expect(err).toContain('serin uninstall --yes --without-controller\n');
    expect(cluster.released).toEqual([]);
  });

  it('can be interrupted, and then lets go of nothing', async () => {
    const cluster = busyCluster();
    cluster.after(3_000, () => cluster.interrupt());

    expect((await cluster.run('uninstall --yes')).code).toBe(130);
    expect(cluster.released).toEqual([]);
  });

  it('puts routes back itself when no controller runs any more', async () => {
    const cluster = busyCluster();

    const { code, err } = await cluster.run('uninstall --yes --without-controller');

    expect(code).toBe(0);
    expect(cluster.changes).toEqual(['restore']);
    expect(cluster.get('reviews-v2-two-1')).toBeUndefined();
    expect(err).toContain('shop/reviews-v2-two-1: the route is put back and the rollout removed.\n');
  });

  it('leaves the end weights of a rollout that was promoting when no controller runs any more', async () => {
    const cluster = busyCluster();
    cluster.change('reviews-v2-two-1', { phase: 'finalizing' });

    await cluster.run('uninstall --yes --without-controller');

    expect(cluster.changes).toEqual(['unclaim']);
  });

  it('keeps to one namespace when one is named', async () => {
    const cluster = busyCluster();

    await cluster.run('uninstall --yes -n books');

    expect(cluster.released).toEqual(['ratings-v2-two-1']);
  });

  it('prints no command that concerns another namespace than the one named', async () => {
    const { out } = await busyCluster().run('uninstall --yes -n books');

    expect(out).toContain('kubectl annotate deployments --all -n books serin.dev/canary-');
    expect(out).toContain('kubectl delete canaryrollouts --all -n books\n');
    expect(out).not.toContain(' -A ');
    expect(out).not.toContain('deploy/');
  });

  it('names the namespace again when it gives up or is interrupted', async () => {
    const late = await busyCluster().run('uninstall --yes -n shop --timeout=30s');
    const cluster = busyCluster();
    cluster.after(3_000, () => cluster.interrupt());

    expect(late.err).toContain('serin uninstall --yes --without-controller -n shop\n');
    expect((await cluster.run('uninstall --yes -n shop')).err).toContain('serin uninstall --yes -n shop\n');
  });
});
