// Custom gates in a rollout: beside Serin's own, never in their way.
import { describe, expect, it } from 'vitest';
import { gauges } from '../../src/controller/gauges.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld, slotMs } from '../support/world.ts';

const limit = { name: 'queue', query: 'queue{d="{{canary}}"}', max: 100 };
const compare = {
  name: 'cpu',
  compare: { canary: 'cpu{d="{{canary}}"}', stable: 'cpu{d="{{stable}}"}', maxRatio: 1.5 },
};
const asked = 'queue{d="reviews-v2"}';

function sceneWith(gates: readonly unknown[], settings: Readonly<Record<string, string>> = {}): MemoryWorld {
  const policies = { 'shop/own': { gates: JSON.stringify(gates) } };
  return memoryWorld({ settings: { policy: 'own', steps: '50,100', ...settings }, policies });
}

function isBaking({ status }: Rollout): boolean {
  return status.phase === 'baking';
}

function over({ status }: Rollout): boolean {
  return status.phase === 'promoted' || status.phase === 'rolledBack';
}

function verdictOf(rollout: Rollout | undefined, gate: string) {
  return rollout?.status.verdicts.find((verdict) => verdict.gate === gate);
}

describe('a custom gate', () => {
  it('is pinned with the plan and asked for the names of the rollout', async () => {
    const scene = sceneWith([limit]);
    scene.gauge.reads(asked, { kind: 'number', value: 3 });

    const rollout = await runUntil(scene, (each) => verdictOf(each, 'custom/queue')?.verdict === 'pass');

    expect(rollout.spec.plan.gates).toMatchObject([{ name: 'queue', failures: 2, onNoData: 'hold' }]);
    expect(verdictOf(rollout, 'custom/queue')).toMatchObject({
      query: asked,
      message: 'queue is 3; at most 100 is allowed.',
    });
    expect(rollout.status.evidence?.gates['custom/queue']).toMatchObject({ version: 1 });
  });

  it('is asked once for each slot, however often the rollout is looked at', async () => {
    const scene = sceneWith([limit]);
    scene.gauge.reads(asked, { kind: 'number', value: 3 });
    await runUntil(scene, isBaking);

    await runFor(scene, 90_000);

    const moments = scene.gauge.asked.map(({ at }) => at);
    expect(moments.length).toBeGreaterThanOrEqual(4);
    expect(new Set(moments).size).toBe(moments.length);
    expect(moments.filter((at) => at % 15_000 !== 0)).toEqual([]);
  });

  it('rolls back once it was bad twice in a row', async () => {
    const scene = sceneWith([limit]);
    scene.gauge.reads(asked, { kind: 'number', value: 140 });

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate', reason: 'OutsideLimit' });
    expect(status.message).toContain('queue is 140, above its limit of 100, in 2 looks in a row');
    expect(scene.gauge.asked).toHaveLength(2);
    expect(scene.weights()).toEqual([100, 0]);
  });

  it('rolls back for no single bad look', async () => {
    const scene = sceneWith([limit]);
    let looks = 0;
    scene.gauge.reads(asked, () => ({ kind: 'number', value: looks++ % 3 === 1 ? 140 : 3 }));

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
  });

  it('counts its bad looks across a restart of the controller', async () => {
    const scene = sceneWith([{ ...limit, failures: 6 }]);
    scene.gauge.reads(asked, { kind: 'number', value: 140 });
    await runUntil(scene, () => scene.gauge.asked.length === 4);
    const { clock } = scene.world;
    const restarted = { ...scene.world, gauges: gauges({ gauge: scene.gauge, clock, slotMs }) };

    const { status } = await runUntil(scene, over, { through: restarted });

    // Most looks change no word and are not saved: those are made again, of the same moments.
    expect(status).toMatchObject({ phase: 'rolledBack', reason: 'OutsideLimit' });
    expect(new Set(scene.gauge.asked.map(({ at }) => at)).size).toBe(6);
  });

  it('without data holds the step, and lets it go on when there is some', async () => {
    const scene = sceneWith([limit], { 'max-bake': '3m' });
    const held = await runUntil(scene, ({ status }) => status.message.startsWith('Held'));
    scene.gauge.reads(asked, { kind: 'number', value: 3 });

    const { status } = await runUntil(scene, over);

    expect(verdictOf(held, 'custom/queue')).toMatchObject({ verdict: 'noData', reason: 'NoSample' });
    expect(status.phase).toBe('promoted');
  });

  it('in shadow is shown and changes nothing', async () => {
    const scene = sceneWith([
      { ...limit, shadow: true },
      { ...limit, name: 'silent', query: 'silent', shadow: true },
    ]);
    scene.gauge.reads(asked, { kind: 'number', value: 140 });
    const shown = await runUntil(scene, (each) => verdictOf(each, 'custom/queue')?.verdict === 'fail');

    const { status } = await runUntil(scene, over);

    expect(verdictOf(shown, 'custom/queue')).toMatchObject({ shadow: true });
    expect(status.phase).toBe('promoted');
  });

  it('is not asked where analysis is off', async () => {
    const scene = sceneWith([limit], { analysis: 'off' });

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(scene.gauge.asked).toEqual([]);
  });
});

describe('while the source of custom gates is down', () => {
  it('the rollout waits, and goes on when it is back', async () => {
    const scene = sceneWith([limit], { 'max-bake': '3m', 'on-undecided': 'rollback' });
    scene.gauge.reads(asked, { kind: 'number', value: 3 });
    scene.gauge.stop('Prometheus is away.');
    await runUntil(scene, isBaking);
    const waiting = await runFor(scene, 600_000);
    scene.gauge.start();

    const { status } = await runUntil(scene, over);

    expect(verdictOf(waiting, 'custom/queue')).toMatchObject({
      verdict: 'sourceDown',
      message: 'queue: Prometheus is away.',
    });
    expect(verdictOf(waiting, 'errors')?.verdict).toBe('pass');
    expect(status.phase).toBe('promoted');
  });

  it("Serin's own gates go on and roll back", async () => {
    const scene = sceneWith([limit]);
    scene.gauge.stop('Prometheus is away.');
    scene.traffic.errors['reviews-v2'] = 0.3;

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect(status.reason).not.toBe('SourceUnreachable');
  });
});

describe('a comparison', () => {
  it('at 100% goes by what stable had while it had traffic', async () => {
    const scene = sceneWith([compare]);
    scene.gauge.reads('cpu{d="reviews-v2"}', { kind: 'number', value: 1.2 });
    scene.gauge.reads('cpu{d="reviews-v1"}', () => ({ kind: 'number', value: scene.weights()[0] === 0 ? 0 : 1 }));

    const last = await runUntil(
      scene,
      (each) => each.status.step === 1 && isBaking(each) && verdictOf(each, 'custom/cpu')?.verdict === 'pass',
    );
    const { status } = await runUntil(scene, over);

    expect(verdictOf(last, 'custom/cpu')?.message).toContain('before all traffic left it');
    expect(status.phase).toBe('promoted');
  });
});

describe('a policy with gates that cannot be read', () => {
  it('begins nothing, and says what is wrong with which gate', async () => {
    const scene = sceneWith([{ name: 'queue', query: 'queue{d={{canary}}}', max: 100 }]);

    await runFor(scene, 60_000);

    expect(await scene.rollout()).toBeUndefined();
    expect(scene.acceptance('reviews-v2')).toMatchObject({
      reason: 'InvalidAnnotation',
      message: expect.stringContaining('Gate "queue": query: {{canary}} stands outside of quotes'),
    });
  });
});
