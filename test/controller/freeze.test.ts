// Freezes hold forward moves and nothing else: new rollouts wait, running ones keep their weight and can go back.
import { describe, expect, it } from 'vitest';
import type { MemoryFreezes } from '../../src/adapters/memory/freezes.ts';
import { rememberingFreezes } from '../../src/controller/freezes.ts';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { formatInstant } from '../../src/domain/time.ts';
import { dawn } from '../support/builders.ts';
import { runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

const minuteMs = 60_000;
const two = { steps: '50,100' };

describe('in a freeze', () => {
  it('a new rollout waits and says until when and why, and starts when it is over', async () => {
    const freezes: MemoryFreezes = new Map([['shop/usual', { freeze: [window(0, 15)] }]]);
    const scene = memoryWorld({ settings: two, freezes });
    const before = scene.route();
    const begun = scene.now();

    const waiting = await runFor(scene, 14 * minuteMs);
    const untouched = scene.route();
    const { status } = await runUntil(scene, over);

    expect(waiting?.status).toMatchObject({ phase: 'pending', reason: 'Frozen' });
    expect(waiting?.status.message).toMatch(
      /^Frozen until \w+ [\d-]+ \d\d:\d\d UTC by "patching" of CanaryPolicy shop\/usual: the database is moved\.$/,
    );
    expect(waiting?.status.stalled).toBeUndefined();
    expect(untouched).toEqual(before);
    expect(status.phase).toBe('promoted');
    expect(status.history[0]?.time).toBeGreaterThanOrEqual(begun + 15 * minuteMs);
    expect(said(scene, 'Frozen')).toHaveLength(2);
  });

  it('a running one keeps its weight although its gates pass, and goes on when it is over', async () => {
    const freezes: MemoryFreezes = new Map();
    const scene = memoryWorld({ settings: two, freezes });
    await runUntil(scene, baking(0));
    freezes.set('shop/usual', { freeze: [window(0, 600)] });

    const held = await runFor(scene, 10 * minuteMs);
    const weights = scene.weights();
    freezes.clear();
    const { status } = await runUntil(scene, over);

    expect(held?.status).toMatchObject({ phase: 'baking', step: 0, reason: 'Frozen' });
    expect(held?.status.message).toContain('Held back: ');
    expect(weights).toEqual([50, 50]);
    expect(status.phase).toBe('promoted');
    expect(said(scene, 'Frozen')).toHaveLength(2);
  });

  it('a failing gate rolls back, and so does a person', async () => {
    for (const how of ['gate', 'person'] as const) {
      const freezes: MemoryFreezes = new Map();
      const scene = memoryWorld({ settings: two, freezes });
      await runUntil(scene, baking(0));
      freezes.set('shop/usual', { freeze: [window(0, 600)] });
      if (how === 'gate') scene.traffic.errors['reviews-v2'] = 0.5;
      else await scene.ask('abort');

      const { status } = await runUntil(scene, over);

      expect(status).toMatchObject({ phase: 'rolledBack', cause: how });
      expect(routeWrites(scene.writes)).toEqual([0, 50, 0, 'restore']);
    }
  });

  it('a promote is refused with the way to override, and an override with a reason goes on to the end', async () => {
    const freezes: MemoryFreezes = new Map();
    const scene = memoryWorld({ settings: two, freezes });
    await runUntil(scene, baking(0));
    freezes.set('shop/usual', { freeze: [window(0, 600)] });
    await scene.ask('promote', { step: 0 });
    const refused = await runFor(scene, 10_000);
    await scene.ask('promote', { step: 0, reason: 'login is broken', overrideFreeze: true });

    const { status } = await runUntil(scene, over);

    expect(refused?.status.answers).toMatchObject([
      {
        outcome: 'refused',
        message: expect.stringContaining('serin promote reviews-v2 -n shop --override-freeze --reason'),
      },
    ]);
    expect(status.phase).toBe('promoted');
    expect(status.freezeOverride).toMatchObject({ by: 'ada', surface: 'test', reason: 'login is broken' });
    expect(said(scene, 'FreezeOverridden')).toEqual(
      Array(2).fill('Freezes do not hold this rollout any more, by ada from test: login is broken.'),
    );
    expect(routeWrites(scene.writes)).toEqual([0, 50, 100, 'unclaim']);
  });

  it('an override starts a rollout that waits, and one without a reason does not', async () => {
    const freezes: MemoryFreezes = new Map([['shop/usual', { freeze: [window(0, 600)] }]]);
    const scene = memoryWorld({ settings: two, freezes });
    await runUntil(scene, ({ status }) => status.reason === 'Frozen');
    await scene.ask('promote', { step: 0, overrideFreeze: true });
    const refused = await runFor(scene, 10_000);
    await scene.ask('promote', { step: 0, overrideFreeze: true, reason: 'hotfix' });

    const { status } = await runUntil(scene, over);

    expect(refused?.status).toMatchObject({ phase: 'pending', answers: [{ outcome: 'refused' }] });
    expect(status.phase).toBe('promoted');
    expect(status.answers.map(({ outcome }) => outcome)).toEqual(['refused', 'done']);
  });

  it('pods come up, and the first weight waits', async () => {
    const freezes: MemoryFreezes = new Map();
    const scene = memoryWorld({ settings: two, freezes });
    await scene.deploy('reviews-v2', { readyReplicas: 0, complete: false });
    await runUntil(scene, ({ status }) => status.phase === 'preparing');
    freezes.set('shop/usual', { freeze: [window(0, 600)] });
    await scene.deploy('reviews-v2', { readyReplicas: 3, complete: true });

    const held = await runFor(scene, 8 * minuteMs);
    await scene.ask('promote', { step: 0, overrideFreeze: true, reason: 'hotfix' });
    const { status } = await runUntil(scene, over);

    expect(held?.status).toMatchObject({ phase: 'preparing', reason: 'Frozen' });
    expect(status.phase).toBe('promoted');
  });

  it('an approval is kept, and its step is left when it is over', async () => {
    const freezes: MemoryFreezes = new Map();
    const scene = memoryWorld({ settings: { ...two, approval: 'every-step' }, freezes });
    await runUntil(scene, ({ status }) => status.phase === 'awaitingApproval');
    freezes.set('shop/usual', { freeze: [window(0, 600)] });
    await scene.ask('approve', { step: 0 });
    const held = await runFor(scene, 8 * minuteMs);
    freezes.clear();

    const { status } = await runUntil(scene, ({ status: { step } }) => step === 1);

    expect(held?.status).toMatchObject({ phase: 'awaitingApproval', step: 0, reason: 'Frozen' });
    expect(held?.status.answers[0]?.message).toContain('It goes on when that is over: Frozen until');
    expect(status.answers).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('of the policy for all holds every namespace until it is taken away, and counts as stalled', async () => {
    const freezes: MemoryFreezes = new Map([['serin-system/cluster', { stop: 'incident 4711' }]]);
    const scene = memoryWorld({ settings: two, freezes });

    const held = await runFor(scene, 10 * minuteMs);
    freezes.clear();
    const { status } = await runUntil(scene, over);

    expect(held?.status).toMatchObject({ phase: 'pending', stalled: { reason: 'Frozen' } });
    expect(held?.status.message).toContain(
      'Everything is stopped by CanaryPolicy serin-system/cluster: incident 4711.',
    );
    expect(status.phase).toBe('promoted');
    expect(said(scene, 'Frozen')).toHaveLength(2);
  });

  it('of another namespace stops nothing here', async () => {
    const scene = memoryWorld({ settings: two, freezes: new Map([['elsewhere/usual', { stop: 'theirs' }]]) });

    expect((await runUntil(scene, over)).status.phase).toBe('promoted');
  });
});

describe('freezes that cannot be read', () => {
  it('hold forward moves with the reason, and no rollback', async () => {
    const scene = memoryWorld({ settings: two });
    await runUntil(scene, baking(0));
    const blind = { ...scene.world, freezes: { declared: () => Promise.reject(new Error('Listing was refused.')) } };

    const held = await runFor(scene, 8 * minuteMs, { through: blind });
    await scene.ask('abort');
    const { status } = await runUntil(scene, over, { through: blind });

    expect(held?.status).toMatchObject({ phase: 'baking', step: 0, reason: 'Frozen' });
    expect(held?.status.message).toContain('cannot be read, so that nothing moves forward: Listing was refused.');
    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
  });

  it('hold as long as a window makes no sense', async () => {
    const freezes: MemoryFreezes = new Map([
      ['shop/usual', { freeze: [{ name: 'odd', timeZone: 'Mars', days: ['Sat'] }] }],
    ]);
    const scene = memoryWorld({ settings: two, freezes });

    const held = await runFor(scene, 8 * minuteMs);

    expect(held?.status.message).toContain('spec.freeze[0] of CanaryPolicy shop/usual has the time zone "Mars"');
  });
});

describe('remembered freezes', () => {
  it('are read once in five seconds for each namespace, and a failure is not remembered', async () => {
    const asked: string[] = [];
    let time = dawn;
    let fails = false;
    const freezes = rememberingFreezes(
      {
        declared: (namespace) => {
          asked.push(namespace);
          return fails ? Promise.reject(new Error('down')) : Promise.resolve([]);
        },
      },
      { now: () => time },
    );

    await freezes.declared('shop');
    await freezes.declared('shop');
    await freezes.declared('other');
    time += 5_000;
    fails = true;
    await expect(freezes.declared('shop')).rejects.toThrow('down');
    fails = false;
    await freezes.declared('shop');

    expect(asked).toEqual(['shop', 'other', 'shop', 'shop']);
  });
});

/** From so many minutes after dawn to so many. */
function window(from: number, to: number): Readonly<Record<string, string>> {
  return {
    name: 'patching',
    reason: 'the database is moved',
    from: formatInstant(dawn + from * minuteMs),
    to: formatInstant(dawn + to * minuteMs),
  };
}

function baking(step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === 'baking' && status.step === step;
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}

function said({ said: all }: MemoryWorld, reason: string): readonly string[] {
  return all.filter((one) => one.reason === reason).map(({ message }) => message);
}
