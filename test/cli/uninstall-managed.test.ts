import { describe, expect, it } from 'vitest';
import type { Phase } from '../../src/domain/rollout.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged, aManaged, aManagedRollout } from './support/managed.ts';

function busyCluster(phase: Phase = 'baking'): TestCluster {
  const cluster = testCluster();
  cluster.deploy(aChanged());
  cluster.put(aManagedRollout({ status: { phase } }));
  return cluster;
}

const rules = 'serin-stable-5c5b46c844-checkout serin-canary-bbbbbbbbbb-checkout';

describe('serin uninstall with managed Deployments', () => {
  it('says which would not be managed any more', async () => {
    const { code, err } = await busyCluster().run('uninstall');

    expect(code).toBe(2);
    expect(err).toContain(
      'These Deployments would not be managed any more (serin.dev/canary is taken off):\n  shop/checkout\n',
    );
  });

  it('ends the adoption first, so that nothing begins anew, and leaves the lifting to the controller', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged({ paused: true, held: true }));
    cluster.after(4_000, () => cluster.deploy(aManaged({ paused: false, held: false })));

    const { code, out } = await cluster.run('uninstall --yes');

    expect(code).toBe(0);
    expect(cluster.managed.acts).toEqual(['end adoption of checkout']);
    expect(out).not.toContain('stay paused');
    expect(out).toContain('serin.dev/held-');
  });

  it('names what stays paused because nobody has judged its template', async () => {
    const cluster = busyCluster();
    cluster.answering();

    const { code, out } = await cluster.run('uninstall --yes');

    expect(code).toBe(0);
    expect(out).toContain('and nobody has judged it:\n  shop/checkout\n');
    expect(out).toContain('serin undo NAME -n NAMESPACE; then');
  });
});

describe('serin uninstall --without-controller', () => {
  it('takes a canary back: stable first, its pods gone, lanes as they were, then what was made', async () => {
    const cluster = busyCluster();
    cluster.managed.listed = 3;

    const { code, out } = await cluster.run('uninstall --yes --without-controller');

    expect(code).toBe(0);
    expect(cluster.managed.acts).toEqual([
      'end adoption of checkout',
      'weights',
      'scale checkout-bbbbbbbbbb 0',
      'restore',
      'scale checkout-bbbbbbbbbb 0',
      `undefine ${rules}`,
      'remove checkout-bbbbbbbbbb',
    ]);
    expect(cluster.get('checkout-bbbbbbbbbb-1')).toBeUndefined();
    expect(out).toContain('and nobody has judged it:\n  shop/checkout\n');
  });

  it.each<Phase>(['promoting', 'finalizing', 'held'])(
    'finishes a promotion in %s: the Deployment runs what was judged before its copy goes',
    async (phase) => {
      const cluster = busyCluster(phase);
      cluster.managed.onChange = (workload) =>
        workload.paused ? undefined : { ...workload, hash: '2222222222', complete: true };

      const { code, out } = await cluster.run('uninstall --yes --without-controller');

      expect(code).toBe(0);
      expect(cluster.managed.acts).toEqual([
        'end adoption of checkout',
        'lift checkout',
        'restore',
        'scale checkout-bbbbbbbbbb 0',
        `undefine ${rules}`,
        'remove checkout-bbbbbbbbbb',
      ]);
      expect(out).not.toContain('stay paused');
    },
  );

  it('takes nothing away while only the copy serves', async () => {
    const cluster = busyCluster('held');
    cluster.deploy(aChanged({ revision: 'eeeeeeeeee' }));

    const { code, err } = await cluster.run('uninstall --yes --without-controller');

    expect(code).toBe(1);
    expect(err).toContain('all traffic is on checkout-bbbbbbbbbb, and Deployment checkout does not run that version');
    expect(cluster.managed.acts).toEqual(['end adoption of checkout']);
    expect(cluster.released).toEqual([]);
  });

  it('does not wait for ever for a promotion', async () => {
    const cluster = busyCluster('promoting');

    expect((await cluster.run('uninstall --yes --without-controller --timeout=30s')).code).toBe(1);
    expect(cluster.managed.acts).not.toContain('restore');
  });

  it('takes nothing away when a destination would lead to no pod', async () => {
    const cluster = busyCluster();
    const message = 'Subset v1 picks no pod. Put the label back.';
    cluster.managed.unrestorable = { reason: 'LabelsMoved', message };

    expect(await cluster.run('uninstall --yes --without-controller')).toMatchObject({
      code: 1,
      err: expect.stringContaining(message),
    });
    expect(cluster.managed.acts).toEqual(['end adoption of checkout']);
  });

  it('lifts the hold of what runs the template it has', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged({ paused: true, held: true }));

    const { code, out } = await cluster.run('uninstall --yes --without-controller');

    expect(code).toBe(0);
    expect(cluster.managed.acts).toEqual(['end adoption of checkout', 'lift checkout']);
    expect(out).not.toContain('stay paused');
  });
});
