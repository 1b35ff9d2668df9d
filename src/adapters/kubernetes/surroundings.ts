// The real time and chance for following a cluster.
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../controller/ports.ts';
import type { Surroundings } from './list-watch.ts';

/** Surroundings with real timers. `trouble` is told of what is outlived. */
export function realSurroundings(clock: Clock, trouble: Surroundings['trouble']): Surroundings {
  return {
    clock,
    random: Math.random,
    pause: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    trouble,
  };
}
