// A rollout that waits for a person's word: what it asks, who answers, and what silence comes to.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { conditionsOf } from '../../src/domain/status.ts';
import { runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

const two = { steps: '50,100' };
const timeoutMs = 240_000;

describe('before the promotion', () => {
  it('it asks once, after the pass of the last step, and waits however long it takes', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'before-promotion' } });

    const asked = await runUntil(scene, awaiting);
    const later = await runFor(scene, timeoutMs);

    expect(asked.status).toMatchObject({ step: 1, weight: { intended: 100 }, approval: { of: 'step', step: 1 } });
    expect(asked.status.message).toContain(
      'Step 2 of 2 (100%) has passed, and the promotion waits for approval: serin approve reviews-v2 -n shop',
    );
    expect(later?.status).toMatchObject({ phase: 'awaitingApproval', reason: 'AwaitingApproval' });
    expect(later?.status.stalled).toBeUndefined();
    expect(said(scene, 'AwaitingApproval')).toHaveLength(2);
    expect(said(scene, 'ApprovalReminder')).toEqual([]);
  });

  it('an approval of that step promotes, and is on record with its name', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'before-promotion' } });
    await runUntil(scene, awaiting);
    await scene.ask('approve', { step: 1, reason: 'looks fine' });

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(status.answers).toMatchObject([
      { outcome: 'done', message: 'Step 2 is approved by ada from test: looks fine.' },
    ]);
    expect(status.approval).toMatchObject({ step: 1, given: { by: 'ada', surface: 'test', reason: 'looks fine' } });
    expect(status.warrant).toMatchObject({ kind: 'pass', step: 1 });
    expect(status.warrant?.message).toContain('Approved by ada from test: looks fine.');
    expect(said(scene, 'Approved')).toHaveLength(2);
  });

  it('nineteen approvals at once move one step, and the others are told by whom', async () => {
    const scene = memoryWorld({
      settings: { steps: '25,50,100', approval: 'every-step' },
    });
    await runUntil(scene, awaiting);
    for (let press = 0; press < 19; press += 1) await scene.ask('approve', { step: 0 });

    const { status } = await runUntil(scene, ({ status: { answers } }) => answers.length === 19);

    expect(status.step).toBe(1);
    expect(status.answers.map(({ outcome }) => outcome)).toEqual(['done', ...Array(18).fill('repeated')]);
    expect(status.answers.at(-1)?.message).toMatch(/^Step 1 (was|is) approved already.*by ada from test/);
    expect(routeWrites(scene.writes)).toEqual([0, 25, 50]);
  });

  it('a failing gate still rolls back, whoever approved', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'every-step' } });
    await runUntil(scene, awaiting);
    scene.traffic.errors['reviews-v2'] = 0.5;
    scene.pass(60_000);
    await scene.ask('approve', { step: 0 });

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect(routeWrites(scene.writes)).toEqual([0, 50, 0, 'restore']);
  });

  it('a pause keeps an approved step where it is until it is lifted', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'every-step' } });
    await runUntil(scene, awaiting);
    await scene.ask('pause');
    await scene.ask('approve', { step: 0 });

    const paused = await runFor(scene, timeoutMs);
    await scene.ask('resume');
    const { status } = await runUntil(scene, ({ status: { step } }) => step === 1);

    expect(paused?.status).toMatchObject({ phase: 'awaitingApproval', step: 0, approval: { given: { by: 'ada' } } });
    expect(status.step).toBe(1);
  });
});

describe('every step', () => {
  it('is asked for in turn, and a rollout that is approved each time is promoted', async () => {
    const scene = memoryWorld({ settings: { steps: '25,50,100', approval: 'every-step' } });
    for (const step of [0, 1, 2]) {
      await runUntil(scene, (rollout) => awaiting(rollout) && rollout.status.step === step);
      await scene.ask('approve', { step });
    }

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(routeWrites(scene.writes)).toEqual([0, 25, 50, 100, 'unclaim']);
    expect(status.history.filter(({ phase }) => phase === 'awaitingApproval')).toHaveLength(3);
  });

  it('a full promotion is the approval of all that are left', async () => {
    const scene = memoryWorld({ settings: { steps: '25,50,100', approval: 'every-step' } });
    await runUntil(scene, awaiting);
    await scene.ask('promoteFull');

    const { status } = await runUntil(scene, over, { withinMs: 120_000 });

    expect(status.phase).toBe('promoted');
  });

  it('is not approved before it is asked for', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'every-step', bake: '1h', 'max-bake': '2h' } });
    await runUntil(scene, ({ status: { phase } }) => phase === 'baking');
    await scene.ask('approve', { step: 0 });

    const rollout = await runFor(scene, 60_000);

    expect(rollout?.status).toMatchObject({ phase: 'baking', step: 0, answers: [{ outcome: 'refused' }] });
    expect(rollout?.status.answers[0]?.message).toMatch(/^Nothing waits for approval yet: /);
  });

  it('refused by an abort ends the rollout for that cause', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'every-step' } });
    await runUntil(scene, awaiting);
    await scene.ask('abort', { reason: 'not today' });

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'approval' });
    expect(status.answers).toMatchObject([{ message: 'Approval refused by ada from test: not today.' }]);
  });

  it('of a plan that asks for none is refused with the sentence', async () => {
    const scene = memoryWorld({ settings: { bake: '1h', 'max-bake': '2h' } });
    await runUntil(scene, ({ status: { phase } }) => phase === 'baking');
    await scene.ask('approve');

    const rollout = await runFor(scene, 10_000);

    expect(rollout?.status.answers).toMatchObject([
      { outcome: 'refused', message: expect.stringContaining('asks for no approval') },
    ]);
  });
});

describe('before the start', () => {
  it('nothing is touched, the condition says so, and an approval starts it', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'before-start' } });
    const before = scene.route();

    const asked = await runUntil(scene, ({ status: { approval } }) => approval !== undefined);
    const waiting = await runFor(scene, timeoutMs);
    const untouched = scene.route();
    await scene.ask('approve');
    const { status } = await runUntil(scene, over);

    expect(asked.status).toMatchObject({ phase: 'pending', reason: 'AwaitingApproval', approval: { of: 'start' } });
    expect(conditionOf(waiting, 'AwaitingApproval')).toBe('True');
    expect(untouched).toEqual(before);
    expect(status.phase).toBe('promoted');
    expect(status.history[0]?.message).toContain('Approved by ada from test.');
    expect(said(scene, 'AwaitingApproval')).toHaveLength(2);
  });

  it('a promote is an approval too', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'before-start' } });
    await runUntil(scene, ({ status: { approval } }) => approval !== undefined);
    await scene.ask('promote', { step: 0 });

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
  });

  it('a refusal ends it without having touched anything', async () => {
    const scene = memoryWorld({ settings: { ...two, approval: 'before-start' } });
    const before = scene.route();
    await runUntil(scene, ({ status: { approval } }) => approval !== undefined);
    await scene.ask('abort');

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'approval' });
    expect(scene.route()).toEqual(before);
  });

  it('silence means what the plan says', async () => {
    const ends = await Promise.all(
      ['rollback', 'advance'].map(async (word) => {
        const scene = memoryWorld({
          settings: { ...two, approval: 'before-start', 'approval-timeout': '4m', 'on-approval-timeout': word },
        });
        return (await runUntil(scene, over)).status;
      }),
    );

    expect(ends.map(({ phase, cause }) => [phase, cause])).toEqual([
      ['rolledBack', 'approval'],
      ['promoted', undefined],
    ]);
  });
});

describe('silence', () => {
  const timed = { ...two, approval: 'every-step', 'approval-timeout': '4m' };

  it('rolls back unless said otherwise, after one reminder at half of the time', async () => {
    const scene = memoryWorld({ settings: timed });
    const asked = await runUntil(scene, awaiting);

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'approval', step: 0 });
    expect(status.approval).toMatchObject({ remindedAt: asked.status.since + timeoutMs / 2 });
    expect(said(scene, 'ApprovalReminder')).toHaveLength(2);
    expect(said(scene, 'RollingBack')[0]).toBe('Nobody approved within 4m, and on-approval-timeout says rollback.');
    expect((await runFor(scene, timeoutMs))?.status.phase).toBe('rolledBack');
    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('goes on where the plan says so', async () => {
    const scene = memoryWorld({ settings: { ...timed, 'on-approval-timeout': 'advance' } });

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(status.warrant?.message).toContain('Nobody approved within 4m, and on-approval-timeout says advance.');
  });

  it('holds where the plan says so, counts as stalled, and an approval still counts', async () => {
    const scene = memoryWorld({ settings: { ...timed, 'on-approval-timeout': 'hold' } });

    const stalled = await runUntil(scene, ({ status: { stalled: is } }) => is?.reason === 'ApprovalExpired');
    await scene.ask('approve', { step: 0 });
    const { status } = await runUntil(scene, ({ status: { step } }) => step === 1);

    expect(stalled.status.phase).toBe('awaitingApproval');
    expect(status.stalled).toBeUndefined();
  });
});

describe('the author', () => {
  const barred = { ...two, approval: 'every-step', 'approval-by-author': 'refused' };

  it('who is barred may neither approve nor promote', async () => {
    const scene = memoryWorld({ settings: { ...barred, author: 'Ada' } });
    await runUntil(scene, awaiting);
    await scene.ask('approve', { step: 0 });
    await scene.ask('promote', { step: 0 });
    await scene.ask('promoteFull');

    const rollout = await runFor(scene, 60_000);

    expect(rollout?.status).toMatchObject({ phase: 'awaitingApproval', step: 0 });
    expect(rollout?.status.answers.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
    expect(rollout?.status.answers[0]?.message).toBe(
      'ada made this change (serin.dev/author), and approval-by-author is refused. Somebody else has to approve it.',
    );
  });

  it('who is somebody else bars nobody', async () => {
    const scene = memoryWorld({ settings: { ...barred, author: 'grace' } });
    await runUntil(scene, awaiting);
    await scene.ask('approve', { step: 0 });

    expect((await runUntil(scene, ({ status: { step } }) => step === 1)).status.answers).toMatchObject([
      { outcome: 'done' },
    ]);
  });

  it('whom nobody names cannot be barred, so that nothing begins', async () => {
    const scene = memoryWorld({ settings: barred });

    await runFor(scene, 60_000);

    expect(await scene.rollouts()).toEqual([]);
    expect(scene.acceptance('reviews-v2')).toMatchObject({ message: expect.stringContaining('serin.dev/author') });
  });
});

function awaiting({ status }: Rollout): boolean {
  return status.phase === 'awaitingApproval';
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}

function said({ said: all }: MemoryWorld, reason: string): readonly string[] {
  return all.filter((one) => one.reason === reason).map(({ message }) => message);
}

function conditionOf(rollout: Rollout | undefined, type: string): string | undefined {
  if (rollout === undefined) return undefined;
  return conditionsOf(rollout.spec, rollout.status, 'shop').find((one) => one.type === type)?.status;
}
