// Input that cannot be followed: a sentence where its owner looks, traffic where it was, and a start as soon as it is corrected.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deploymentPath, type SeenRollout, virtualServicePath } from '../support/api.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import type { Story } from '../support/story.ts';
import { virtualServicesPath, watch, weightsTold } from '../support/watching.ts';

const deploymentSchema = z.looseObject({
  status: z.looseObject({
    conditions: z
      .array(z.looseObject({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() }))
      .default([]),
  }),
});

type Condition = z.output<typeof deploymentSchema>['status']['conditions'][number];

async function acceptance({ api, namespace }: Story, name: string): Promise<Condition | undefined> {
  const { status } = deploymentSchema.parse(await api.get(deploymentPath(namespace, name)));
  return status.conditions.find(({ type }) => type === 'serin.dev/CanaryAccepted');
}

/** Waits for the condition and the Event that refuse what is asked for, and gives the condition. */
async function refusal(of: Story, name = 'reviews-v2'): Promise<Condition> {
  const refused = await eventually(`${name} to be refused`, async () => {
    const condition = await acceptance(of, name);
    return condition?.status === 'False' && condition;
  });
  await eventually('an Event with the same sentence', async () =>
    (await of.events()).includes(`${refused.reason}: ${refused.message}`),
  );
  return refused;
}

/** Waits until the rollout is held in pending for the reason, with an Event that says so, and gives it. */
async function heldPending(of: Story, reason: string): Promise<SeenRollout> {
  const held = await of.until(`the rollout to be held by ${reason}`, ({ status }) =>
    status.conditions.some(
      (condition) => condition.type === 'Stalled' && condition.status === 'True' && condition.reason === reason,
    ),
  );
  await eventually('an Event with the same sentence', async () =>
    (await of.events()).includes(`${reason}: ${held.status.message}`),
  );
  expect(held.status.phase).toBe('pending');
  return held;
}

interface Untouched {
  readonly story: Story;
  /** Waits until the rollout has started; expects that the user's weights stood until then. */
  readonly expectStart: (weights?: readonly string[]) => Promise<void>;
}

/** A story whose weights are watched. */
async function untouched(context: Cleanup, name: string): Promise<Untouched> {
  const story = await storyOf(context, name, { rps: 20 });
  const watching = await watch(story.api, virtualServicesPath(story.namespace));
  context.onTestFinished(() => watching.stop());
  return {
    story,
    expectStart: async (weights = ['100/0']) => {
      await story.until('the start', ({ status }) => status.history.some(({ phase }) => phase === 'preparing'));
      expect(weightsTold(watching).slice(0, weights.length)).toEqual(weights);
      expect(weightsTold(watching).slice(weights.length)).toEqual(
        weightsTold(watching).length > weights.length ? ['90/10'] : [],
      );
    },
  };
}

const patient = { bake: '10m', 'max-bake': '20m' };

const wrongAnnotations = [
  {
    what: 'a key that Serin does not know',
    key: 'max-bakes',
    value: '5m',
    sentence: 'serin.dev/max-bakes is not a setting of Serin. Did you mean serin.dev/max-bake?',
    right: null,
  },
  {
    what: 'steps that do not rise',
    key: 'steps',
    value: '10,50,25,100',
    sentence: 'serin.dev/steps is "10,50,25,100", where 25 does not rise above 50.',
    right: '10,25,50,100',
  },
  {
    what: 'a canary of itself',
    key: 'canary-of',
    value: 'reviews-v2',
    sentence: 'serin.dev/canary-of is "reviews-v2", the Deployment itself. Name the Deployment that serves now.',
    right: 'reviews-v1',
  },
  {
    what: 'a Deployment that does not exist',
    key: 'canary-of',
    value: 'reviews-v0',
    sentence: 'serin.dev/canary-of is "reviews-v0", but namespace',
    right: 'reviews-v1',
  },
];

describe.concurrent('an annotation that cannot be followed', () => {
  it.for(wrongAnnotations)('$what is refused in a sentence, and corrected it starts', async (wrong, context) => {
    const { story, expectStart } = await untouched(context, 'wrong');
    await story.release({ ...patient, [wrong.key]: wrong.value });

    const refused = await refusal(story);
    const before = await story.rollout();
    await story.annotate('reviews-v2', { [`serin.dev/${wrong.key}`]: wrong.right });

    expect(refused.message).toContain(wrong.sentence);
    expect(before).toBeUndefined();
    await expectStart();
    await eventually(
      'the condition to be taken back',
      async () => (await acceptance(story, 'reviews-v2'))?.status === 'True',
    );
  });

  it('a missing stable Deployment is refused until it is there', async (context) => {
    const { story, expectStart } = await untouched(context, 'missing');
    const stable = await story.kubectl(['get', 'deployment', 'reviews-v1', '-o', 'json']);
    await story.kubectl(['delete', 'deployment', 'reviews-v1']);
    await story.release(patient);

    const refused = await refusal(story);
    await story.kubectl(['create', '-f', '-'], withoutVersion(stable));

    expect(refused.reason).toBe('NoSuchDeployment');
    await expectStart();
  });
});

function withoutVersion(object: string): string {
  const {
    metadata,
    status: _,
    ...rest
  } = z
    .looseObject({
      metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
      status: z.unknown().optional(),
    })
    .parse(JSON.parse(object));
  return JSON.stringify({ ...rest, metadata: { name: metadata.name, namespace: metadata.namespace } });
}

const [v1, v2] = ['v1', 'v2'].map((subset) => ({ host: 'reviews', subset }));
const pair = [
  { destination: v1, weight: 100 },
  { destination: v2, weight: 0 },
];

async function setRoutes({ api, namespace }: Story, http: readonly unknown[]): Promise<void> {
  await api.patch(virtualServicePath(namespace), { spec: { http } });
}

describe.concurrent('a route that cannot carry a rollout', () => {
  it('that is not there holds the rollout until there is one', async (context) => {
    const { story } = await untouched(context, 'no-route');
    const route = await story.kubectl(['get', 'virtualservice', 'reviews', '-o', 'json']);
    await story.kubectl(['delete', 'virtualservice', 'reviews']);
    await story.release(patient);

    const held = await heldPending(story, 'NoVirtualService');
    await story.kubectl(['create', '-f', '-'], withoutVersion(route));

    expect(held.status.message).toContain(`Namespace ${story.namespace} has no VirtualService`);
    await story.until('the start', ({ status }) => status.history.some(({ phase }) => phase === 'preparing'));
  });

  it('that leads to the plain host is answered with the lines to add', async (context) => {
    const { story, expectStart } = await untouched(context, 'plain-host');
    await setRoutes(story, [{ name: 'all', route: [{ destination: { host: 'reviews' } }] }]);
    await story.release(patient);

    const held = await heldPending(story, 'PlainHostRoute');
    await setRoutes(story, [{ name: 'all', route: pair }]);

    expect(held.status.message).toContain('subset: v2');
    await expectStart(['100/0', '-/-', '100/0']);
  });

  it('of which there are two is to be chosen by its name', async (context) => {
    const { story, expectStart } = await untouched(context, 'two-routes');
    const beta = { name: 'beta', match: [{ uri: { prefix: '/beta' } }], route: pair };
    await setRoutes(story, [beta, { name: 'all', route: pair }]);
    await story.release(patient);

    const held = await heldPending(story, 'AmbiguousRoute');
    await story.annotate('reviews-v2', { 'serin.dev/route': 'beta' });

    expect(held.status.message).toContain('2 routes lead to both reviews-v1 and reviews-v2');
    expect(held.status.message).toContain('serin.dev/route=beta');
    await expectStart();
  });

  it('where stable has no traffic says so with both weights', async (context) => {
    const { story, expectStart } = await untouched(context, 'reversed');
    await setRoutes(story, [
      {
        name: 'all',
        route: [
          { destination: v1, weight: 0 },
          { destination: v2, weight: 100 },
        ],
      },
    ]);
    await story.release(patient);

    const held = await heldPending(story, 'StableWithoutTraffic');
    await setRoutes(story, [{ name: 'all', route: pair }]);

    expect(held.status.message).toContain('reviews/v1 weight 0 and reviews/v2 weight 100');
    await expectStart(['100/0', '0/100', '100/0']);
  });
});
