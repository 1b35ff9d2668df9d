// A managed Deployment that is adopted and at rest, and what tests ask of it.
import type { Workload } from '../../src/controller/ports.ts';
import { type ManagedOptions, type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor } from '../support/run.ts';

/** A plan of two steps. */
export const short = { steps: '25,100' };

/** A world whose Deployment is adopted and at rest. */
export async function adopted(options: ManagedOptions = {}): Promise<ManagedWorld> {
  const scene = managedWorld({ settings: short, ...options });
  await runFor(scene, 60_000);
  return scene;
}

/** The Deployment as it is now. */
export async function checkout(scene: ManagedWorld): Promise<Workload> {
  const found = await scene.workloads.get('shop', 'checkout');
  if (found === undefined) throw new Error('checkout is gone');
  return found;
}

/** The reasons of all Events, oldest first. */
export function reasons(scene: ManagedWorld): readonly string[] {
  return scene.said.map(({ reason }) => reason);
}
