// A replica that stands still at any one moment while another goes on, and then continues with what it knew.
import { describe, expect, it } from 'vitest';
import { tick } from '../../src/controller/tick.ts';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { endOf } from '../support/ends.ts';
import { type Freeze, freezeAt } from '../support/faults.ts';
import { round, runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

type Meanwhile = (scene: MemoryWorld) => Promise<void>;

/** What happens while the first replica stands still; the second one then runs to where nothing moves by itself. */
const stories: Readonly<Record<string, Meanwhile>> = {
  'aborts it': abort,
  'aborts it by the annotation': (scene) => scene.annotate('reviews-v2', {}),
  'sees stable change': (scene) => scene.deploy('reviews-v1', { hash: 'rev1b' }),
  'supersedes it by a newer template': (scene) => scene.deploy('reviews-v2', { hash: 'rev2b' }),
  'sees the Deployment deleted': async (scene) => scene.undeploy('reviews-v2'),
  'carries it on': async () => undefined,
};
const upToTheEnd = new Set([
  'none',
  'pending',
  'preparing',
  'shifting',
  'baking',
  'promoting',
  'finalizing',
  'promoted',
]);
const timeoutMs = 120_000;

describe('while one replica stands still', () => {
  it.each(Object.entries(stories))(
    'before any write, another %s, and the first changes nothing any more',
    async (_name, meanwhile) => {
      const phases = await standStillEverywhere(meanwhile);

      expect(phases).toEqual(upToTheEnd);
    },
    timeoutMs,
  );

  it(
    'on the way back before any write, another finishes it, and the first changes nothing any more',
    async () => {
      const phases = await standStillEverywhere(async () => undefined, 0.4);

      expect(phases).toContain('rollingBack');
    },
    timeoutMs,
  );

  it.each(['write', 'read'] as const)(
    'before any %s, another puts stable at 100, and the first cannot give the canary weight again',
    async (kind) => {
      const phases = new Set<string>();
      for (let n = 1; n < 1_000; n += 1) {
        const { scene, freeze, first, phase } = await standStillAt(n, kind, 0.002);
        if (phase === undefined) break;
        await abort(scene);
        const { status } = await runUntil(
          scene,
          (rollout) => over(rollout) || rollout.status.cleanUp === 'settleStable',
        );
        const { length } = scene.writes;
        freeze.thaw();
        await first;

        if (status.phase === 'promoted') continue;
        phases.add(phase);
        expect([n, phase, weightsIn(scene, length)]).toEqual([n, phase, []]);
      }

      expect(phases).toEqual(new Set(['none', 'pending', 'preparing', 'shifting', 'baking']));
    },
    timeoutMs,
  );

  it('about to take a rollout back, it cannot take away what another has started', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    scene.metrics.stop('Prometheus does not answer.');
    const { id, uid } = await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    await scene.annotate('reviews-v2', {});
    const freeze = freezeAt(scene.world, 1, 'write');
    const first = tick(freeze.world, id);
    await freeze.frozen;

    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', steps: '50,100' });
    scene.metrics.start();
    await runUntil(scene, ({ status }) => status.phase === 'baking');
    freeze.thaw();
    await first;

    expect(await scene.rollout()).toMatchObject({ uid, status: { phase: 'baking' } });
    expect(scene.weights()).toEqual([50, 50]);
  });
});

/** Lets a replica stand still at every one of its moments in turn; gives the phases it stood in. */
async function standStillEverywhere(meanwhile: Meanwhile, errors = 0.002): Promise<Set<string>> {
  const phases = new Set<string>();
  for (let n = 1; n < 1_000; n += 1) {
    const stood = await standStill(n, meanwhile, errors);
    if (stood === undefined) break;
    phases.add(stood.phase);
    expect([n, stood.what, stood.phase, stood.after]).toEqual([n, stood.what, stood.phase, stood.before]);
  }
  return phases;
}

interface Stood {
  /** What the replica was about to do, and where the rollout was. */
  readonly what: string;
  readonly phase: string;
  /** Where everything was before the replica went on, and once it had come to rest. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Undefined when the rollout has fewer such moments. */
async function standStill(n: number, meanwhile: Meanwhile, errors: number): Promise<Stood | undefined> {
  const { scene, freeze, first, what, phase } = await standStillAt(n, 'write', errors);
  if (what === undefined || phase === undefined) return undefined;
  await meanwhile(scene);
  await runFor(scene, 150_000);
  const before = await endOf(scene);
  freeze.thaw();
  await first.catch(() => undefined);
  await round(scene);
  const after = await endOf(scene);
  // One that had yet to begin its rollout begins it late, and the world as it is by then ends it; the route is never touched.
  return phase === 'none' ? { what, phase, before: before.route, after: after.route } : { what, phase, before, after };
}

interface Standing {
  readonly scene: MemoryWorld;
  readonly freeze: Freeze;
  /** The run of the first replica. */
  readonly first: Promise<unknown>;
  /** What it is about to do and where the rollout is; undefined when it came to the end without standing still. */
  readonly what?: string;
  readonly phase?: string;
}

async function standStillAt(n: number, kind: 'write' | 'read', errors: number): Promise<Standing> {
  const scene = memoryWorld({
    settings: { steps: '50,100', bake: '15s', 'min-requests': '10', 'error-margin': '10%' },
    weights: [100, null],
  });
  scene.traffic.errors['reviews-v2'] = errors;
  const freeze = freezeAt(scene.world, n, kind);
  const first = runUntil(scene, over, { through: freeze.world, withinMs: 300_000 });
  const what = await Promise.race([freeze.frozen, first.then(() => undefined)]);
  if (what === undefined) return { scene, freeze, first };
  return { scene, freeze, first, what, phase: (await scene.rollout())?.status.phase ?? 'none' };
}

/** The weights other than 0 that were given to the canary after so many writes. */
function weightsIn(scene: MemoryWorld, since: number): readonly (number | string)[] {
  return routeWrites(scene.writes.slice(since)).filter((write) => typeof write === 'number' && write > 0);
}

async function abort(scene: MemoryWorld): Promise<void> {
  if ((await scene.rollout()) === undefined) await round(scene);
  await scene.ask('abort');
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
