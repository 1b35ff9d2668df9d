// What others do around a managed rollout while it is under way: a VirtualService that comes, and DestinationRules of Serin that go.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { publicHostOf } from '../../tools/scene/managed-routes.ts';
import { patientMs } from '../support/eventually.ts';
import { expectAsBefore, expectLetGo, remember } from '../support/managed-ends.ts';
import { afterRequests, failedOnTheWay, requestsOf } from '../support/managed-measures.ts';
import { type ManagedStory, managedStoryOf } from '../support/managed-story.ts';

const list = z.object({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });

async function rulesOf(of: ManagedStory): Promise<readonly string[]> {
  const rules = list.parse(JSON.parse(await of.kubectl(['get', 'destinationrules', '-o', 'json'])));
  return rules.items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('serin-'));
}

describe.concurrent('in the middle of a managed rollout', () => {
  it('a VirtualService that leads to the Deployment comes: it is split, said, and given back as it was written', async (context) => {
    const story = await managedStoryOf(context, 'late-route');
    await story.adopt({ steps: '20,100', bake: '10m', 'max-bake': '20m' });
    await story.setImage('2');
    await story.reaches('baking');
    const late = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'late', namespace: story.namespace },
      spec: {
        hosts: [publicHostOf(story.namespace)],
        gateways: ['public'],
        http: [{ route: [{ destination: { host: 'checkout' } }] }],
      },
    };
    await story.kubectl(['apply', '-f', '-'], JSON.stringify(late));
    const before = await remember(story);

    await story.until('the route to be split', ({ status }) => JSON.stringify(status).includes('/late'));
    await story.serin('promote', 'checkout', '--full');
    await story.reaches('promoted');

    const after = await remember(story);
    const lateKey = Object.keys(before).find((key) => key.includes('late')) ?? 'no late route was seen';
    expect((await story.events()).filter((event) => event.startsWith('RouteAdded: '))).not.toEqual([]);
    expect(after[lateKey]).toEqual(before[lateKey]);
    await expectLetGo(story);
  });

  it('the DestinationRules of Serin are deleted: they are there again in seconds, and the rollout is promoted', async (context) => {
    const story = await managedStoryOf(context, 'lost-rules');
    const before = await remember(story);
    await story.adopt({ steps: '50,100', bake: '10m', 'max-bake': '20m' });
    await story.setImage('2');
    await story.reaches('baking');
    const rules = await rulesOf(story);

    await story.kubectl(['delete', 'destinationrule', ...rules, '--wait=false']);
    await expect.poll(() => rulesOf(story), { timeout: patientMs, interval: 250 }).toEqual(rules);
    await afterRequests(story, 200);
    const failed = Object.values(await failedOnTheWay(story)).reduce((sum, count) => sum + count, 0);
    const all = await requestsOf(story);
    await story.mesh.resetCounts(story.namespace);
    await story.serin('promote', 'checkout', '--full');
    await story.reaches('promoted');

    console.info(`lost-rules: ${failed} of ${all} requests met no subset until the rules were there again`);
    expect((await story.events()).filter((event) => event.startsWith('SubsetsRestored: '))).not.toEqual([]);
    await expectLetGo(story);
    await expectAsBefore(story, before);
  });
});
