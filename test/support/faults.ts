// What can happen to a replica between any two of its writes: it dies, or it stands still for a while.
import type { World } from '../../src/controller/world.ts';
import { type Around, aroundReads, aroundWrites, type Write } from './writes.ts';

/** The death of a replica; nothing after the write that it is thrown at takes place. */
export class Crash extends Error {
  readonly write: Write;

  constructor(write: Write) {
    super(`The replica died at ${write.port}.${write.verb}.`);
    this.write = write;
  }
}

/** Dies at the n-th write, counted from 1: before it is made or right after. The dead write nothing more, whatever catches the death. */
export function crashAt(n: number, when: 'before' | 'after'): Around {
  let count = 0;
  return async (write, perform) => {
    count += 1;
    if (count > n || (count === n && when === 'before')) throw new Crash(write);
    const result = await perform();
    if (count === n && when === 'after') throw new Crash(write);
    return result;
  };
}

/** A replica that stands still at one moment until it is thawed. */
export interface Freeze {
  /** The world that the replica is to work through. */
  readonly world: World;
  /** Resolves once the replica stands still, to what it was about to do. */
  readonly frozen: Promise<string>;
  thaw(): void;
}

/** Stands still before the n-th write of a rollout or a route, or before the n-th read; counted from 1. */
export function freezeAt(world: World, n: number, kind: 'write' | 'read'): Freeze {
  const frozen = Promise.withResolvers<string>();
  const thawed = Promise.withResolvers<void>();
  let count = 0;
  async function pass(what: string): Promise<void> {
    count += 1;
    if (count !== n) return;
    frozen.resolve(what);
    await thawed.promise;
  }
  return {
    world:
      kind === 'read'
        ? aroundReads(world, async (perform) => {
            await pass('a read');
            return perform();
          })
        : aroundWrites(world, async ({ port, verb }, perform) => {
            if (port === 'rollouts' || port === 'mesh') await pass(`${port}.${verb}`);
            return perform();
          }),
    frozen: frozen.promise,
    thaw: () => thawed.resolve(),
  };
}
