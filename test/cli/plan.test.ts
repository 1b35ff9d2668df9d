import { describe, expect, it } from 'vitest';
import { aRollout, aRoute, aWorkload } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

function clusterWith(annotations: Readonly<Record<string, string>>): TestCluster {
  const cluster = testCluster();
  cluster.deploy(aWorkload());
  cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'two', images: ['reviews:2'], readyReplicas: 1, annotations }));
  return cluster;
}

describe('serin plan', () => {
  it('shows the plan as understood, the route found, and everything that would be written', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    cluster.locates({ kind: 'located', route: aRoute({ section: 'main', original: { stable: null, canary: 0 } }) });

    expect(await cluster.run('plan deployment/reviews-v2')).toEqual({
      code: 0,
      err: '',
      out: `\
Deployment reviews-v2 would be released as the canary of reviews-v1 in namespace shop.

Stable     reviews-v1 reviews:1 (one), 3 of 3 pods ready
Canary     reviews-v2 reviews:2 (two), 1 of 3 pods ready
Steps      10% > 25% > 50% > 100% of the traffic
Bake       2m to 12m per step
Duration   at least 8m (4 steps of 2m), and some seconds per step until the mesh has settled
Judged     error rate at most 0.5 percentage points above stable; at least 100 canary requests per step
Undecided  a step without a verdict after 12m is left once harm beyond five times the margin is excluded; until then it is held

Route      VirtualService shop/reviews, http route "main"
           stable reviews subset v1 (no weight now)
           canary reviews subset v2 (weight 0 now)

It would write, and nothing else:
  VirtualService shop/reviews: the two weights of that pair, and while it runs the annotation serin.dev/claim
  Deployment shop/reviews-v2: annotations serin.dev/phase, serin.dev/rollout and serin.dev/last, condition serin.dev/CanaryAccepted
  a CanaryRollout of its own, and Events
`,
    });
  });

  it('shows what the annotations and the policy change', async () => {
    const cluster = clusterWith({
      'serin.dev/canary-of': 'reviews-v1',
      'serin.dev/policy': 'careful',
      'serin.dev/steps': '5,100',
      'serin.dev/max-latency': 'p99<500ms,p95<1.2x',
      'serin.dev/max-error-rate': '2%',
    });
    cluster.policies['careful'] = { bake: '10m', 'max-bake': '1h', 'on-undecided': 'rollback', steps: '50,100' };

    const { out } = await cluster.run('plan reviews-v2');

    expect(out).toContain('Steps      5% > 100% of the traffic\n');
    expect(out).toContain('Bake       10m to 1h per step\n');
    expect(out).toContain('Duration   at least 20m (2 steps of 10m)');
    expect(out).toContain('above stable; error rate at most 2%; p99<500ms; p95<1.2x; at least 100');
    expect(out).toContain('Undecided  a step without a verdict after 1h is rolled back\n');
  });

  it('shows the gates that the policy adds', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/policy': 'own' });
    const gates = [
      { name: 'queue', query: 'queue', min: 1, max: 100 },
      { name: 'cpu', compare: { canary: 'a', stable: 'b', maxRatio: 1.5 }, failures: 1 },
      { name: 'errors', compare: { canary: 'a', stable: 'b', maxIncrease: 2 }, shadow: true },
    ];
    cluster.policies['own'] = { gates: JSON.stringify(gates) };

    const { out } = await cluster.run('plan reviews-v2');

    expect(out).toContain('Gates      queue: at least 1, at most 100; 2 bad looks in a row roll back\n');
    expect(out).toContain("           cpu: at most 1.5 times stable's; one bad look rolls back\n");
    expect(out).toContain("           errors: at most 2 above stable's; in shadow, shown and not judged\n");
  });

  it('says loudly that nothing is judged with analysis off', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/analysis': 'off' });

    expect((await cluster.run('plan reviews-v2')).out).toContain(
      'Judged     by nothing: analysis is off, and time alone',
    );
  });

  it('lists every problem of the annotations, with code 1', async () => {
    const cluster = clusterWith({
      'serin.dev/canary-of': 'reviews-v1',
      'serin.dev/bake': '5',
      'serin.dev/steps': '50',
    });

    const { code, out, err } = await cluster.run('plan reviews-v2');

    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('serin.dev/bake is "5"');
    expect(err).toContain('serin.dev/steps is "50"');
  });

  it('says what is wrong with the route, under the plan, with code 1', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    const message = 'No route names both versions. Add a destination for subset v2 with weight 0.';
    cluster.locates({ kind: 'problem', problem: { reason: 'NoRouteForPair', message } });

    const { code, out, err } = await cluster.run('plan reviews-v2');

    expect(code).toBe(1);
    expect(out).toContain('Steps      10% > 25%');
    expect(err).toBe(`\nNo rollout can begin (NoRouteForPair): ${message}\n`);
  });

  it('mentions a rollout under way, whose plan is pinned', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    cluster.put(aRollout({ status: { phase: 'baking' } }));

    expect((await cluster.run('plan reviews-v2')).err).toContain(
      'A rollout is under way with the plan it began with: reviews-v2-two-1 (baking).',
    );
  });

  it('does not ask for the route to be put right that a rollout is moving', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    cluster.put(aRollout({ status: { phase: 'baking' } }));
    const message = 'The canary serves already. Set its weight to 0.';
    cluster.locates({ kind: 'problem', problem: { reason: 'CanaryAlreadyServing', message } });

    const { code, out, err } = await cluster.run('plan reviews-v2');

    expect(code).toBe(0);
    expect(out).toContain('Steps      10% > 25%');
    expect(err).toMatch(/^\nA rollout is under way with the plan it began with: reviews-v2-two-1 \(baking\)\..*\n$/);
  });

  it('says of a rejected revision that only retry begins it again, whatever the route says', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    cluster.put(aRollout({ status: { phase: 'rolledBack', cause: 'gate', message: '9 of 10 failed.' } }));
    cluster.locates({ kind: 'problem', problem: { reason: 'StableWithoutTraffic', message: 'Give it traffic.' } });

    expect(await cluster.run('plan reviews-v2')).toEqual({
      code: 1,
      out: '',
      err: `\
Nothing would begin: this revision of reviews-v2 was rolled back (gate) in reviews-v2-two-1. 9 of 10 failed.
It is not tried again by itself. To begin it again: serin retry reviews-v2 -n shop
`,
    });
  });

  it('plans anew for a rejected revision whose stable is another by now', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    const stable = { workload: 'reviews-v1', hash: 'zero', images: [] };
    cluster.put(aRollout({ spec: { stable }, status: { phase: 'rolledBack', cause: 'stableChanged' } }));

    expect(await cluster.run('plan reviews-v2')).toMatchObject({
      code: 0,
      out: expect.stringContaining('would be released as the canary of reviews-v1'),
    });
  });

  it('says of a promoted revision that it serves, and what the next release is', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v1' });
    cluster.put(aRollout({ status: { phase: 'promoted' } }));
    cluster.locates({ kind: 'problem', problem: { reason: 'StableWithoutTraffic', message: 'Give it traffic.' } });

    expect(await cluster.run('plan reviews-v2')).toEqual({
      code: 0,
      out: '',
      err: `\
This revision of reviews-v2 is already promoted, in reviews-v2-two-1: it serves all traffic, and nothing would begin.
The next release is a Deployment of its own with serin.dev/canary-of=reviews-v2, and a route that names it beside reviews-v2.
`,
    });
  });

  it('tells how to ask for a canary where none is asked for', async () => {
    const { code, err } = await clusterWith({}).run('plan reviews-v2');

    expect(code).toBe(1);
    expect(err).toContain('kubectl annotate deployment/reviews-v2 -n shop serin.dev/canary=enabled');
    expect(err).toContain('kubectl annotate deployment/reviews-v2 -n shop serin.dev/canary-of=');
  });

  it.each([
    ['plan nothing', 10, 'There is no Deployment "nothing" in namespace shop.'],
    [
      'plan cro/reviews-v2-two-1',
      2,
      'A plan is made for a Deployment, not for a rollout.\nTry: serin status reviews-v2-two-1 -n shop\n',
    ],
  ])('ends `serin %s` with %i', async (line, code, sentence) => {
    expect(await clusterWith({}).run(line)).toMatchObject({ code, err: expect.stringContaining(sentence) });
  });

  it('names the missing stable Deployment', async () => {
    const cluster = clusterWith({ 'serin.dev/canary-of': 'reviews-v0' });

    expect(await cluster.run('plan reviews-v2')).toMatchObject({
      code: 10,
      err: expect.stringContaining('"reviews-v0"'),
    });
  });
});
