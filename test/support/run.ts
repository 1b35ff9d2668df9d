// Runs a controller in a simulated world: begins, ticks what is due, and lets time pass to the next due moment.
import { begin } from '../../src/controller/begin.ts';
import { type Ticked, tick } from '../../src/controller/tick.ts';
import type { World } from '../../src/controller/world.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import { formatDuration, type Instant, type Millis } from '../../src/domain/time.ts';
import { slotMs } from './world.ts';

/** What a run needs of a world. */
export interface Scene {
  readonly world: World;
  now(): Instant;
  /** How often something was changed that a watch would tell of. */
  changes(): number;
  pass(ms: Millis): void;
  /** The newest rollout. */
  rollout(): Promise<Rollout | undefined>;
  rollouts(): Promise<readonly Rollout[]>;
  /** The Deployments that may ask for something; those of the pair unless given. */
  readonly deployments?: readonly string[];
}

/** How a run goes. */
export interface RunOptions {
  /** Simulated time after which the run has failed. */
  readonly withinMs?: Millis;
  /** The ports to work through, when not the world's own. */
  readonly through?: World;
}

const pair = ['reviews-v1', 'reviews-v2', 'reviews-v3'];
const dues = new WeakMap<Scene, Map<string, { readonly seen: string; readonly due: Instant }>>();

/**
 * Runs until the newest rollout is as wanted, and gives it. Whatever a watch would tell rings a rollout at once; else it is
 * ticked when it said it was due, and never between.
 */
export async function runUntil(
  scene: Scene,
  wanted: (rollout: Rollout) => boolean,
  { withinMs = 7_200_000, through = scene.world }: RunOptions = {},
): Promise<Rollout> {
  const deadline = scene.now() + withinMs;
  for (;;) {
    const next = await round(scene, through);
    const rollout = await scene.rollout();
    if (rollout !== undefined && wanted(rollout)) return rollout;
    if (scene.now() >= deadline) throw new Error(unreached(rollout, withinMs));
    scene.pass(Math.max(1, Math.min(next, deadline) - scene.now()));
  }
}

/** Runs for so long, whatever happens. */
export async function runFor(scene: Scene, ms: Millis, options: RunOptions = {}): Promise<Rollout | undefined> {
  const end = scene.now() + ms;
  for (;;) {
    const next = await round(scene, options.through ?? scene.world);
    if (scene.now() >= end) return scene.rollout();
    scene.pass(Math.max(1, Math.min(next, end) - scene.now()));
  }
}

/** Begins what is to begin, ticks what is due now, and gives the next moment at which something is. */
export async function round(scene: Scene, through: World = scene.world): Promise<Instant> {
  for (const name of scene.deployments ?? pair) await begin(through, 'shop', name);
  const known = dues.get(scene) ?? new Map<string, { readonly seen: string; readonly due: Instant }>();
  dues.set(scene, known);
  let next = scene.now() + slotMs;
  for (const { id, uid, generation, deleting } of await scene.rollouts()) {
    const seen = `${generation} ${deleting} ${scene.changes()}`;
    const before = known.get(uid);
    const rings = before?.seen !== seen || scene.now() >= before.due;
    const due = rings ? dueAfter(await tick(through, id)) : before.due;
    known.set(uid, { seen, due });
    next = Math.min(next, due);
  }
  return next;
}

function dueAfter(ticked: Ticked): Instant {
  return ticked.kind === 'until' && ticked.due !== undefined ? ticked.due : Number.POSITIVE_INFINITY;
}

function unreached(rollout: Rollout | undefined, withinMs: Millis): string {
  const stands =
    rollout === undefined
      ? 'There is no rollout.'
      : `${rollout.id.name} is ${rollout.status.phase} at step ${rollout.status.step}: ${rollout.status.reason}: ${rollout.status.message}`;
  return `Not reached within ${formatDuration(withinMs)} of simulated time. ${stands}`;
}
