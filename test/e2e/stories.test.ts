// Whole rollouts on the real control plane, Redis, Prometheus and the mesh simulator.
import { describe, expect, it } from 'vitest';
import type { SeenRollout } from '../support/api.ts';
import { storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import type { Story } from '../support/story.ts';

/** The weights of the rollout's forward moves, in order. */
function weightsMoved(rollout: SeenRollout): readonly number[] {
  return rollout.status.history.filter(({ phase }) => phase === 'shifting').map(({ weight }) => weight);
}

async function expectNothingLeft(of: Story): Promise<void> {
  const { metadata } = await of.routes();
  expect(Object.keys(metadata.annotations).filter((key) => key.startsWith('serin.dev/'))).toEqual([]);
  expect(metadata.managedFields.map(({ manager }) => manager)).not.toContain('serin');
}

describe.concurrent('a release', () => {
  it('that is as good as stable goes 10, 25, 50, 100 and is promoted', async (context) => {
    const good = await storyOf(context, 'good', {
      stable: { kind: 'good', errorRate: 0.01 },
      canary: { kind: 'good', errorRate: 0.01 },
    });
    await good.release({ 'error-margin': '1%' });

    const end = await good.reaches('promoted');

    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
    expect(end.status.history.filter(({ warrant }) => warrant !== undefined).map(({ warrant }) => warrant)).toEqual([
      'start',
      'pass',
      'pass',
      'pass',
      'pass',
    ]);
    expect(await good.weights()).toEqual([0, 100]);
    await eventually(
      'the claim and the fields to be given back',
      async () => (await good.routes()).metadata.annotations['serin.dev/claim'] === undefined,
    );
    await expectNothingLeft(good);
    expect(
      await good.kubectl(['wait', `canaryrollout/${end.metadata.name}`, '--for=condition=Succeeded', '--timeout=60s']),
    ).toContain('condition met');
  });

  it('whose versions are told apart by two Services instead of subsets is promoted, and a bad one rolled back', async (context) => {
    const good = await storyOf(context, 'by-service', { pair: { by: 'service' } });
    await good.release({ steps: '50,100' });
    const end = await good.reaches('promoted');
    const bad = await storyOf(context, 'by-service-bad', {
      pair: { by: 'service' },
      canary: { kind: '5xx', rate: 0.3 },
    });
    await bad.release({ steps: '50,100' });

    const rolledBack = await bad.reaches('rolledBack');

    expect(weightsMoved(end)).toEqual([50, 100]);
    expect(await good.weights()).toEqual([0, 100]);
    expect(rolledBack.status.cause).toBe('gate');
    expect(await bad.weights()).toEqual([100, 0]);
    await expectNothingLeft(good);
    await expectNothingLeft(bad);
  });

  it('that answers with 5xx is rolled back, and says how many failed', async (context) => {
    const bad = await storyOf(context, 'bad', { canary: { kind: '5xx', rate: 0.3 } });
    await bad.release();

    const end = await bad.reaches('rolledBack');

    expect(end.status.cause).toBe('gate');
    expect(end.status.message).toMatch(/\d+ of \d/);
    expect(await bad.weights()).toEqual([100, 0]);
    await expectNothingLeft(bad);
    expect(
      await bad.kubectl(['wait', `canaryrollout/${end.metadata.name}`, '--for=condition=Finished', '--timeout=60s']),
    ).toContain('condition met');
    expect((await bad.events()).some((event) => event.startsWith('RolledBack: '))).toBe(true);
  });

  it('that is slower than its limit is rolled back', async (context) => {
    const slow = await storyOf(context, 'slow', { canary: { kind: 'slow-tail', share: 0.2, ms: 2_000 } });
    await slow.release({ 'max-latency': 'p95<500ms' });

    const end = await slow.reaches('rolledBack');

    expect(end.status.cause).toBe('gate');
    // Slower than stable and above the limit: whichever is proven first.
    expect(end.status.reason).toMatch(/^Latency(AboveLimit|Worse)$/);
    expect(await slow.weights()).toEqual([100, 0]);
  });

  it('whose pods crash is rolled back in seconds, quoting the container', async (context) => {
    const crashing = await storyOf(context, 'crash', {
      pair: { canaryPodAnnotations: { 'kwok.serin.dev/fail': 'crash-loop' } },
    });
    await crashing.release();

    const end = await crashing.reaches('rolledBack');

    expect(end.status.cause).toBe('health');
    expect(end.status.message).toContain('panic: cannot open config');
    expect(weightsMoved(end)).toEqual([]);
    expect(await crashing.weights()).toEqual([100, 0]);
  });

  it('that cannot be reached, as only clients see, is rolled back', async (context) => {
    const unreachable = await storyOf(context, 'uh', { rps: 150 });
    await unreachable.release({ bake: '20s' });
    await unreachable.until('the first bake', ({ status }) => status.phase === 'baking');
    await unreachable.api.patch(`/api/v1/namespaces/${unreachable.namespace}/services/reviews`, {
      spec: { selector: { app: 'reviews', version: 'v1' } },
    });

    const end = await unreachable.reaches('rolledBack');

    expect(end.status.cause).toBe('gate');
    expect(await unreachable.weights()).toEqual([100, 0]);
  });

  it('that nobody calls is held with noData, not judged, and an abort ends it', async (context) => {
    const quiet = await storyOf(context, 'quiet', { rps: 0 });
    await quiet.release({ bake: '2s', 'max-bake': '6s' });

    const held = await quiet.until('the hold', ({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Stalled' && is === 'True'),
    );
    const aborted = await quiet.serin('abort', 'deployment/reviews-v2');
    const end = await quiet.reaches('rolledBack');

    expect(held.status.verdicts.find(({ gate }) => gate === 'errors')?.verdict).toBe('noData');
    expect(held.status.phase).toBe('baking');
    expect(aborted.code).toBe(0);
    expect(end.status.cause).toBe('person');
    expect(await quiet.weights()).toEqual([100, 0]);
  });

  it('is told in the columns of kubectl get cro', async (context) => {
    const shown = await storyOf(context, 'columns');
    await shown.release({ bake: '30s' });
    await shown.reaches('baking');

    const table = await shown.kubectl(['get', 'cro']);

    expect(table).toMatch(/NAME\s+TARGET\s+PHASE\s+STEP\s+WEIGHT\s+VERDICT\s+AGE/);
    expect(table).toMatch(/reviews-v2\s+baking\s+1\/4\s+10%/);
  });
});

describe.concurrent('people', () => {
  it('promote a step before its bake is over, once, however often they click', async (context) => {
    const eager = await storyOf(context, 'promote');
    await eager.release({ bake: '10m', 'max-bake': '20m' });
    await eager.reaches('baking');

    const [first, second] = [
      await eager.serin('promote', 'reviews-v2', '--step', '1'),
      await eager.serin('promote', 'reviews-v2', '--step', '1'),
    ];
    const after = await eager.until('the second step', ({ status }) => status.step === 1 && status.phase === 'baking');

    expect([first.code, second.code]).toEqual([0, 0]);
    expect(weightsMoved(after)).toEqual([10, 25]);
    expect(after.status.answers.map(({ outcome }) => outcome)).toEqual(['done', 'repeated']);
  });

  it('promote in full and pass through every weight', async (context) => {
    const hurried = await storyOf(context, 'full');
    await hurried.release({ bake: '10m', 'max-bake': '20m' });
    await hurried.reaches('baking');

    await hurried.serin('promote', 'reviews-v2', '--full');
    const end = await hurried.reaches('promoted');

    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
    const late = await hurried.serin('abort', 'reviews-v2');
    expect(late.code).not.toBe(0);
    expect(`${late.stdout}${late.stderr}`).toContain('serin.dev/canary-of=reviews-v2');
  });

  it('pause a rollout, which holds its weight until it is resumed', async (context) => {
    const paused = await storyOf(context, 'pause');
    await paused.release({ bake: '10m', 'max-bake': '20m' });
    await paused.reaches('baking');
    await paused.serin('pause', 'reviews-v2', '--reason', 'lunch');
    await paused.until('the pause', ({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Paused' && is === 'True'),
    );

    const refused = await paused.serin('promote', 'reviews-v2');
    const held = await paused.rollout();
    await paused.serin('resume', 'reviews-v2');
    await paused.serin('promote', 'reviews-v2', '--full');
    const end = await paused.reaches('promoted');

    expect(refused.code).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toContain('paused');
    expect(held === undefined ? [] : weightsMoved(held)).toEqual([10]);
    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
  });

  it('retry a rolled-back release as a second attempt', async (context) => {
    const again = await storyOf(context, 'retry', { canary: { kind: '5xx', rate: 0.5 } });
    await again.release();
    await again.reaches('rolledBack');
    await again.mesh.putBehaviour(again.namespace, 'reviews-v2', { kind: 'good' });

    await again.serin('retry', 'reviews-v2');
    const end = await again.reaches('promoted');

    expect(end.spec.attempt).toBe(2);
  });

  it('wait for the end and learn it from the exit code', async (context) => {
    const waited = await storyOf(context, 'wait', { canary: { kind: '5xx', rate: 0.5 } });
    await waited.release();
    await waited.until('it to begin', () => true);

    const outcome = await waited.serin('wait', 'deployment/reviews-v2', '--for=promoted', '--timeout=4m');

    expect(outcome.code).toBe(3);
  });
});
