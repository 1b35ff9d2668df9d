// Promotion of a managed Deployment and what may come between: a newer template at the worst moment, and pods that fail where the
// copy's do not. Whatever comes, nothing is served that was not judged.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rolloutsIn } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { expectAsBefore, expectLetGo, expectNotServedEarly, remember, rolloutNumber } from '../support/managed-ends.ts';
import { failedOnTheWay, servedBy } from '../support/managed-measures.ts';
import { type ManagedStory, managedStoryOf } from '../support/managed-story.ts';

/** Pods that take their time, so that a promotion can be met in its midst. */
const slow = { podAnnotations: { 'kwok.serin.dev/ready-after': '5s' } };
const oneStep = { steps: '100', bake: '2s' };

const podList = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
});

/** Lets every pod of the promoted Deployment crash that has not come up before. */
async function breakPodsOf(of: ManagedStory, tag: string): Promise<void> {
  const words = ['get', 'pods', '-l', 'app=checkout,!serin.dev/revision', '-o', 'json'];
  const found = podList.parse(JSON.parse(await of.kubectl(words)));
  const fresh = JSON.parse(await of.kubectl(words)) as { items: { spec: { containers: { image: string }[] } }[] };
  const names = found.items
    .filter((_pod, index) => fresh.items[index]?.spec.containers[0]?.image.endsWith(`:${tag}`))
    .map(({ metadata }) => metadata.name);
  for (const name of names)
    await of.kubectl(['annotate', 'pod', name, 'kwok.serin.dev/fail=crash-loop', '--overwrite']);
}

describe.concurrent('a newer template', () => {
  it('applied during promoting is released with the copy as its stable, never unjudged', async (context) => {
    const pushed = await managedStoryOf(context, 'pushed-promoting', { scene: { replicas: 3 } });
    const before = await remember(pushed);
    await pushed.adopt(oneStep);
    await pushed.apply({ tag: '2', ...slow });
    await rolloutNumber(pushed, 'promoting', 1);

    await pushed.apply({ tag: '3' });
    const end = await rolloutNumber(pushed, 'promoted', 2);

    expect(end.spec['takesOver']).toBeTypeOf('string');
    expect(weightsMoved(end)).toEqual([100]);
    await expectNotServedEarly(pushed, '3', end);
    await expectLetGo(pushed);
    await pushed.apply({ tag: '3' });
    await expectAsBefore(pushed, before);
  });

  it('that is bad, applied during promoting, goes back to the copy; the one after it is promoted', async (context) => {
    const pushed = await managedStoryOf(context, 'pushed-bad', { scene: { replicas: 3 } });
    const before = await remember(pushed);
    await pushed.adopt({ steps: '50,100', bake: '2s' });
    await pushed.apply({ tag: '2', ...slow });
    await rolloutNumber(pushed, 'promoting', 1);

    await pushed.apply({ tag: 'bad' });
    const held = await rolloutNumber(pushed, 'held', 2);
    const failedSoFar = (await servedBy(pushed, 'bad')).requests;
    await pushed.apply({ tag: '3' });
    const end = await rolloutNumber(pushed, 'promoted', 3);

    expect(held.status.cause).toBe('gate');
    await expectNotServedEarly(pushed, 'bad', held);
    await expectNotServedEarly(pushed, '3', end);
    expect((await servedBy(pushed, 'bad')).requests).toBe(failedSoFar);
    await expectLetGo(pushed);
    await expectAsBefore(pushed, before);
  });

  it('applied during finalizing waits for the end of this promotion', async (context) => {
    const pushed = await managedStoryOf(context, 'pushed-finalizing');
    const before = await remember(pushed);
    await pushed.adopt({ steps: '50,100', bake: '3s' });
    await pushed.setImage('2');
    await rolloutNumber(pushed, 'finalizing', 1);

    await pushed.setImage('bad');
    const end = await rolloutNumber(pushed, 'rolledBack', 2);
    const [first] = await rolloutsIn(pushed.api, pushed.namespace);

    expect(first?.status.phase).toBe('promoted');
    expect(end.status.cause).toBe('gate');
    await expectNotServedEarly(pushed, 'bad', end);
    await expectAsBefore(pushed, before);
  });
});

describe.concurrent('a promotion that gets stuck', () => {
  it('because its pods crash is held on the copy, and the template that mends it is promoted', async (context) => {
    const stuck = await managedStoryOf(context, 'stuck-pods');
    const before = await remember(stuck);
    await stuck.adopt(oneStep);
    await stuck.apply({ tag: '2', ...slow });
    await rolloutNumber(stuck, 'promoting', 1);
    await eventually('the promotion to be stuck', async () => {
      await breakPodsOf(stuck, '2');
      return (await stuck.rollout())?.status.phase === 'held';
    });
    const held = await rolloutNumber(stuck, 'held', 1);

    await stuck.apply({ tag: '3' });
    const end = await rolloutNumber(stuck, 'promoted', 2);

    expect(held.status.message).toContain('serin retry');
    expect(held.status.conditions.find(({ type }) => type === 'Stalled')?.status).toBe('True');
    expect(end.spec['takesOver']).toBe(held.metadata.name);
    await expectNotServedEarly(stuck, '3', end);
    await expectLetGo(stuck);
    await expectAsBefore(stuck, before);
  });

  it('because requests to its pods fail is put back on the copy in one write, and goes on when it is retried', async (context) => {
    const sick = await managedStoryOf(context, 'stuck-requests');
    const before = await remember(sick);
    await sick.adopt({ steps: '50,100', bake: '3s' });
    await sick.setImage('2');
    await rolloutNumber(sick, 'promoting', 1);
    await sick.mesh.putBehaviour(sick.namespace, 'checkout', { kind: '5xx', rate: 0.5 });

    const held = await rolloutNumber(sick, 'held', 1, 60_000);
    await sick.mesh.deleteBehaviour(sick.namespace, 'checkout');
    const retried = await sick.serin('retry', 'deployment/checkout');
    const end = await rolloutNumber(sick, 'promoted', 1);

    expect(held.status.reason).toBe('PromotedPodsFailing');
    expect(retried.code).toBe(0);
    expect(end.metadata.name).toBe(held.metadata.name);
    expect(await failedOnTheWay(sick)).toEqual({});
    await expectLetGo(sick);
    await expectAsBefore(sick, before);
  });
});
