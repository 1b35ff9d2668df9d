// A cluster without the policies that hold template changes, as before Kubernetes 1.36: the Deployment is paused at rest instead. On a
// stack of its own, because policies are the cluster's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../../tools/scene/managed.ts';
import type { Stack } from '../../tools/stack/description.ts';
import { startStack } from '../../tools/stack/stack.ts';
import type { Cleanup } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { expectAsBefore, expectHeld, expectNotServedEarly, remember } from '../support/managed-ends.ts';
import { afterRequests, podUids, servedBy } from '../support/managed-measures.ts';
import { type ManagedStory, type ManagedStoryOptions, managedStoryOf } from '../support/managed-story.ts';

let running: Stack | undefined;

beforeAll(async () => {
  running = await startStack();
}, 120_000);

afterAll(async () => {
  await running?.stop();
});

function storyHere(context: Cleanup, name: string, options: ManagedStoryOptions = {}): Promise<ManagedStory> {
  if (running === undefined) throw new Error('There is no stack.');
  return managedStoryOf(context, name, { ...options, stack: running, policies: false });
}

async function untilHeld(of: ManagedStory): Promise<void> {
  await eventually('the Deployment to be paused', async () => {
    const { spec, metadata } = await of.deployment();
    return spec.paused && metadata.annotations['serin.dev/held'] !== undefined;
  });
}

describe.concurrent('without the policies a Deployment', () => {
  it('is paused at rest, released and promoted, and paused again', async (context) => {
    const good = await storyHere(context, 'fallback-good');
    const before = await remember(good);
    const pods = await podUids(good);
    await good.adopt();
    await untilHeld(good);
    const rested = await good.rolloutStatus(5);

    await good.setImage('2');
    const waiting = good.rolloutStatus(200);
    const end = await good.reaches('promoted', 200_000);
    const waited = await waiting;

    expect([rested.code, waited.code]).toEqual([0, 0]);
    expect(weightsMoved(end)).toEqual([50, 100]);
    expect(await podUids(good)).not.toEqual(pods);
    await untilHeld(good);
    await expectAsBefore(good, before);
    await expectNotServedEarly(good, '2', end);
  });

  it('stays paused when its new version is rejected, and when the running one is put back', async (context) => {
    const bad = await storyHere(context, 'fallback-bad');
    const before = await remember(bad);
    const pods = await podUids(bad);
    await bad.adopt();
    await untilHeld(bad);

    await bad.setImage('bad');
    const end = await bad.reaches('rolledBack', 200_000);
    await expectHeld(bad);
    await bad.setImage('1');
    await eventually('kubectl to take it for rolled out', async () => isRolledOut(await bad.rolloutStatus(3)));

    expect(end.status.cause).toBe('gate');
    expect(await podUids(bad)).toEqual(pods);
    await untilHeld(bad);
    await expectAsBefore(bad, before);
  });

  it('whose pause somebody lifts is paused again, and what slipped through is not served', async (context) => {
    const lifted = await slipped(context, 'fallback-lifted');

    await afterRequests(lifted, 500);

    expect((await servedBy(lifted, '2')).requests).toBeGreaterThan(0);
    expect(await unjudged(lifted)).toBe(0);
  });

  it('whose pause somebody lifts does not serve what slipped through after an abort either', async (context) => {
    const lifted = await slipped(context, 'fallback-slipped');

    await lifted.serin('abort', 'checkout');
    await eventually('the way back', async () => {
      const { phase, conditions } = (await lifted.rollout())?.status ?? { phase: '', conditions: [] };
      return phase === 'rolledBack' || conditions.some(({ type, status }) => type === 'Stalled' && status === 'True');
    });
    await afterRequests(lifted, 500);

    expect(await unjudged(lifted)).toBe(0);
  });
});

function isRolledOut({ code, stderr }: { readonly code: number; readonly stderr: string }): true {
  if (code !== 0) throw new Error(stderr);
  return true;
}

/** A rollout that bakes, and a Deployment under it that was resumed by somebody for a moment. */
async function slipped(context: Cleanup, name: string): Promise<ManagedStory> {
  const lifted = await storyHere(context, name, { scene: { replicas: 4 } });
  await lifted.adopt({ bake: '10m', 'max-bake': '20m' });
  await untilHeld(lifted);
  await lifted.apply({ tag: '2', podAnnotations: { 'kwok.serin.dev/ready-after': '2s' } });
  await lifted.reaches('baking');
  await lifted.kubectl(['rollout', 'resume', 'deployment/checkout']);
  const said = async (): Promise<boolean> => (await lifted.events()).some((each) => each.startsWith('PausePutBack'));
  await eventually('it to be said', said);
  await untilHeld(lifted);
  const ready = 'app=checkout,!serin.dev/revision';
  await eventually('a pod to have slipped through', async () => (await podUids(lifted, ready)).length > 4);
  return lifted;
}

/** Requests that pods of the Deployment itself were sent although their template was not judged. */
async function unjudged({ mesh, namespace }: ManagedStory): Promise<number> {
  const counts = (await mesh.counts(namespace)).filter(
    ({ workload, image }) => workload === 'checkout' && image === imageOf('2'),
  );
  return counts.reduce((sum, { requests }) => sum + requests, 0);
}
