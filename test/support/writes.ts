// Every write a world makes through its ports, one by one: to be written down, to fail, or to be kept waiting.
import type { World } from '../../src/controller/world.ts';

/** A write as it was asked for. */
export interface Write {
  readonly port: 'rollouts' | 'mesh' | 'targets' | 'events' | 'copies' | 'holds';
  readonly verb: string;
  /** What was asked to be written; for `rollouts.save` the status. */
  readonly what: unknown;
}

/** Called in place of each write. `perform` makes it, and is to be called at most once. */
export type Around = <T>(write: Write, perform: () => Promise<T>) => Promise<T>;

/** The same world with something around each of its writes. Reads pass as they are. */
export function aroundWrites(world: World, around: Around): World {
  const { rollouts, mesh, targets, events, copies, holds } = world;
  function of(port: Write['port'], verb: string, what: unknown): Write {
    return { port, verb, what };
  }
  return {
    ...world,
    rollouts: {
      ...rollouts,
      create: (id, spec, status) => around(of('rollouts', 'create', id), () => rollouts.create(id, spec, status)),
      save: (rollout, status) => around(of('rollouts', 'save', status), () => rollouts.save(rollout, status)),
      release: (rollout) => around(of('rollouts', 'release', rollout.id), () => rollouts.release(rollout)),
      remove: (rollout) => around(of('rollouts', 'remove', rollout.id), () => rollouts.remove(rollout)),
    },
    mesh: {
      ...mesh,
      change: (route, view, change) => around(of('mesh', 'change', change), () => mesh.change(route, view, change)),
      disown: (route) => around(of('mesh', 'disown', route), () => mesh.disown(route)),
      define: (lanes, subset) => around(of('mesh', 'define', subset.stem), () => mesh.define(lanes, subset)),
      undefine: (made) => around(of('mesh', 'undefine', made), () => mesh.undefine(made)),
    },
    copies: {
      ...copies,
      create: (target, copy) => around(of('copies', 'create', copy), () => copies.create(target, copy)),
      scale: (namespace, name, replicas) =>
        around(of('copies', 'scale', replicas), () => copies.scale(namespace, name, replicas)),
      remove: (namespace, name) => around(of('copies', 'remove', name), () => copies.remove(namespace, name)),
    },
    holds: {
      ...holds,
      pause: (namespace, name) => around(of('holds', 'pause', name), () => holds.pause(namespace, name)),
      lift: (workload) => around(of('holds', 'lift', workload.name), () => holds.lift(workload)),
      reject: (namespace, name, message) =>
        around(of('holds', 'reject', message), () => holds.reject(namespace, name, message)),
    },
    targets: {
      mark: (namespace, name, marks) =>
        around(of('targets', 'mark', marks), () => targets.mark(namespace, name, marks)),
      accept: (namespace, name, refusal) =>
        around(of('targets', 'accept', refusal), () => targets.accept(namespace, name, refusal)),
    },
    events: {
      announce: (announcement) => around(of('events', 'announce', announcement), () => events.announce(announcement)),
    },
  };
}

/** The same world with something around each of its reads of rollouts, routes and Deployments. */
export function aroundReads(world: World, around: <T>(perform: () => Promise<T>) => Promise<T>): World {
  const { rollouts, mesh, workloads } = world;
  return {
    ...world,
    rollouts: {
      ...rollouts,
      get: (id) => around(() => rollouts.get(id)),
      list: (namespace) => around(() => rollouts.list(namespace)),
    },
    mesh: {
      ...mesh,
      view: (route) => around(() => mesh.view(route)),
      locate: (stable, canary, asked) => around(() => mesh.locate(stable, canary, asked)),
    },
    workloads: { ...workloads, get: (namespace, name) => around(() => workloads.get(namespace, name)) },
  };
}

/** A write, and what came of it. */
export interface Written extends Write {
  readonly result: unknown;
}

/** What was written to routes, in that order: weights by their number, a restore or unclaim by its kind. Lost races left out. */
export function routeWrites(writes: readonly Written[]): readonly (number | string)[] {
  return writes
    .filter(isRouteChange)
    .filter(({ result }) => result.kind === 'written')
    .map(({ what }) => (what.kind === 'weights' ? what.canary : what.kind));
}

type RouteWrite = Written & {
  readonly what: Parameters<World['mesh']['change']>[2];
  readonly result: Awaited<ReturnType<World['mesh']['change']>>;
};

function isRouteChange(write: Written): write is RouteWrite {
  return write.port === 'mesh' && write.verb === 'change';
}
