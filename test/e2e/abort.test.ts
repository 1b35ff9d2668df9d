// Back to stable on a person's word, from every phase, with as little in working order as there may be.
import { describe, expect, it } from 'vitest';
import { testRedis } from '../contract/wake-queue-redis.ts';
import { deploymentPath, rolloutPath, virtualServicePath } from '../support/api.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { rolledBackFrom } from '../support/history.ts';
import { meshPrometheus } from '../support/mesh-prometheus.ts';
import type { Story } from '../support/story.ts';
import { virtualServicesPath, type Watching, watch, weightsOverTime, weightsTold } from '../support/watching.ts';

const patient = { steps: '10,50,100', bake: '10m', 'max-bake': '20m' };
const slowly = { settle: '20s' };

/** Stable alone, and nothing of Serin's in the user's objects. */
async function expectNothingLeft(of: Story): Promise<void> {
  await eventually('the route to be the user’s own again', async () => {
    const { metadata } = await of.routes();
    const owned = metadata.managedFields.some(({ manager }) => manager === 'serin');
    return !owned && metadata.annotations['serin.dev/claim'] === undefined;
  });
  expect(await of.weights()).toEqual([100, 0]);
}

/** Promotes by hand until the step is entered in the phase. */
async function goTo(of: Story, phase: 'shifting' | 'baking', step: number): Promise<void> {
  for (let before = 0; before < step; before += 1) {
    await of.until(`step ${before + 1} to bake`, ({ status }) => status.step === before && status.phase === 'baking');
    await of.serin('promote', 'reviews-v2', '--step', String(before + 1));
  }
  await of.until(`step ${step + 1} to be ${phase}`, ({ status }) => status.step === step && status.phase === phase);
}

async function abort(of: Story): Promise<void> {
  const outcome = await of.serin('abort', 'deployment/reviews-v2', '--reason', 'a test');
  expect(outcome).toMatchObject({ code: 0 });
}

describe.concurrent('serin abort', () => {
  it('ends a rollout that is pending, and writes nothing to the route', async (context) => {
    const pending = await storyOf(context, 'abort-pending');
    await pending.kubectl(['patch', 'virtualservice', 'reviews', '--type=json', '-p', plainHost]);
    await pending.release(patient);
    await pending.until('the reason to wait', ({ status }) => status.reason === 'PlainHostRoute');

    await abort(pending);
    const end = await pending.reaches('rolledBack');

    expect(rolledBackFrom(end)).toBe('pending 0');
    expect((await pending.routes()).metadata.annotations['serin.dev/claim']).toBeUndefined();
  });

  it('ends a rollout that is preparing', async (context) => {
    const preparing = await storyOf(context, 'abort-preparing');
    await preparing.kubectl(['scale', 'deployment/reviews-v2', '--replicas=0']);
    await preparing.release(patient);
    await preparing.reaches('preparing');

    await abort(preparing);
    const end = await preparing.reaches('rolledBack');

    expect(rolledBackFrom(end)).toBe('preparing 0');
    await expectNothingLeft(preparing);
  });

  it.for([0, 1, 2])('ends a rollout that is baking at step %i', async (step, context) => {
    const baking = await storyOf(context, `abort-baking-${step}`);
    await baking.release(patient);
    await goTo(baking, 'baking', step);

    await abort(baking);
    const end = await baking.reaches('rolledBack');

    expect(rolledBackFrom(end)).toBe(`baking ${step}`);
    expect(end.status.cause).toBe('person');
    await expectNothingLeft(baking);
  });

  it.for([0, 1])('ends a rollout that is shifting at step %i', async (step, context) => {
    const shifting = await storyOf(context, `abort-shifting-${step}`, { controller: slowly });
    await shifting.release(patient);
    await goTo(shifting, 'shifting', step);

    await abort(shifting);
    const end = await shifting.reaches('rolledBack');

    expect(rolledBackFrom(end)).toBe(`shifting ${step}`);
    await expectNothingLeft(shifting);
  });

  it('needs neither Redis nor Prometheus', async (context) => {
    const redis = await testRedis();
    await redis.start();
    context.onTestFinished(() => redis.kill());
    const prometheus = await meshPrometheus(context);
    const deserted = await storyOf(context, 'abort-deserted', {
      controller: { redisUrl: redis.url, prometheusUrl: prometheus.url },
    });
    await deserted.release(patient);
    await deserted.reaches('baking');
    await redis.kill();
    await prometheus.stop();

    await abort(deserted);
    const end = await deserted.reaches('rolledBack');

    expect(end.status.cause).toBe('person');
    await expectNothingLeft(deserted);
  });

  it('is refused after the promotion, with the way back', async (context) => {
    const late = await storyOf(context, 'abort-late');
    await late.release({ steps: '50,100' });
    await late.reaches('promoted');

    const outcome = await late.serin('abort', 'reviews-v2');

    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain(
      `kubectl annotate deployment/reviews-v1 -n ${late.namespace} serin.dev/canary-of=reviews-v2`,
    );
    expect(await late.weights()).toEqual([0, 100]);
  });

  it('is answered after a rollback with what happened', async (context) => {
    const twice = await storyOf(context, 'abort-twice');
    await twice.release(patient);
    await twice.reaches('baking');
    await abort(twice);
    await twice.reaches('rolledBack');

    const again = await twice.serin('abort', 'reviews-v2');

    expect(again.code).toBe(0);
    expect(again.stdout).toContain('rolled back already');
  });
});

const plainHost = JSON.stringify([
  { op: 'replace', path: '/spec/http/0/route', value: [{ destination: { host: 'reviews' } }] },
]);

interface Restored {
  readonly story: Story;
  readonly routes: Watching;
  readonly rollouts: Watching;
  /** The name of the rollout that stands at weight 50. */
  readonly name: string;
}

/** A story that stands at weight 50, and is watched. */
async function atFifty(context: Cleanup, name: string): Promise<Restored> {
  const story = await storyOf(context, name);
  const routes = await watch(story.api, virtualServicesPath(story.namespace));
  context.onTestFinished(() => routes.stop());
  const rollouts = await watch(story.api, rolloutPath(story.namespace, '').slice(0, -1));
  context.onTestFinished(() => rollouts.stop());
  await story.release({ ...patient, steps: '50,100' });
  const { metadata } = await story.reaches('baking');
  return { story, routes, rollouts, name: metadata.name };
}

/** The cluster's number of the moment at which the rollout was gone. */
async function goneAt({ rollouts, name }: Restored): Promise<number> {
  const gone = await eventually(`the rollout ${name} to be gone`, async () =>
    rollouts.events().find((event) => event.type === 'DELETED' && event.name === name),
  );
  return gone.version;
}

/** The cluster's number of the moment at which the route was stable's alone again. */
function restoredAt({ routes }: Restored): number {
  const [, fifty, restored] = weightsOverTime(routes);
  expect(fifty?.weights).toEqual([50, 50]);
  expect(restored?.weights).toEqual([100, 0]);
  return restored?.version ?? Number.POSITIVE_INFINITY;
}

describe.concurrent('the route is restored first', () => {
  it('when the CanaryRollout is deleted at weight 50', async (context) => {
    const restored = await atFifty(context, 'delete-rollout');
    const { story, name } = restored;

    await story.api.remove(rolloutPath(story.namespace, name));

    expect(await goneAt(restored)).toBeGreaterThan(restoredAt(restored));
    await expectNothingLeft(story);
  });

  it('when the Deployment is deleted at weight 50', async (context) => {
    const restored = await atFifty(context, 'delete-target');
    const { story } = restored;

    await story.api.remove(`${deploymentPath(story.namespace, 'reviews-v2')}?propagationPolicy=Background`);

    expect(await goneAt(restored)).toBeGreaterThan(restoredAt(restored));
    await expectNothingLeft(story);
  });

  it('when the annotation is removed at weight 50', async (context) => {
    const restored = await atFifty(context, 'remove-annotation');
    const { story } = restored;

    await story.annotate('reviews-v2', { 'serin.dev/canary-of': null });
    const end = await story.reaches('rolledBack');

    expect(end.status.cause).toBe('person');
    expect(weightsTold(restored.routes)).toEqual(['100/0', '50/50', '100/0']);
    await expectNothingLeft(story);
  });

  it('and a rollout whose route was deleted under it ends all the same', async (context) => {
    const { story, name } = await atFifty(context, 'delete-route');
    await story.api.remove(virtualServicePath(story.namespace));
    await story.until('the sentence', ({ status }) => status.reason === 'RouteGone');

    await story.api.remove(rolloutPath(story.namespace, name));

    await eventually('the rollout to be gone', async () => (await story.rollout()) === undefined);
  });
});
