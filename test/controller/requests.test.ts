// What people ask for while a rollout is under way: done once, or answered with what happened instead.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

const long = { bake: '1h', 'max-bake': '2h' };

describe('a promotion by a person', () => {
  it('leaves the step it names at once, and says in whose name', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, baking(0));
    await scene.ask('promote', { step: 0, reason: 'looks fine' });

    const { status } = await runUntil(scene, baking(1), { withinMs: 60_000 });

    expect(status.warrant).toMatchObject({
      kind: 'person',
      step: 0,
      message: 'Promoted past step 1 by ada from test: looks fine.',
    });
    expect(status.answers).toMatchObject([{ id: 'request-1', outcome: 'done' }]);
    expect(scene.weights()).toEqual([75, 25]);
  });

  it('by a double click happens once', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, baking(0));
    await scene.ask('promote', { step: 0 });
    await scene.ask('promote', { step: 0 });

    const rollout = await runFor(scene, 600_000);

    expect(rollout?.status).toMatchObject({ phase: 'baking', step: 1 });
    expect(rollout?.status.answers.map(({ outcome }) => outcome)).toEqual(['done', 'repeated']);
    expect(routeWrites(scene.writes)).toEqual([0, 10, 25]);
  });

  it('under the same id is one request', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, baking(0));
    await scene.ask('promote', { id: 'click', step: 0 });
    await runUntil(scene, baking(1));
    await scene.ask('promote', { id: 'click', step: 0 });

    const rollout = await runFor(scene, 60_000);

    expect(rollout?.spec.requests).toHaveLength(1);
    expect(rollout?.status.step).toBe(1);
  });

  it('of a step that was left is answered as repeated', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, baking(0));
    await scene.ask('promote', { step: 0 });
    await runUntil(scene, baking(1));
    await scene.ask('promote', { step: 0 });

    const rollout = await runFor(scene, 60_000);

    expect(rollout?.status.step).toBe(1);
    expect(rollout?.status.answers.at(-1)).toMatchObject({
      outcome: 'repeated',
      message: expect.stringMatching(
        /^Step 1 was promoted already(, \d+s ago)?, by ada from test; the rollout is at step 2\.$/,
      ),
    });
  });

  it('asked for while the weight settles is done when the bake begins', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, ({ status }) => status.phase === 'shifting');
    await scene.ask('promote', { step: 0 });

    const { status } = await runUntil(scene, baking(1));

    expect(status.history.map(({ phase, step }) => `${phase} ${step}`)).toContain('baking 0');
    expect(status.answers).toMatchObject([{ outcome: 'done' }]);
  });

  it('in full goes through every remaining step, each settled, without waiting for a bake', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, baking(0));
    await scene.ask('promoteFull');

    const { status } = await runUntil(scene, over, { withinMs: 120_000 });

    expect(status.phase).toBe('promoted');
    expect(routeWrites(scene.writes)).toEqual([0, 10, 25, 50, 100, 'unclaim']);
    expect(status.history.flatMap(({ warrant }) => warrant ?? [])).toEqual([
      'start',
      'person',
      'person',
      'person',
      'person',
    ]);
  });

  it.each(['promote', 'promoteFull'] as const)(
    '(%s) does not override a failure that nobody has read yet',
    async (verb) => {
      const scene = memoryWorld({ settings: { steps: '50,100', ...long } });
      await runUntil(scene, ({ status }) => status.verdicts[0]?.verdict === 'pass');
      scene.traffic.errors['reviews-v2'] = 0.5;
      scene.pass(60_000);
      await scene.ask(verb);

      const { status } = await runUntil(scene, over);

      expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
      expect(routeWrites(scene.writes)).toEqual([0, 50, 0, 'restore']);
      if (verb === 'promote')
        expect(status.answers).toMatchObject([
          { outcome: 'refused', message: expect.stringContaining('Nothing overrides that.') },
        ]);
    },
  );

  it('does not go back for want of evidence', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', 'max-bake': '5m', 'on-undecided': 'rollback' } });
    scene.traffic.rps = 0;
    const { status: baked } = await runUntil(scene, baking(0));
    scene.pass(300_000);
    await scene.ask('promote', { step: 0 });

    const { status } = await runUntil(scene, ({ status }) => status.step === 1 || status.phase === 'rollingBack');

    expect(baked.phase).toBe('baking');
    expect(status).toMatchObject({ step: 1, warrant: { kind: 'person' } });
  });
});

describe('requests', () => {
  it('are answered in the order they were written, an abort not waiting for a promotion', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, ({ status }) => status.phase === 'shifting');
    await scene.ask('promote', { step: 0 });
    await scene.ask('abort');

    const { status } = await runUntil(scene, over);

    expect(status.cause).toBe('person');
    expect(Object.fromEntries(status.answers.map(({ id, outcome }) => [id, outcome]))).toEqual({
      'request-2': 'done',
      'request-1': 'refused',
    });
  });

  it('are all answered, and each once, however many there are', async () => {
    const scene = memoryWorld({ settings: long });
    await runUntil(scene, baking(0));
    for (let pair = 0; pair < 10; pair += 1) {
      await scene.ask('pause');
      await scene.ask('resume');
    }

    const rollout = await runFor(scene, 30_000);

    expect(rollout?.status.answers.map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, n) => `request-${n + 1}`),
    );
    expect(new Set(rollout?.status.answers.map(({ outcome }) => outcome))).toEqual(new Set(['done']));
  });
});

function baking(step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === 'baking' && status.step === step;
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
