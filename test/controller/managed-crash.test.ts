// A controller of managed Deployments that dies before or after any one of its writes, and another that carries on.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { type Act, actOut, type Death, type Fault } from '../support/dying.ts';
import { type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor } from '../support/run.ts';

const stories: Readonly<
  Record<string, { readonly acts: readonly Act<ManagedWorld>[]; readonly bad?: readonly string[] }>
> = {
  'is promoted': { acts: [[over]] },
  'fails a gate': { bad: ['checkout-r2'], acts: [[over]] },
  'is superseded': {
    acts: [
      [({ status }) => status.phase === 'baking', (scene) => scene.release('r3')],
      [({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase)],
    ],
  },
  'is stuck in promotion, and then a fixed template is applied': {
    acts: [
      [
        ({ status }) => status.phase === 'baking' && status.step === 1,
        async ({ workloads }) => {
          workloads.stick('shop', 'checkout', true);
          workloads.trouble('shop', 'checkout', [{ pod: 'x', kind: 'imagePull', message: 'ImagePullBackOff' }]);
        },
      ],
      [
        ({ status }) => status.phase === 'held',
        async (scene) => {
          scene.workloads.trouble('shop', 'checkout', []);
          await scene.release('r3');
        },
      ],
      [
        ({ spec, status }) => spec.canary.hash === 'r3' && status.phase === 'baking' && status.step === 1,
        async ({ workloads }) => workloads.stick('shop', 'checkout', false),
      ],
      [({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase)],
    ],
  },
};

// Every write in the long tests; else one in eight on each side of it, since test/e2e/managed-kill.test.ts strikes each of them.
const stride = process.env['SERIN_LONG'] === '1' ? 1 : 8;

describe.each(Object.entries(stories))('a managed rollout that %s', (_name, story) => {
  it.each(['before', 'after'] as const)(
    'comes to the same end when the controller dies %s any of its writes',
    async (when) => {
      const expected = await endOf((await play(story)).scene);
      let deaths = 0;

      for (let n = when === 'before' ? 1 : stride; n < 500; n += stride) {
        const { scene, died } = await play(story, { n, when });
        if (died === undefined) break;
        deaths += 1;
        expect([died, await endOf(scene)]).toEqual([died, expected]);
      }

      expect(deaths).toBeGreaterThan(30 / stride);
    },
    240_000,
  );
});

async function play(
  story: (typeof stories)[string],
  fault?: Fault,
): Promise<{ readonly scene: ManagedWorld; readonly died?: Death }> {
  const scene = managedWorld({
    settings: { steps: '50,100', bake: '15s', 'min-requests': '10', 'error-margin': '10%' },
  });
  await runFor(scene, 30_000);
  for (const name of story.bad ?? []) scene.traffic.errors[name] = 0.5;
  await scene.release('r2');
  const died = await actOut(scene, [...story.acts, [over]], fault);
  await runFor(scene, 40_000);
  return died === undefined ? { scene } : { scene, died };
}

async function endOf(scene: ManagedWorld): Promise<unknown> {
  const { revision, hash, paused, held, complete, annotations } = (await scene.workloads.get('shop', 'checkout')) ?? {};
  return {
    deployment: { revision, hash, paused, held, complete, annotations },
    route: scene.route(),
    leftovers: await scene.leftovers(),
    split: await scene.split(),
    // How much was counted when it failed is a matter of the moment.
    rejection: scene.rejection()?.replaceAll(/\d[\d,.]*/g, '#'),
    rollouts: (await scene.rollouts())
      .toSorted((a, b) => (a.id.name < b.id.name ? -1 : 1))
      .map(({ id, status: { phase, step, cause, promotedHash } }) => ({
        name: id.name,
        phase,
        step,
        cause,
        promotedHash,
      })),
  };
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
