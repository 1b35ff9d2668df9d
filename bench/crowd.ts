// A hundred rollouts that bake: raised once, released as far as a benchmark needs them.
import { setTimeout as wait } from 'node:timers/promises';
import type { Controller } from '../tools/scene/controller.ts';
import { longBake, type Pair, raisePairs, release, whenAll } from './fleet.ts';
import type { Stage } from './stage.ts';

/** A hundred pairs, of which some are under rollout. */
export interface Crowd {
  /** Releases until so many are under rollout, and resolves when all of them bake. Needs a controller that sees all namespaces. */
  bake(count: number): Promise<void>;
}

const namespaces = Array.from({ length: 10 }, (_, index) => `crowd-${index}`);
const perNamespace = 10;
/** Every so many pairs one has visitors. */
const visitedEvery = 20;
const crowds = new WeakMap<Stage, Promise<Crowd>>();

/** The crowd's size. */
export const crowdSize = namespaces.length * perNamespace;

/** The crowd of this stage, raised by whoever asks first. */
export function crowdOf(stage: Stage): Promise<Crowd> {
  const crowd = crowds.get(stage) ?? raiseCrowd(stage);
  crowds.set(stage, crowd);
  return crowd;
}

async function raiseCrowd(stage: Stage): Promise<Crowd> {
  const pairs = await raisePairs(stage, namespaces, perNamespace);
  await Promise.all(pairs.filter((_, index) => index % visitedEvery === 0).map((pair) => visit(stage, pair)));
  let released = 0;
  return {
    async bake(count) {
      await release(stage, pairs.slice(released, count), longBake);
      released = Math.max(released, count);
      await whenAll(stage, pairs.slice(0, count), 'baking', 300_000);
    },
  };
}

function visit({ mesh }: Stage, { namespace, host }: Pair): Promise<void> {
  return mesh.putLoad(namespace, host, { host, rps: 20, clientWorkload: `${host}-visitors` });
}

/** Starts the crowd's controller with this slot. The sweep is the default one. */
export function crowdController(stage: Stage, slot: string): Promise<Controller> {
  return stage.startController('crowd', { slot, settle: '1s' });
}

/** Measures over about so many slots, and gives both readings with the slots that passed between them. */
export async function overSlots<T>(
  slotMs: number,
  count: number,
  measure: () => Promise<T>,
): Promise<{ readonly before: T; readonly after: T; readonly slots: number }> {
  await wait(slotMs - ((Date.now() + slotMs / 2) % slotMs)); // the middle of a slot, so that no slot's work is cut in two
  const before = await measure();
  const from = Date.now();
  await wait(slotMs * count);
  const slots = (Date.now() - from) / slotMs;
  return { before, after: await measure(), slots };
}
