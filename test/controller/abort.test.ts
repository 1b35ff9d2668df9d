// A person's word to go back: in every phase up to the last bake; refused after, with the way back.
import { describe, expect, it } from 'vitest';
import { isFinal, type Phase, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';

const short = { steps: '50,100' };

describe('an abort', () => {
  const abortable: readonly (readonly [Phase, (scene: MemoryWorld) => Promise<Rollout>])[] = [
    ['pending', pendingRollout],
    ['preparing', preparingRollout],
    ['shifting', (scene) => runUntil(scene, at('shifting', 1))],
    ['baking', (scene) => runUntil(scene, at('baking', 1))],
    ['awaitingApproval', awaitingRollout],
  ];

  it.each(abortable)('in %s goes back to what was before, in the name of who asked', async (phase, arrive) => {
    const scene = memoryWorld({ weights: [100, null], settings: asking(phase) });
    const before = scene.route();
    expect((await arrive(scene)).status.phase).toBe(phase);
    await scene.ask('abort', { reason: 'pager' });

    const { status } = await runUntil(scene, over);

    const [cause, word] = phase === 'awaitingApproval' ? ['approval', 'Approval refused'] : ['person', 'Aborted'];
    expect(status).toMatchObject({ phase: 'rolledBack', cause, message: `${word} by ada from test: pager.` });
    expect(status.answers).toMatchObject([{ outcome: 'done' }]);
    expect(scene.route()).toEqual(before);
    expect(scene.owners()).toEqual(['user']);
  });

  it.each(abortable)('by spec.abort in %s goes back too', async (phase, arrive) => {
    const scene = memoryWorld({ weights: [100, null], settings: asking(phase) });
    const before = scene.route();
    await arrive(scene);
    await scene.edit({ abort: true });

    const { status } = await runUntil(scene, over);

    const [cause, reason] = phase === 'awaitingApproval' ? ['approval', 'ApprovalRefused'] : ['person', 'Aborted'];
    expect(status).toMatchObject({ phase: 'rolledBack', cause, reason });
    expect(scene.route()).toEqual(before);
  });

  it('needs no metrics', async () => {
    const scene = memoryWorld();
    await runUntil(scene, at('baking', 0));
    scene.metrics.stop('Prometheus does not answer.');
    await scene.ask('abort');

    const { status } = await runUntil(scene, over, { withinMs: 30_000 });

    expect(status.phase).toBe('rolledBack');
  });

  it.each<Phase>(['promoting', 'finalizing', 'promoted'])(
    'in %s comes too late, and says the way back',
    async (phase) => {
      const scene = memoryWorld({ settings: short });
      const last = await runUntil(scene, at('baking', 1));
      await scene.world.rollouts.save(last, { ...last.status, phase, cleanUp: 'restore' });
      await scene.ask('abort');

      const { status } = await runUntil(scene, over);

      expect(status.phase).toBe('promoted');
      expect(status.answers).toMatchObject([
        { outcome: 'refused', message: expect.stringContaining('Too late to abort') },
      ]);
      expect(scene.weights()).toEqual([0, 100]);
    },
  );

  it('of a held promotion is refused, and everything stays', async () => {
    const scene = memoryWorld({ settings: short });
    const last = await runUntil(scene, at('baking', 1));
    await scene.world.rollouts.save(last, { ...last.status, phase: 'held' });
    await scene.ask('abort');

    const rollout = await runFor(scene, 60_000);

    expect(rollout?.status).toMatchObject({ phase: 'held', answers: [{ outcome: 'refused' }] });
    expect(scene.weights()).toEqual([0, 100]);
  });
});

function pendingRollout(scene: MemoryWorld): Promise<Rollout> {
  scene.metrics.stop('Prometheus does not answer.');
  return runUntil(scene, ({ status }) => status.stalled !== undefined);
}

async function preparingRollout(scene: MemoryWorld): Promise<Rollout> {
  await scene.deploy('reviews-v2', { complete: false, readyReplicas: 1 });
  return runUntil(scene, at('preparing', 0));
}

function awaitingRollout(scene: MemoryWorld): Promise<Rollout> {
  return runUntil(scene, at('awaitingApproval', 0));
}

/** Settings that make a rollout come into the phase. */
function asking(phase: Phase): Readonly<Record<string, string>> {
  return phase === 'awaitingApproval' ? { approval: 'every-step' } : {};
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}

function at(phase: Phase, step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === phase && status.step === step;
}
