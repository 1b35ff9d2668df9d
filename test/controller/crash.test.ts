// A controller that dies before or after any one of its writes, and another that carries on.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { type Act, actOut, type Death, type Fault } from '../support/dying.ts';
import { endOf } from '../support/ends.ts';
import { Crash } from '../support/faults.ts';
import { round, runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';
import { aroundWrites, routeWrites } from '../support/writes.ts';

interface Story {
  readonly setUp?: (scene: MemoryWorld) => void;
  readonly acts: readonly Act<MemoryWorld>[];
  /** What is written to the route, crash or no crash. */
  readonly written: readonly (number | string)[];
  /** Phases in which a death has to be survived. */
  readonly phases: readonly string[];
}

const stories: Readonly<Record<string, Story>> = {
  'is promoted': {
    acts: [[over]],
    written: [0, 50, 100, 'unclaim'],
    phases: ['pending', 'preparing', 'shifting', 'baking', 'promoting', 'finalizing', 'promoted'],
  },
  'fails a gate': {
    setUp: ({ traffic }) => {
      traffic.errors['reviews-v2'] = 0.4;
    },
    acts: [[over]],
    written: [0, 50, 0, 'restore'],
    phases: ['pending', 'preparing', 'shifting', 'baking', 'rollingBack', 'rolledBack'],
  },
  'is aborted while its weight settles': {
    acts: [[({ status }) => status.phase === 'shifting', (scene) => scene.ask('abort')], [over]],
    written: [0, 50, 0, 'restore'],
    phases: ['pending', 'preparing', 'shifting', 'rollingBack', 'rolledBack'],
  },
  'is aborted and tried again': {
    acts: [
      [({ status }) => status.phase === 'baking', (scene) => scene.ask('abort')],
      [over, (scene) => scene.ask('retry')],
      [({ spec, status }) => spec.attempt === 2 && isFinal(status.phase)],
    ],
    written: [0, 50, 0, 'restore', 0, 50, 100, 'unclaim'],
    phases: [
      'pending',
      'preparing',
      'shifting',
      'baking',
      'promoting',
      'finalizing',
      'promoted',
      'rollingBack',
      'rolledBack',
    ],
  },
  'is planned anew while it waits': {
    setUp: ({ metrics }) => metrics.stop('Prometheus does not answer.'),
    acts: [
      [
        ({ status }) => status.reason === 'SourceUnreachable',
        (scene) => scene.annotate('reviews-v2', settings('40,100')),
      ],
      [({ spec }) => spec.plan.steps[0] === 40, async ({ metrics }) => metrics.start()],
      [over],
    ],
    written: [0, 40, 100, 'unclaim'],
    phases: ['pending', 'preparing', 'shifting', 'baking', 'promoting', 'finalizing', 'promoted'],
  },
};

describe.each(Object.entries(stories))('a rollout that %s', (_name, story) => {
  it.each(['before', 'after'] as const)(
    'comes to the same end when the controller dies %s any of its writes',
    async (when) => {
      const expected = await endOf(await play(story));
      const survived = new Set<string>();

      for (let n = 1; n < 500; n += 1) {
        const crashed = await play(story, { n, when });
        if (crashed.died === undefined) break;
        if (crashed.died.phase !== 'none') survived.add(crashed.died.phase);
        expect([crashed.died, await endOf(crashed)]).toEqual([crashed.died, expected]);
        expect([crashed.died, routeWrites(crashed.writes)]).toEqual([crashed.died, story.written]);
      }

      expect(survived).toEqual(new Set(story.phases));
    },
    120_000,
  );
});

it('gives up the fields of a weight that it died right after writing', async () => {
  const scene = memoryWorld({ settings: settings('50,100') });
  let changes = 0;
  const dying = aroundWrites(scene.world, async (write, perform) => {
    const result = await perform();
    changes += write.verb === 'change' ? 1 : 0;
    if (changes === 2) throw new Crash(write);
    return result;
  });
  await expect(runUntil(scene, over, { through: dying })).rejects.toThrow('The replica died at mesh.change.');
  expect([scene.weights(), scene.owners()]).toEqual([
    [50, 50],
    ['user', 'serin'],
  ]);

  await round(scene);

  expect([scene.weights(), scene.owners()]).toEqual([[50, 50], ['user']]);
  expect((await scene.rollout())?.status.phase).toBe('shifting');
});

async function play(story: Story, fault?: Fault): Promise<MemoryWorld & { readonly died?: Death }> {
  const scene = memoryWorld({ settings: settings('50,100'), weights: [100, null] });
  story.setUp?.(scene);
  const died = await actOut(scene, story.acts, fault);
  await runFor(scene, 1_000);
  return died === undefined ? scene : { ...scene, died };
}

function settings(steps: string): Readonly<Record<string, string>> {
  return { 'canary-of': 'reviews-v1', steps, bake: '15s', 'min-requests': '10', 'error-margin': '10%' };
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
