// The scenes that managed rollouts are played on: every routing carries its visitors before anybody releases anything, and the mesh
// follows routes, subsets and endpoints each at its own pace.
import { describe, expect, it } from 'vitest';
import { publicHostOf } from '../../tools/scene/managed-routes.ts';
import { eventually } from '../support/eventually.ts';
import { afterRequests, failedOnTheWay, servedBy } from '../support/managed-measures.ts';
import { managedStoryOf } from '../support/managed-story.ts';

const visitors = {
  mesh: { host: 'checkout' },
  gateway: { gateway: 'public', port: 80 },
} as const;

describe.concurrent('a scene without a controller', () => {
  it.for([
    ['none', visitors.mesh],
    ['plain', visitors.mesh],
    ['subset', visitors.mesh],
    ['delegate', visitors.mesh],
    ['two-services', { host: 'checkout-internal' }],
    ['gateway', visitors.gateway],
  ] as const)('with routing %s serves everybody', async ([routing, load], context) => {
    const served = await managedStoryOf(context, `scene-${routing}`, { controller: false, load, scene: { routing } });

    await eventually('200 requests to the version', async () => (await servedBy(served, '1')).requests > 200);

    expect(await failedOnTheWay(served)).toEqual({});
  });

  it('with a VirtualService in another namespace serves the clients there', async (context) => {
    const served = await managedStoryOf(context, 'scene-edge', {
      controller: false,
      rps: 0,
      scene: { routing: 'second-namespace' },
    });
    const there = `${served.namespace}-edge`;
    await served.mesh.putLoad(there, 'public', {
      host: publicHostOf(served.namespace),
      port: 80,
      rps: 100,
      clientWorkload: 'edge',
    });
    context.onTestFinished(() => served.mesh.deleteLoad(there, 'public'));

    await afterRequests(served, 200);

    expect(await failedOnTheWay(served)).toEqual({});
  });

  it('whose route names a subset in the moment it is defined meets NC until the subset has arrived', async (context) => {
    const hasty = await managedStoryOf(context, 'scene-hasty', { controller: false });
    await afterRequests(hasty, 200);
    const subset = { name: 'hasty', labels: { app: 'checkout' } };
    const rule = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'hasty' },
      spec: { host: 'checkout', subsets: [subset] },
    };
    const named = [{ op: 'add', path: '/spec/http/0/route/0/destination/subset', value: 'hasty' }];

    await hasty.kubectl(['apply', '-f', '-'], JSON.stringify(rule));
    await hasty.api.patch(`/apis/networking.istio.io/v1/namespaces/${hasty.namespace}/virtualservices/checkout`, named);
    await afterRequests(hasty, 200);

    const { NC = 0, ...others } = await failedOnTheWay(hasty);
    expect(NC).toBeGreaterThan(0);
    expect(others).toEqual({});
  });

  it('tells a version’s requests by its image, and a bad one fails as its image says', async (context) => {
    const rolled = await managedStoryOf(context, 'scene-image', { controller: false });

    await rolled.setImage('bad');
    await rolled.kubectl(['rollout', 'status', 'deployment/checkout', '--timeout=60s']);
    await rolled.mesh.resetCounts(rolled.namespace);
    await afterRequests(rolled, 200);

    const counts = await rolled.mesh.counts(rolled.namespace);
    const failed = counts.filter(({ code }) => code === 500).reduce((sum, { requests }) => sum + requests, 0);
    expect((await servedBy(rolled, 'bad')).requests).toBeGreaterThan(100);
    expect(failed).toBeGreaterThan(20);
  });
});
