// The three watches of a controller, each telling the conductor.
import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import type { ListWatch } from '../adapters/kubernetes/list-watch.ts';
import { realSurroundings } from '../adapters/kubernetes/surroundings.ts';
import { watchRollouts, watchRoutes, watchTargets } from '../adapters/kubernetes/watches.ts';
import type { Conductor } from '../controller/conductor.ts';
import type { Log } from '../controller/log.ts';
import type { Clock } from '../controller/ports.ts';

/** What the watches look at and whom they tell. */
export interface WatchesParts {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly conductor: Conductor;
  readonly namespace?: string;
}

/** The running watches by name. */
export interface Watches {
  readonly all: Readonly<Record<'deployments' | 'rollouts' | 'routes', ListWatch>>;
  start(): void;
  /** Resolves when everything was listed once, or when the signal aborts. */
  listed(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const askEveryMs = 25;

/** The watches, not yet started. Trouble is logged and outlived. */
export function controllerWatches({ cluster, clock, log, conductor, namespace }: WatchesParts): Watches {
  const around = realSurroundings(clock, (message, error) => log.warn(message, {}, error));
  const options = { cluster, around, ...(namespace === undefined ? {} : { namespace }) };
  const all = {
    deployments: watchTargets(options, (target) => conductor.targetChanged(target.namespace, target.name)),
    rollouts: watchRollouts(options, (change) =>
      change.kind === 'gone'
        ? conductor.rolloutGone(change.id)
        : conductor.rolloutChanged(change.rollout, change.byOthers),
    ),
    routes: watchRoutes(options, (route) => conductor.routeChanged(route.namespace, route.name)),
  };
  const each = Object.values(all);
  return {
    all,
    start: () => {
      for (const watch of each) watch.start();
    },
    listed: async (signal) => {
      while (!signal.aborted && each.some((watch) => !watch.listed())) await wait(askEveryMs);
    },
    stop: async () => {
      await Promise.all(each.map((watch) => watch.stop()));
    },
  };
}
