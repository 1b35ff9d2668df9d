// Canary pods that cannot start end a managed rollout in seconds, in the cluster's own words; and an autoscaler beside a rollout.
import { describe, expect, it } from 'vitest';
import type { ManagedOptions } from '../../tools/scene/managed.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { expectAsBefore, expectHeld, expectLetGo, remember } from '../support/managed-ends.ts';
import { failedOnTheWay, servedBy } from '../support/managed-measures.ts';
import { managedStoryOf } from '../support/managed-story.ts';

const failures: readonly (readonly [name: string, changes: Partial<ManagedOptions>, words: string])[] = [
  ['crash', { podAnnotations: { 'kwok.serin.dev/fail': 'crash-loop' } }, 'panic: cannot open config'],
  ['cannot pull their image', { podAnnotations: { 'kwok.serin.dev/fail': 'image-pull' } }, 'manifest unknown'],
  ['are killed for memory', { podAnnotations: { 'kwok.serin.dev/fail': 'oom' } }, 'memory'],
  ['cannot be scheduled', { nodeSelector: { 'example.org/no': 'such-node' } }, "didn't match Pod's node"],
];

describe.concurrent('a managed rollout whose pods', () => {
  it.for(failures)('%s is rolled back in seconds', async ([name, changes, words], context) => {
    const failing = await managedStoryOf(context, `pods-${name.split(' ').at(-1) ?? ''}`);
    const before = await remember(failing);
    await failing.adopt();
    await failing.apply({ tag: '2', ...changes });

    const end = await failing.reaches('rolledBack');

    expect(end.status.cause).toBe('health');
    expect(end.status.message.toLowerCase()).toContain(words.toLowerCase());
    expect(weightsMoved(end)).toEqual([]);
    expect((await servedBy(failing, '2')).requests).toBe(0);
    await expectHeld(failing);
    await failing.apply();
    await expectLetGo(failing);
    await expectAsBefore(failing, before);
  });

  it('are not ready within progressDeadlineSeconds is rolled back then', async (context) => {
    const late = await managedStoryOf(context, 'pods-late', { scene: { progressDeadlineSeconds: 6 } });
    const before = await remember(late);
    await late.adopt();
    await late.apply({ tag: '2', podAnnotations: { 'kwok.serin.dev/fail': 'unready' } });

    const end = await late.reaches('rolledBack');

    expect(end.status.cause).toBe('deadline');
    await late.apply();
    await expectLetGo(late);
    await expectAsBefore(late, before);
  });

  it('crash while they bake is rolled back in seconds, without a hole', async (context) => {
    const crashing = await managedStoryOf(context, 'pods-crash-late');
    await crashing.adopt({ bake: '10m', 'max-bake': '20m' });
    await crashing.setImage('2');
    await crashing.reaches('baking');
    const all = ['annotate', 'pod', '-l', 'serin.dev/revision', 'kwok.serin.dev/fail=crash-loop'];

    await crashing.kubectl(all);
    const end = await crashing.reaches('rolledBack');

    expect(end.status.cause).toBe('health');
    const { UH = 0, ...others } = await failedOnTheWay(crashing);
    expect(others).toEqual({}); // where the one pod of a subset dies, there is nobody to ask until the weight is back
    console.info(`all canary pods crashed at weight 50: ${UH} requests met no pod`);
  });
});

describe.concurrent('an autoscaler', () => {
  it('stays in charge of the replicas: what it sets mid-rollout is followed, and the promotion keeps it', async (context) => {
    const scaled = await managedStoryOf(context, 'autoscaler', {
      scene: { replicas: null, autoscaler: { min: 2, max: 6 } },
    });
    await eventually('the autoscaler to set its minimum', async () => (await scaled.deployment()).spec.replicas === 2);
    const before = await remember(scaled);
    await scaled.adopt({ bake: '25s' });
    await scaled.setImage('2');
    await scaled.reaches('baking');
    await scaled.serin('pause', 'checkout', '--reason', 'a test');
    await scaled.kubectl(['patch', 'hpa', 'checkout', '-p', '{"spec":{"minReplicas":4}}']);
    await eventually('the autoscaler to act', async () => (await scaled.deployment()).spec.replicas === 4);
    const size = 'jsonpath={.items[0].spec.replicas}';
    await eventually(
      'the copy to follow',
      async () =>
        (await scaled.kubectl(['get', 'deploy', '-l', 'app.kubernetes.io/managed-by=serin', '-o', size])) === '2',
    );

    await scaled.serin('resume', 'checkout');
    await scaled.reaches('promoted', 220_000);

    expect((await scaled.deployment()).spec.replicas).toBe(4);
    await expectLetGo(scaled);
    // Pods that are scaled away are asked until the endpoints are known to be gone, which is no matter of the rollout.
    await scaled.mesh.deleteLoad(scaled.namespace, 'visitors');
    await scaled.kubectl(['patch', 'hpa', 'checkout', '-p', '{"spec":{"minReplicas":2}}']);
    await scaled.kubectl(['scale', 'deployment/checkout', '--replicas=2']);
    await expectAsBefore(scaled, before);
  });
});
