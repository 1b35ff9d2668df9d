// Managed rollouts over every kind of routing: what is found, split, made and put back, and that nobody meets a canary beside its weight.
import { describe, expect, it } from 'vitest';
import { publicHostOf } from '../../tools/scene/managed-routes.ts';
import type { Cleanup } from '../support/cleanup.ts';
import { weightsMoved } from '../support/history.ts';
import { expectAsBefore, expectLetGo, expectNotServedEarly, remember } from '../support/managed-ends.ts';
import { afterRequests, failedOnTheWay, madeBySerin, servedBy } from '../support/managed-measures.ts';
import { type ManagedStory, type ManagedStoryOptions, managedStoryOf } from '../support/managed-story.ts';

const patient = { bake: '10m', 'max-bake': '20m' };

/** A good release from its beginning to its promotion. */
async function promoted(of: ManagedStory): Promise<void> {
  const before = await remember(of);
  await of.adopt();
  await of.setImage('2');
  const end = await of.reaches('promoted', 200_000);
  expect(weightsMoved(end)).toEqual([50, 100]);
  await expectLetGo(of);
  await expectAsBefore(of, before);
  await expectNotServedEarly(of, '2', end);
}

async function storyOver(
  context: Cleanup,
  routing: NonNullable<NonNullable<ManagedStoryOptions['scene']>['routing']>,
  options: ManagedStoryOptions = {},
): Promise<ManagedStory> {
  return managedStoryOf(context, `routes-${routing}`, { ...options, scene: { ...options.scene, routing } });
}

describe.concurrent('a managed rollout is promoted', () => {
  it('without any VirtualService: Serin makes one and takes it away', async (context) => {
    const none = await storyOver(context, 'none');

    await promoted(none);
  });

  it('over a subset of the user’s, whose policy its own subsets carry', async (context) => {
    const subset = await storyOver(context, 'subset');

    await promoted(subset);
  });

  it('over a delegate, without touching the root', async (context) => {
    const delegate = await storyOver(context, 'delegate');

    await promoted(delegate);
  });

  it('for clients of a gateway and of the mesh at once', async (context) => {
    const gateway = await storyOver(context, 'gateway');
    await gateway.mesh.putLoad(gateway.namespace, 'public', {
      host: publicHostOf(gateway.namespace),
      gateway: 'public',
      port: 80,
      rps: 50,
      clientWorkload: 'ingress',
    });
    context.onTestFinished(() => gateway.mesh.deleteLoad(gateway.namespace, 'public'));

    await promoted(gateway);
  });

  it('for clients of a VirtualService in another namespace, too', async (context) => {
    const edge = await storyOver(context, 'second-namespace');
    const there = `${edge.namespace}-edge`;
    await edge.mesh.putLoad(there, 'public', {
      host: publicHostOf(edge.namespace),
      port: 80,
      rps: 50,
      clientWorkload: 'edge',
    });
    context.onTestFinished(() => edge.mesh.deleteLoad(there, 'public'));

    await promoted(edge);
  });

  it('behind two Services, of which one had no route', async (context) => {
    const two = await storyOver(context, 'two-services');
    await two.mesh.putLoad(two.namespace, 'internal', { host: 'checkout-internal', rps: 50, clientWorkload: 'batch' });
    context.onTestFinished(() => two.mesh.deleteLoad(two.namespace, 'internal'));

    await promoted(two);
  });

  it('in one step, as blue and green, with the copy at full size first', async (context) => {
    const blueGreen = await managedStoryOf(context, 'blue-green', { scene: { replicas: 4 } });
    const before = await remember(blueGreen);
    // In a plan of one step stable is known from before alone.
    await afterRequests(blueGreen, 500);
    await blueGreen.adopt({ steps: '100', bake: '6s' });
    await blueGreen.setImage('2');
    await blueGreen.reaches('baking');
    const size = 'jsonpath={.items[0].status.readyReplicas}';
    const ready = await blueGreen.kubectl(['get', 'deploy', '-l', 'app.kubernetes.io/managed-by=serin', '-o', size]);

    const end = await blueGreen.reaches('promoted', 200_000);

    expect(ready).toBe('4');
    expect(weightsMoved(end)).toEqual([100]);
    await expectLetGo(blueGreen);
    await expectAsBefore(blueGreen, before);
  });
});

describe.concurrent('testers', () => {
  it('see the canary as long as it has a weight, and nobody else does more than that', async (context) => {
    const tested = await managedStoryOf(context, 'testers');
    const before = await remember(tested);
    await tested.mesh.putLoad(tested.namespace, 'testers', {
      host: 'checkout',
      rps: 20,
      clientWorkload: 'tester',
      headers: { 'x-canary': 'true' },
    });
    context.onTestFinished(() => tested.mesh.deleteLoad(tested.namespace, 'testers'));
    await tested.adopt({ ...patient, steps: '1,100', testers: 'x-canary: true' });
    await tested.setImage('2');
    await tested.reaches('baking');

    await tested.mesh.resetCounts(tested.namespace);
    await afterRequests(tested, 1_000);
    const counts = await tested.mesh.counts(tested.namespace);
    await tested.serin('abort', 'checkout');
    await tested.reaches('rolledBack');

    const testers = counts.filter(({ load }) => load === 'testers');
    const others = counts.filter(({ load, image }) => load === 'visitors' && image.endsWith(':2'));
    expect(testers.length).toBeGreaterThan(0);
    expect(testers.every(({ image }) => image.endsWith(':2'))).toBe(true);
    expect(others.reduce((sum, { requests }) => sum + requests, 0)).toBeLessThan(100);
    await expectAsBefore(tested, before);
  });
});

describe.concurrent('a managed rollout waits, with the sentence,', () => {
  it('where a fault on the route would be taken for the canary’s', async (context) => {
    const faulty = await managedStoryOf(context, 'route-fault');
    const before = await remember(faulty);
    const fault = { abort: { percentage: { value: 0.1 }, httpStatus: 500 } };
    await faulty.kubectl([
      'patch',
      'virtualservice',
      'checkout',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'add', path: '/spec/http/0/fault', value: fault }]),
    ]);
    await faulty.adopt();
    await faulty.setImage('2');

    const waiting = await faulty.until('the reason', ({ status }) => status.reason === 'FaultOnRoute');
    const made = await madeBySerin(faulty);
    await faulty.kubectl([
      'patch',
      'virtualservice',
      'checkout',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'remove', path: '/spec/http/0/fault' }]),
    ]);
    await faulty.reaches('promoted', 200_000);

    expect(waiting.status.phase).toBe('pending');
    expect(made).toEqual([]);
    await expectLetGo(faulty);
    await expectAsBefore(faulty, before);
  });

  it('where clients outside the mesh would meet the canary beside its weight', async (context) => {
    const unmeshed = await managedStoryOf(context, 'unmeshed');
    await unmeshed.mesh.putLoad(unmeshed.namespace, 'outside', {
      host: 'checkout',
      rps: 20,
      clientWorkload: 'legacy',
      meshed: false,
    });
    context.onTestFinished(() => unmeshed.mesh.deleteLoad(unmeshed.namespace, 'outside'));
    await unmeshed.adopt();
    await afterRequests(unmeshed, 1_000);
    await unmeshed.setImage('2');

    const waiting = await unmeshed.until('the reason', ({ status }) => status.reason === 'UnmeshedClients');
    const servedBefore = (await servedBy(unmeshed, '2')).requests;
    await unmeshed.annotate('checkout', { 'serin.dev/max-unmeshed': '50%' });
    await unmeshed.reaches('promoted', 200_000);

    expect(waiting.status.message).toContain('max-unmeshed');
    expect(servedBefore).toBe(0);
    // Clients outside the mesh go by endpoints, and learn late of pods that are gone; no weight can spare them that.
    expect(await failedOnTheWay(unmeshed, 'visitors')).toEqual({});
  });
});
