// Approvals, freezes, overrides and pauses under a controller that dies before or after any one of its writes: what a person said
// counts once, and is on record at the end.
import { describe, expect, it } from 'vitest';
import type { MemoryFreezes } from '../../src/adapters/memory/freezes.ts';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { type Act, actOut, type Death, type Fault } from '../support/dying.ts';
import { endOf } from '../support/ends.ts';
import { runFor } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

type Staged = MemoryWorld & { readonly freezes: MemoryFreezes };

interface Story {
  readonly settings?: Readonly<Record<string, string>>;
  /** Why everything is stopped at first. */
  readonly stop?: string;
  readonly acts: readonly Act<Staged>[];
  /** What is written to the route, crash or no crash. */
  readonly written: readonly (number | string)[];
}

const hotfix = { overrideFreeze: true, reason: 'login is broken' } as const;
const stories: Readonly<Record<string, Story>> = {
  'is approved after a reminder, and then promoted by a person': {
    settings: { approval: 'every-step', 'approval-timeout': '4m' },
    acts: [
      [({ status }) => status.approval?.remindedAt !== undefined, (scene) => scene.ask('approve', { step: 0 })],
      [awaiting(1), (scene) => scene.ask('promote', { step: 1, reason: 'seen' })],
      [over],
    ],
    written: [0, 50, 100, 'unclaim'],
  },
  'is approved to start': {
    settings: { approval: 'before-start' },
    acts: [
      [({ status }) => status.reason === 'AwaitingApproval', (scene) => scene.ask('approve', { step: 0 })],
      [over],
    ],
    written: [0, 50, 100, 'unclaim'],
  },
  'is answered by nobody': {
    settings: { approval: 'before-promotion', 'approval-timeout': '1m' },
    acts: [[over]],
    written: [0, 50, 100, 0, 'restore'],
  },
  'waits in a freeze, which is overridden': {
    stop: 'incident 4711',
    acts: [[frozen, (scene) => scene.ask('promote', hotfix)], [over]],
    written: [0, 50, 100, 'unclaim'],
  },
  'is held at its weight by a freeze, which is overridden': {
    acts: [
      [baking, async ({ freezes }) => void freezes.set('shop/usual', { stop: 'incident 4711' })],
      [frozen, (scene) => scene.ask('promote', { step: 0, ...hotfix })],
      [over],
    ],
    written: [0, 50, 100, 'unclaim'],
  },
  'is paused before any weight has moved': {
    stop: 'incident 4711',
    acts: [
      [frozen, (scene) => scene.ask('pause')],
      [({ status }) => status.reason === 'Paused', async ({ freezes }) => freezes.clear()],
      [({ status }) => status.reason === 'Paused', (scene) => scene.ask('resume')],
      [over],
    ],
    written: [0, 50, 100, 'unclaim'],
  },
};

// Every write in the long tests; else one in eight on each side of it.
const stride = process.env['SERIN_LONG'] === '1' ? 1 : 8;

describe.each(Object.entries(stories))('a rollout that %s', (_name, story) => {
  it.each(['before', 'after'] as const)(
    'comes to the same end when the controller dies %s any of its writes',
    async (when) => {
      const { end: expected } = await play(story);
      let deaths = 0;

      for (let n = when === 'before' ? 1 : stride; n < 500; n += stride) {
        const { died, end, written } = await play(story, { n, when });
        if (died === undefined) break;
        deaths += 1;
        expect([died, end]).toEqual([died, expected]);
        expect([died, written]).toEqual([died, story.written]);
      }

      expect(deaths).toBeGreaterThan(16 / stride);
    },
    120_000,
  );
});

interface Played {
  readonly died: Death | undefined;
  readonly end: unknown;
  readonly written: unknown;
}

async function play({ settings = {}, stop, acts }: Story, fault?: Fault): Promise<Played> {
  const freezes: MemoryFreezes = new Map(stop === undefined ? [] : [['shop/usual', { stop }]]);
  const plan = { steps: '50,100', bake: '15s', 'min-requests': '10', 'error-margin': '10%' };
  const scene = { ...memoryWorld({ settings: { ...plan, ...settings }, weights: [100, null], freezes }), freezes };
  const died = await actOut(scene, acts, fault);
  await runFor(scene, 1_000);
  const { approval, freezeOverride, pausedBy } = (await scene.rollout())?.status ?? {};
  const said = [approval?.given, freezeOverride].map((given) => given && { by: given.by, reason: given.reason });
  return { died, end: { ...(await endOf(scene)), said, pausedBy }, written: routeWrites(scene.writes) };
}

function awaiting(step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === 'awaitingApproval' && status.step === step;
}

function baking({ status }: Rollout): boolean {
  return status.phase === 'baking';
}

function frozen({ status }: Rollout): boolean {
  return status.reason === 'Frozen';
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
