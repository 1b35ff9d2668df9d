// Every write a world makes through its ports, one by one: to be written down, to fail, or to be kept waiting.
import type { World } from '../../src/controller/world.ts';

/** A write as it was asked for. */
export interface Write {
  readonly port: 'rollouts' | 'mesh' | 'targets' | 'events';
  readonly verb: string;
  /** What was asked to be written; for `rollouts.save` the status. */
  readonly what: unknown;
}

/** Called in place of each write. `perform` makes it, and is to be called at most once. */
export type Around = <T>(write: Write, perform: () => Promise<T>) => Promise<T>;

/** The same world with something around each of its writes. Reads pass as they are. */
export function aroundWrites(world: World, around: Around): World {
  const { rollouts, mesh, targets, events } = world;
  function of(port: Write['port'], verb: string, what: unknown): Write {
    return { port, verb, what };
  }
  return {
    ...world,
    rollouts: {
      ...rollouts,
      create: (id, spec, status) => around(of('rollouts', 'create', id), () => rollouts.create(id, spec, status)),
      save: (rollout, status) => around(of('rollouts', 'save', status), () => rollouts.save(rollout, status)),
      release: (id) => around(of('rollouts', 'release', id), () => rollouts.release(id)),
      remove: (id) => around(of('rollouts', 'remove', id), () => rollouts.remove(id)),
    },
    mesh: {
      ...mesh,
      change: (route, view, change) => around(of('mesh', 'change', change), () => mesh.change(route, view, change)),
      disown: (route) => around(of('mesh', 'disown', route), () => mesh.disown(route)),
    },
    targets: {
      mark: (namespace, name, marks) => around(of('targets', 'mark', marks), () => targets.mark(namespace, name, marks)),
      accept: (namespace, name, refusal) =>
        around(of('targets', 'accept', refusal), () => targets.accept(namespace, name, refusal)),
    },
    events: {
      announce: (announcement) => around(of('events', 'announce', announcement), () => events.announce(announcement)),
    },
  };
}

/** The weights among the writes of routes, in the order they were written; a restore or unclaim by its kind. */
export function routeWrites(writes: readonly Write[]): readonly (number | string)[] {
  return writes.filter(isRouteChange).map(({ what }) => (what.kind === 'weights' ? what.canary : what.kind));
}

type RouteWrite = Write & { readonly what: Parameters<World['mesh']['change']>[2] };

function isRouteChange(write: Write): write is RouteWrite {
  return write.port === 'mesh' && write.verb === 'change';
}
