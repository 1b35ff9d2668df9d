// The way back of a managed rollout, from wherever it stands and whatever sends it: not one request may meet a hole.
import { describe, expect, it } from 'vitest';
import { deploymentPath, rolloutPath } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { rolledBackFrom } from '../support/history.ts';
import { expectAsBefore, expectHeld, expectLetGo, remember } from '../support/managed-ends.ts';
import { failedOnTheWay, madeBySerin, podUids, servedBy } from '../support/managed-measures.ts';
import { type ManagedStory, managedStoryOf } from '../support/managed-story.ts';

const patient = { bake: '10m', 'max-bake': '20m' };
/** Long enough for a person to come between. */
const slowly = { settle: '4s' };

async function abort(of: ManagedStory): Promise<void> {
  expect(await of.serin('abort', 'deployment/checkout', '--reason', 'a test')).toMatchObject({ code: 0 });
}

/** Promotes by hand until the step is entered in the phase. */
async function goTo(of: ManagedStory, phase: string, step: number): Promise<void> {
  for (let before = 0; before < step; before += 1) {
    await of.until(`step ${before + 1} to bake`, ({ status }) => status.step === before && status.phase === 'baking');
    await of.serin('promote', 'checkout', '--step', String(before + 1));
  }
  await of.until(`step ${step + 1} to be ${phase}`, ({ status }) => status.step === step && status.phase === phase);
}

async function setReplicas(of: ManagedStory, replicas: number): Promise<void> {
  await of.kubectl(['scale', 'deployment/checkout', `--replicas=${replicas}`]);
}

describe.concurrent('serin abort of a managed rollout', () => {
  it.for([
    ['preparing', 0],
    ['shifting', 0],
    ['shifting', 1],
  ] as const)('from %s at step %i leaves everything as it was', async ([phase, step], context) => {
    const aborted = await managedStoryOf(context, `managed-abort-${phase}-${step}`, { controller: slowly });
    const before = await remember(aborted);
    await aborted.adopt(patient);
    await aborted.setImage('2');
    await goTo(aborted, phase, step);

    await abort(aborted);
    const end = await aborted.reaches('rolledBack');

    expect(rolledBackFrom(end)).toBe(`${phase} ${step}`);
    await expectHeld(aborted);
    await expectAsBefore(aborted, before);
  });

  it.for([0, 1])('from baking at step %i leaves everything as it was', async (step, context) => {
    const aborted = await managedStoryOf(context, `managed-abort-baking-${step}`);
    const before = await remember(aborted);
    const pods = await podUids(aborted);
    await aborted.adopt(patient);
    await aborted.setImage('2');
    await goTo(aborted, 'baking', step);

    await abort(aborted);
    const end = await aborted.reaches('rolledBack');

    expect(end.status.cause).toBe('person');
    await expectHeld(aborted);
    await expectAsBefore(aborted, before);
    expect(await podUids(aborted, 'app=checkout,!serin.dev/revision')).toEqual(pods);
  });

  it('from promoting on is refused, with the way back', async (context) => {
    const late = await managedStoryOf(context, 'managed-abort-late');
    await late.adopt({ steps: '100' });
    await late.apply({ tag: '2', podAnnotations: { 'kwok.serin.dev/ready-after': '4s' } });
    await late.reaches('promoting');

    const outcome = await late.serin('abort', 'deployment/checkout');
    await late.reaches('promoted');

    expect(outcome.code).not.toBe(0);
    expect(`${outcome.stdout}${outcome.stderr}`).toContain('serin undo');
    expect(await failedOnTheWay(late)).toEqual({});
  });
});

describe.concurrent('a managed rollout ends when', () => {
  it('the Deployment is scaled to 0, and follows it before that', async (context) => {
    const scaled = await managedStoryOf(context, 'managed-scaled', { scene: { replicas: 4 } });
    await scaled.adopt(patient);
    await scaled.setImage('2');
    await goTo(scaled, 'baking', 0);
    const copySize = async (): Promise<number> =>
      Number(await scaled.kubectl(['get', 'deploy', '-l', 'app.kubernetes.io/managed-by=serin', '-o', size]));
    expect(await copySize()).toBe(2);
    await setReplicas(scaled, 8);
    await eventually('the copy to follow', async () => (await copySize()) === 4);
    expect(await failedOnTheWay(scaled)).toEqual({});

    await setReplicas(scaled, 0);
    const end = await scaled.reaches('rolledBack');

    expect(end.status.reason).toBe('ScaledToZero');
    expect(await madeBySerin(scaled)).toEqual([]);
  });

  it('the Deployment is deleted, and nothing of it stays behind', async (context) => {
    const deleted = await managedStoryOf(context, 'managed-deleted');
    const { 'Deployment/': _none, ...before } = await remember(deleted);
    await deleted.adopt(patient);
    await deleted.setImage('2');
    await goTo(deleted, 'baking', 0);

    await deleted.api.remove(`${deploymentPath(deleted.namespace, 'checkout')}?propagationPolicy=Background`);

    await eventually('the rollout to be gone', async () => (await deleted.rollout()) === undefined);
    await eventually('what Serin made to be gone', async () => (await madeBySerin(deleted)).length === 0);
    const { [`Deployment/${deleted.namespace}/checkout`]: _target, ...others } = before;
    expect(await remember(deleted)).toEqual(others);
  });

  it('its CanaryRollout is deleted, which is an abort', async (context) => {
    const discarded = await managedStoryOf(context, 'managed-discarded');
    const before = await remember(discarded);
    await discarded.adopt(patient);
    await discarded.setImage('2');
    await goTo(discarded, 'baking', 0);
    const live = await discarded.rollout();

    await discarded.api.remove(rolloutPath(discarded.namespace, live?.metadata.name ?? ''));

    await eventually('the rollout to be gone', async () => (await discarded.rollout()) === undefined);
    await expectAsBefore(discarded, before);
    await expectHeld(discarded);
  });

  it('the annotation is removed; what nobody judged stays held, and how to go on is said', async (context) => {
    const left = await managedStoryOf(context, 'managed-left');
    const before = await remember(left);
    await left.adopt(patient);
    await left.setImage('2');
    await goTo(left, 'baking', 0);

    await left.annotate('checkout', { 'serin.dev/canary': null });
    await left.reaches('rolledBack');

    await eventually('the sentence', async () =>
      (await left.events()).some((event) => event.includes('kubectl rollout resume')),
    );
    await expectHeld(left);
    await expectAsBefore(left, before);

    await left.kubectl(['rollout', 'resume', 'deployment/checkout']);
    expect((await left.rolloutStatus(30)).code).toBe(0);
    expect((await servedBy(left, '2')).requests).toBeGreaterThan(0);
  });
});

const size = 'jsonpath={.items[0].spec.replicas}';

describe.concurrent('between rollouts', () => {
  it('a template is let through while there are no replicas', async (context) => {
    const empty = await managedStoryOf(context, 'managed-empty', { rps: 0 });
    await empty.adopt();
    await setReplicas(empty, 0);
    await eventually('no pods', async () => (await podUids(empty)).length === 0);

    await empty.setImage('2');
    await eventually('it to be said', async () =>
      (await empty.events()).some((said) => said.startsWith('LetThrough: ')),
    );
    await setReplicas(empty, 2);

    await expectLetGo(empty);
    expect((await empty.rolloutStatus(30)).code).toBe(0);
    expect(await empty.rollout()).toBeUndefined();
  });

  it('the annotation is removed, and the Deployment is as if it had never been there', async (context) => {
    const gone = await managedStoryOf(context, 'managed-gone', { rps: 0 });
    await gone.adopt();

    await gone.annotate('checkout', { 'serin.dev/canary': null, 'serin.dev/steps': null });
    await eventually(
      'the marks to be gone',
      async () => (await gone.deployment()).metadata.annotations['serin.dev/stable'] === undefined,
    );
    await gone.setImage('2');

    expect((await gone.rolloutStatus(30)).code).toBe(0);
    expect(await gone.rollout()).toBeUndefined();
  });

  it('nobody but Serin lifts the pause of what is held, and the refusal says what to type', async (context) => {
    const held = await managedStoryOf(context, 'managed-held');
    await held.adopt(patient);
    await held.setImage('2');
    await goTo(held, 'preparing', 0);

    const resumed = held.kubectl(['rollout', 'resume', 'deployment/checkout']);

    await expect(resumed).rejects.toThrow(/serin (promote|retry|abort|undo)/);
    await expectHeld(held);
  });
});
