// A plain Deployment released by changing it, on the real parts: adopted, a good version promoted, a bad one rolled back.
import { describe, expect, it } from 'vitest';
import { rolloutsIn } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { expectAsBefore, expectHeld, expectLetGo, expectNotServedEarly, remember } from '../support/managed-ends.ts';
import { failedOnTheWay, podUids, requestsOf, servedBy, snapshotOf } from '../support/managed-measures.ts';
import { type ManagedStory, managedStoryOf } from '../support/managed-story.ts';

async function countRollouts({ api, namespace }: ManagedStory): Promise<number> {
  return (await rolloutsIn(api, namespace)).length;
}

async function heard(of: ManagedStory, reason: string): Promise<void> {
  await eventually(`the Event ${reason}`, async () =>
    (await of.events()).some((event) => event.startsWith(`${reason}: `)),
  );
}

describe.concurrent('a Deployment that asks for canaries', () => {
  it('is adopted without touching a pod, and rests like a Deployment without Serin', async (context) => {
    const adopted = await managedStoryOf(context, 'adopt');
    const [pods, objects] = [await podUids(adopted), await snapshotOf(adopted)];

    await adopted.adopt();
    await heard(adopted, 'Adopted');

    expect(await podUids(adopted)).toEqual(pods);
    expect(await snapshotOf(adopted)).toEqual(objects);
    expect((await adopted.deployment()).spec.paused).toBe(false);
    expect((await adopted.rolloutStatus(5)).code).toBe(0);
    expect(await countRollouts(adopted)).toBe(0);
  });

  it('in the midst of a rolling update is adopted when that is done', async (context) => {
    const moving = await managedStoryOf(context, 'adopt-moving', { controller: false });
    await moving.apply({ tag: '2', podAnnotations: { 'kwok.serin.dev/ready-after': '5s' } });
    await moving.startController();

    await moving.adopt();
    await heard(moving, 'Adopted');

    expect((await moving.deployment()).status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
    expect(await countRollouts(moving)).toBe(0);
  });

  it('releases a good version in steps, promotes it, and is as before but for the image', async (context) => {
    const good = await managedStoryOf(context, 'managed-good');
    const before = await remember(good);
    await good.adopt();
    await good.setImage('2');
    const waiting = good.rolloutStatus(200);

    const end = await good.reaches('promoted', 200_000);
    const waited = await waiting;

    expect(weightsMoved(end)).toEqual([50, 100]);
    expect(end.status.history.flatMap(({ warrant }) => warrant ?? [])).toEqual(['start', 'pass', 'pass']);
    expect([waited.code, waited.stderr]).toEqual([0, '']);
    await expectLetGo(good);
    await expectAsBefore(good, before);
    await expectNotServedEarly(good, '2', end);
    const [served, all] = [(await servedBy(good, '2')).requests, await requestsOf(good)];
    console.info(
      `promoted: ${served} of ${all} requests to the new version, ${JSON.stringify(await failedOnTheWay(good))}`,
    );
    expect(served).toBeGreaterThan(0);
  });

  it('rolls a bad version back, stays held, and tries it again only when it is told to', async (context) => {
    const bad = await managedStoryOf(context, 'managed-bad');
    const before = await remember(bad);
    const pods = await podUids(bad);
    await bad.adopt();
    await bad.setImage('bad');
    const waiting = bad.rolloutStatus(200);

    const end = await bad.reaches('rolledBack', 200_000);
    const waited = await waiting;

    expect(end.status.cause).toBe('gate');
    expect(end.status.message).toMatch(/\d+ of \d/);
    expect([waited.code, waited.stderr]).toEqual([1, expect.stringContaining('exceeded its progress deadline')]);
    expect(await podUids(bad, 'app=checkout,!serin.dev/revision')).toEqual(pods);
    await expectHeld(bad);
    await expectAsBefore(bad, before);
    await expectNotServedEarly(bad, 'bad', end);

    await bad.setImage('bad');
    await bad.annotate('checkout', { 'example.org/touched': 'yes' });
    const retried = await bad.serin('retry', 'deployment/checkout');
    const again = await bad.until(
      'the second end',
      ({ spec, status }) => spec.attempt === 2 && status.phase === 'rolledBack',
    );

    expect([retried.code, again.status.cause]).toEqual([0, 'gate']);
    expect(await countRollouts(bad)).toBe(2);

    await bad.setImage('1');
    await expectLetGo(bad);

    expect((await bad.rolloutStatus(10)).code).toBe(0);
    expect(await podUids(bad)).toEqual(pods);
    expect(await countRollouts(bad)).toBe(2);
  });

  it('goes back to stable when a newer version comes, and releases that', async (context) => {
    const newer = await managedStoryOf(context, 'managed-newer');
    const before = await remember(newer);
    await newer.adopt({ bake: '4s' });
    await newer.setImage('2');
    await newer.reaches('baking');

    await newer.setImage('3');
    const end = await newer.until(
      'the third version to be promoted',
      ({ status, metadata }) => status.phase === 'promoted' && metadata.name !== '',
      240_000,
    );
    const [first] = await rolloutsIn(newer.api, newer.namespace);

    expect(first?.status).toMatchObject({ phase: 'rolledBack', cause: 'superseded' });
    expect(weightsMoved(end)).toEqual([50, 100]);
    await expectAsBefore(newer, before);
    await expectNotServedEarly(newer, '3', end);
    expect((await newer.deployment()).spec.template.spec.containers[0]?.image).toContain(':3');
  });

  it('ends the rollout when the template that runs is applied again', async (context) => {
    const taken = await managedStoryOf(context, 'managed-taken-back');
    const before = await remember(taken);
    await taken.adopt({ bake: '10m', 'max-bake': '20m' });
    await taken.setImage('2');
    await taken.reaches('baking');

    await taken.setImage('1');
    const end = await taken.reaches('rolledBack');

    expect(end.status.cause).toBe('superseded');
    await expectLetGo(taken);
    await expectAsBefore(taken, before);
    expect(await countRollouts(taken)).toBe(1);
  });
});
