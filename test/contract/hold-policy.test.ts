// The policies that hold a managed Deployment, on a real API server: what kubectl does to one, and what comes of it.
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { applyPolicies } from './admission-bench.ts';
import { connectionsForTests } from './crds-bench.ts';
import { adoptedIn, bound, holdingIn, lifted, manifest, replicaSets, template } from './hold-policy-bench.ts';

const connections = connectionsForTests();

const sentence =
  'Serin holds deployment/checkout, so that no template runs that was not judged, and lifts the pause itself.';

describe('a changed pod template', () => {
  beforeAll(async () => {
    await applyPolicies();
    const probe = await adoptedIn(connections());
    const isInForce = async (): Promise<boolean> => probe.holds.isAutomatic(await probe.seen());
    await eventually('the policy to be in force', isInForce);
  });

  it.each<[string, readonly string[], unknown?]>([
    ['kubectl set image', ['set', 'image', 'deployment/checkout', 'app=checkout:2']],
    ['kubectl rollout restart', ['rollout', 'restart', 'deployment/checkout']],
    ['kubectl apply', ['apply', '-f', '-'], manifest('checkout:2')],
    ['kubectl apply --server-side', ['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest('checkout:2')],
    ['kubectl replace', ['replace', '-f', '-'], manifest('checkout:2')],
    ['a manifest with paused: false', ['apply', '-f', '-'], manifest('checkout:2', { spec: { paused: false } })],
    ['a write that also takes the annotation away', ['apply', '-f', '-'], manifest('checkout:2', { annotations: {} })],
    ['a write that also asks for no replicas', ['apply', '-f', '-'], manifest('checkout:2', { spec: { replicas: 0 } })],
  ])('is held in the very write, and no pod of it starts: %s', async (_what, args, stdin) => {
    const { stable, ...bench } = await adoptedIn(connections());
    const { generation } = (await bench.read()).metadata;

    const ended = await bench.run(args, stdin);
    const after = await bench.read();

    expect(ended).toMatchObject({ code: 0 });
    expect(after).toMatchObject({
      metadata: {
        generation: generation + 1,
        annotations: { 'serin.dev/held': 'true', 'serin.dev/stable': stable, 'serin.dev/last': 'promoted b a a 1' },
      },
      spec: { paused: true },
    });
    const observed = ['get', 'deployment', 'checkout', '-o', 'jsonpath={.status.observedGeneration}'];
    const isNoted = async (): Promise<boolean> => Number((await bench.run(observed)).stdout) > generation;
    await eventually('the write to be noted', isNoted);
    expect(await replicaSets(bench)).toBe(1);
  });

  it('stays held while more templates are applied, and its pause belongs to nobody', async () => {
    const bench = await holdingIn(connections());

    const again = await bench.run(['apply', '-f', '-'], manifest('checkout:3'));

    const { metadata, spec } = await bench.read();
    expect(again).toMatchObject({ code: 0 });
    expect(spec.paused).toBe(true);
    expect(JSON.stringify(metadata.managedFields)).not.toContain('f:paused');
    expect(await replicaSets(bench)).toBe(1);
  });

  it('is held in the midst of a promotion as well', async () => {
    const bench = await holdingIn(connections());
    await lifted(bench);

    const after = await bench.edit(template('checkout:3'));

    expect(after).toMatchObject({ spec: { paused: true }, metadata: { annotations: { 'serin.dev/held': 'true' } } });
  });

  it('rolls where the Deployment was not adopted', async () => {
    const bench = await bound(connections());
    await bench.run(['apply', '-f', '-'], manifest('checkout:1'));
    await bench.complete();

    const after = await bench.edit(template('checkout:2'));

    expect(after.spec).not.toHaveProperty('paused');
    expect(after.metadata.annotations).not.toHaveProperty('serin.dev/held');
  });

  it('rolls where nothing serves', async () => {
    const bench = await adoptedIn(connections());
    await bench.edit({ spec: { replicas: 0 } });

    const after = await bench.edit(template('checkout:2'));

    expect(after.spec).not.toHaveProperty('paused');
  });

  it('leaves a person’s pause to the person, and is held when that is lifted', async () => {
    const bench = await adoptedIn(connections());
    await bench.run(['rollout', 'pause', 'deployment/checkout']);
    const changed = await bench.edit(template('checkout:2'));

    const resumed = await bench.run(['rollout', 'resume', 'deployment/checkout']);

    expect(changed.metadata.annotations).not.toHaveProperty('serin.dev/held');
    expect(resumed).toMatchObject({ code: 0 });
    expect(await bench.seen()).toMatchObject({ paused: true, held: true });
    expect(await replicaSets(bench)).toBe(1);
  });

  it('of kubectl rollout undo is held too, with the marks of now and not of then', async () => {
    const bench = await holdingIn(connections());
    await lifted(bench);
    const { hash: second = '' } = await eventually('the second template', async () => {
      const workload = await bench.complete();
      return workload.images[0] === 'checkout:2' && workload;
    });
    const marks = { 'serin.dev/stable': second, 'serin.dev/last': 'promoted c b b 1', 'serin.dev/phase': 'promoted' };
    await bench.edit({ metadata: { annotations: marks } });
    await bench.complete();

    const undone = await bench.run(['rollout', 'undo', 'deployment/checkout']);

    expect(undone).toMatchObject({ code: 0 });
    expect((await bench.read()).metadata.annotations).toMatchObject({ ...marks, 'serin.dev/held': 'true' });
    expect(await bench.seen()).toMatchObject({ paused: true, held: true, images: ['checkout:1'] });
    expect(second).not.toBe(bench.stable);
  });
});

describe('a held Deployment', () => {
  it('is scaled, labelled and annotated like any other', async () => {
    const bench = await holdingIn(connections());

    const ended = [
      await bench.run(['scale', 'deployment/checkout', '--replicas=3']),
      await bench.run(['label', 'deployment/checkout', 'team=shop']),
      await bench.run(['annotate', 'deployment/checkout', 'serin.dev/bake=5m']),
      await bench.run(['autoscale', 'deployment/checkout', '--min=2', '--max=5']),
      await bench.run(['apply', '-f', '-'], manifest('checkout:2')),
    ];

    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    const grown = await eventually('three pods of stable', async () => {
      const workload = await bench.seen();
      return workload.readyReplicas === 3 && workload;
    });
    expect(grown).toMatchObject({ paused: true, held: true });
    expect(await replicaSets(bench)).toBe(1);
  });

  it('is so at any size as far as asking goes, and asking leaves no trace', async () => {
    const bench = await holdingIn(connections());
    const automatic = async (): Promise<boolean> => bench.holds.isAutomatic(await bench.seen());
    const before = await bench.read();
    const answers = [await automatic()];
    const after = await bench.read();
    await lifted(bench);
    answers.push(await automatic());
    await bench.edit({ spec: { replicas: 0 } });
    answers.push(await automatic());

    expect(answers).toEqual([true, true, true]);
    expect(after).toMatchObject({ metadata: { annotations: before.metadata.annotations }, spec: before.spec });
  });

  it.each<[string, readonly string[], unknown?]>([
    ['kubectl rollout resume', ['rollout', 'resume', 'deployment/checkout']],
    ['kubectl replace', ['replace', '-f', '-'], manifest('checkout:2')],
    ['a manifest with paused: false', ['apply', '-f', '-'], manifest('checkout:2', { spec: { paused: false } })],
    ['taking the mark away', ['annotate', 'deployment/checkout', 'serin.dev/held-']],
    [
      'leaving and going on at once',
      [
        'patch',
        'deployment/checkout',
        '--type=merge',
        '-p',
        '{"metadata":{"annotations":{"serin.dev/canary":null}},"spec":{"paused":null}}',
      ],
    ],
  ])('is not let go by %s', async (_what, args, stdin) => {
    const bench = await holdingIn(connections());

    const ended = await bench.run(args, stdin);

    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).toContain(`serin promote checkout -n ${bench.namespace} --full`);
    expect(await bench.seen()).toMatchObject({ paused: true, held: true });
  });

  it('is let go by Serin', async () => {
    const bench = await holdingIn(connections());

    await lifted(bench);

    expect(await bench.complete()).toMatchObject({ paused: false, held: false });
  });

  it('may be let go by anybody once it asks for no canaries', async () => {
    const bench = await holdingIn(connections());

    const left = await bench.ask({ metadata: { annotations: { 'serin.dev/canary': null } } });
    const resumed = await bench.run(['rollout', 'resume', 'deployment/checkout']);

    expect(left.status).toBe(200);
    expect(resumed).toMatchObject({ code: 0 });
  });
});
