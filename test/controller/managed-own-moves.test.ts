// What Serin itself does to the routes is not blamed on anybody.
import { describe, expect, it } from 'vitest';
import type { World } from '../../src/controller/world.ts';
import { Crash } from '../support/faults.ts';
import { type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';
import { aroundWrites, routeWrites, type Write } from '../support/writes.ts';

/** A rollout whose promoted pods failed, so that it is held with all traffic back on the copy. */
async function condemned(): Promise<ManagedWorld> {
  const scene = managedWorld({ settings: { steps: '25,100' } });
  await runFor(scene, 60_000);
  await scene.release('r2');
  await runUntil(scene, ({ status }) => status.phase === 'finalizing');
  scene.traffic.errors['checkout'] = 0.5;
  await runUntil(scene, ({ status }) => status.phase === 'held');
  await runFor(scene, 30_000);
  return scene;
}

function blamed({ said }: ManagedWorld): readonly string[] {
  return said.filter(({ reason }) => reason === 'RoutesReset').map(({ about }) => about.kind);
}

describe('traffic that goes back to the copy because the promoted pods fail', () => {
  it('is the doing of nobody but Serin', async () => {
    const scene = await condemned();

    const held = await scene.rollout();

    expect(await scene.split()).toEqual({ checkout: 0, 'checkout-r2': 100 });
    expect(blamed(scene)).toEqual([]);
    expect(held?.status).toMatchObject({ corrections: 0, weight: { intended: 100, observed: 100 } });
  });

  it('is blamed on whoever puts the routes back after it', async () => {
    const scene = await condemned();

    scene.reapply();
    await runFor(scene, 30_000);

    expect(await scene.split()).toEqual({ checkout: 0, 'checkout-r2': 100 });
    expect(blamed(scene)).toEqual(['CanaryRollout', 'Deployment']);
  });
});

function movesTo({ port, verb, what }: Write, weight: number): boolean {
  if (port !== 'mesh' || verb !== 'change') return false;
  const change = what as Parameters<World['mesh']['change']>[2];
  return change.kind === 'weights' && change.canary === weight;
}

/** A replica that dies when it has written the weight, before it can save that. */
function dyingAfter(world: World, weight: number): World {
  let isDead = false;
  return aroundWrites(world, async (write, perform) => {
    if (isDead) throw new Crash(write);
    const result = await perform();
    isDead = movesTo(write, weight);
    if (isDead) throw new Crash(write);
    return result;
  });
}

describe('a weight that was written by a replica which died before it could say so', () => {
  it.each([25, 100])('of %i% stays where it is, and nobody is blamed for it', async (weight) => {
    const scene = managedWorld({ settings: { steps: '25,100' } });
    await runFor(scene, 60_000);
    await scene.release('r2');
    const through = dyingAfter(scene.world, weight);
    await expect(runUntil(scene, ({ status }) => status.phase === 'promoting', { through })).rejects.toThrow(Crash);
    const before = scene.writes.length;

    await runUntil(scene, ({ status }) => status.phase === 'baking');

    expect(routeWrites(scene.writes.slice(before))).toEqual([]);
    expect(blamed(scene)).toEqual([]);
  });
});
