import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../../src/domain/evidence.ts';
import { dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged, aManaged, aManagedRollout, someLanes } from './support/managed.ts';

function changedCluster(): TestCluster {
  const cluster = testCluster();
  cluster.deploy(aChanged());
  return cluster;
}

describe('serin plan of a managed Deployment', () => {
  it('shows the change, its lanes, and every object it would touch, in order', async () => {
    const cluster = changedCluster();

    const { code, out, err } = await cluster.run('plan deployment/checkout');

    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`\
The changed pod template of Deployment checkout would be released as a canary in namespace shop.

Stable     checkout checkout:1 (5c5b46c844), 4 of 4 pods ready
Canary     checkout-bbbbbbbbbb checkout:2 (bbbbbbbbbb), a copy with the new pod template
Held       checkout is paused by an admission policy in the write that changes its pod template
Steps      10% > 25% > 50% > 100% of the traffic
Bake       2m to 12m per step
Duration   about 16m with enough traffic (4 steps of 2m, the way back in 4 parts, 2m on the promoted Deployment, and about 45s for each step and part to settle and be seen)
Judged     error rate at most 0.5 percentage points above stable; at least 100 canary requests per step
Undecided  a step without a verdict after 12m is left once harm beyond five times the margin is excluded; until then it is held

Lanes      VirtualService shop/checkout, http route 1: checkout (all of it now)

It would write, in this order, and nothing else:
  1. DestinationRule shop/serin-stable-5c5b46c844-checkout, made, for the pods that serve now
     DestinationRule shop/serin-canary-bbbbbbbbbb-checkout, made, for the pods of the copy
  2. VirtualService shop/checkout: each destination above becomes two, stable with its weight and the canary with 0; an annotation serin.dev/claim-...
  3. Deployment shop/checkout-bbbbbbbbbb, made: the pods of checkout with the new template, and the label serin.dev/revision
  4. the weights there, each when the copy has the pods for it:
       WEIGHT   COPY          TIME        SHORTEST WITH, AT 0.5% ERRORS
       10%      1 of 4 pods   2m to 12m   20 requests a second
       25%      1 of 4 pods   2m to 12m   22 requests a second
       50%      2 of 4 pods   2m to 12m   41 requests a second
       100%     4 of 4 pods   2m to 12m   5.2 requests a second
  5. Deployment shop/checkout: spec.paused lifted for exactly that template, and back when all its pods run it
  6. DestinationRule shop/serin-stable-<hash>-checkout, made, for the promoted pods
     the weights there: back to checkout in 10%, 25%, 50%, 100%, judged
  7. Deployment shop/checkout-bbbbbbbbbb: scaled to 0
     VirtualService shop/checkout: every destination as it was
     the DestinationRules above, and the copy: deleted
     Deployment shop/checkout: spec.paused lifted, of what it runs by then
  all along: annotations of Deployment shop/checkout (serin.dev/phase, rollout, stable, held, last) and its conditions
             serin.dev/CanaryAccepted and, when rejected, Progressing; a CanaryRollout of its own, and Events

When it is rolled back: the weights 100 and 0 in one write, then as under 7.
Deployment checkout stays paused until its pod template is changed or put back (serin undo checkout -n shop).
`);
    expect(cluster.managed.surveys).toEqual([
      {
        namespace: 'shop',
        target: 'checkout',
        stableLabels: { app: 'checkout' },
        canaryLabels: { app: 'checkout' },
        names: { stable: 'serin-stable-5c5b46c844', canary: 'serin-canary-bbbbbbbbbb' },
        rollout: 'shop/checkout',
      },
    ]);
  });

  it('explains at rest what the next change would do', async () => {
    const cluster = testCluster();
    cluster.deploy(aManaged({ annotations: { 'serin.dev/steps': '100', 'serin.dev/analysis': 'off' } }));
    cluster.managed.automatic = false;
    const objects = [{ namespace: 'shop', name: 'serin-checkout', made: true }];
    cluster.managed.surveyed = { kind: 'lanes', lanes: someLanes({ objects, originals: [] }) };

    const { code, out } = await cluster.run('plan checkout');

    expect(code).toBe(0);
    expect(out).toContain(
      'Deployment checkout in namespace shop runs the pod template it has. The next change of it would',
    );
    expect(out).toContain('Canary     checkout-<revision> (<revision>), a copy with the new pod template\n');
    expect(out).toContain(
      'Held       checkout is kept paused at rest, because no admission policy pauses it in time\n',
    );
    expect(out).toContain('Lanes      VirtualService shop/serin-checkout, which has to be made\n');
    expect(out).toContain(
      '  2. VirtualService shop/serin-checkout, made for the time of the rollout: stable 100, canary 0\n',
    );
    expect(out).toContain('     VirtualService shop/serin-checkout: deleted\n');
    expect(out).toContain('       100%     4 of 4 pods   2m to 12m   -\n');
    expect(out).not.toContain('spec.paused lifted, of what it runs');
  });

  it('says what each step takes at the present traffic, as the reporter counted that saw most', async () => {
    const cluster = changedCluster();
    const slot = { start: dawn - 90_000, end: dawn - 30_000 };
    const row = (reporter: 'source' | 'destination', workload: string, count: number): RequestRow => ({
      reporter,
      workload,
      namespace: 'shop',
      service: 'checkout.shop.svc.cluster.local',
      protocol: 'http',
      code: '200',
      grpcStatus: '',
      flags: '-',
      count,
    });
    const requests = [row('source', 'checkout', 60), row('destination', 'checkout', 40), row('source', 'other', 9_000)];
    cluster.managed.reading = {
      kind: 'data',
      slot,
      requests,
      latency: [],
      unreadable: [],
      queries: { requests: 'sum()' },
    };

    const { out } = await cluster.run(
      'plan checkout --prometheus-url http://prometheus:9090 --prometheus-token-file /t',
    );

    expect(cluster.managed.sources).toEqual([{ url: 'http://prometheus:9090', tokenFile: '/t' }]);
    expect(out).toContain('Traffic    1.0 requests a second over the last minute\n');
    expect(out).toContain(`
       WEIGHT   COPY          TIME        SHORTEST WITH, AT 0.31% ERRORS   AT PRESENT
       10%      1 of 4 pods   2m to 12m   17 requests a second             about 12m, by the wider margin
       25%      1 of 4 pods   2m to 12m   18 requests a second             about 12m, by the wider margin
       50%      2 of 4 pods   2m to 12m   29 requests a second             about 12m, by the wider margin
       100%     4 of 4 pods   2m to 12m   5.2 requests a second            about 11m
`);
    expect(out).toContain(`
Forecast   at 1.0 requests a second, of which about 0.31% fail, by the error gate and on average
`);
    expect(out).toContain(
      '  A release that is as good as stable is judged for about 47m in all; settling, and the way back of a managed Deployment, come on top.\n',
    );

    cluster.deploy(aChanged({ annotations: { 'serin.dev/on-undecided': 'hold' } }));
    const held = await cluster.run('plan checkout --prometheus-url http://prometheus:9090');

    expect(held.out).toContain('17 requests a second             no verdict within 12m\n');
    expect(held.out).not.toContain('is promoted after');
  });

  it('says why the present traffic is not known', async () => {
    const { code, out } = await changedCluster().run('plan checkout --prometheus-url http://prometheus:9090');

    expect(code).toBe(0);
    expect(out).toContain('Traffic    not known: Nobody answers.\n');
    expect(out).not.toContain('AT PRESENT');
  });

  it('tells young counters from no traffic', async () => {
    const cluster = changedCluster();
    const own = { reporter: 'source', workload: 'checkout', namespace: 'shop', service: 'checkout' } as const;
    const slot = { start: dawn - 90_000, end: dawn - 30_000 };
    const queries = { requests: 'sum()' };
    const plan = 'plan checkout --prometheus-url http://prometheus:9090';

    cluster.managed.reading = { kind: 'data', slot, requests: [], latency: [], unreadable: [own], queries };
    expect((await cluster.run(plan)).out).toContain('not known: the counters of checkout are younger than a minute.\n');

    cluster.managed.reading = { kind: 'data', slot, requests: [], latency: [], unreadable: [], queries };
    expect((await cluster.run(plan)).out).toContain('no verdict: no traffic\n');
  });

  it('does without the dry run where it may not be made', async () => {
    const cluster = changedCluster();
    cluster.managed.automatic = new Error('deployments.apps "checkout" is forbidden');

    expect((await cluster.run('plan checkout')).out).toContain('Held       checkout is paused\n');
  });

  it('says what hinders it, under the plan, with code 1', async () => {
    const cluster = changedCluster();
    const message = 'Service checkout also selects the pod odd-1, which is not of checkout. Narrow its selector.';
    cluster.managed.surveyed = { kind: 'problem', problem: { reason: 'ForeignPods', message } };

    const { code, out, err } = await cluster.run('plan checkout');

    expect(code).toBe(1);
    expect(out).toContain('Steps      10% > 25%');
    expect(err).toBe(`\nNo rollout can begin (ForeignPods): ${message}\n`);
  });

  it('does not look for lanes that a rollout under way has split', async () => {
    const cluster = changedCluster();
    cluster.put(aManagedRollout());

    const { code, err } = await cluster.run('plan checkout');

    expect(code).toBe(0);
    expect(err).toContain('A rollout is under way with the plan it began with: checkout-bbbbbbbbbb-1 (baking).');
    expect(cluster.managed.surveys).toEqual([]);
  });

  it('says of a rejected template that only retry begins it again', async () => {
    const cluster = changedCluster();
    cluster.put(aManagedRollout({ status: { phase: 'rolledBack', cause: 'gate', message: '9 of 10 failed.' } }));

    const { code, out, err } = await cluster.run('plan checkout');

    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('To begin it again: serin retry checkout -n shop\n');
  });

  it('says at 0 replicas that the change is let through', async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ replicas: 0, readyReplicas: 0 }));

    expect((await cluster.run('plan checkout')).out).toContain('its new pod template is let through.\n');
  });

  it("respects a person's own pause, and says what ends it", async () => {
    const cluster = testCluster();
    cluster.deploy(aChanged({ held: false }));

    expect((await cluster.run('plan checkout')).err).toContain(
      'checkout is paused by a person, and its change is released once they resume it: kubectl rollout resume deployment/checkout -n shop\n',
    );
  });
});
