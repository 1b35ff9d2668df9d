// What is in force where: a change in the cluster reaches the sidecars of a namespace after a delay. Routes, subsets and endpoints
// each have their own, as they come by discovery services of their own, so that a route may be known before the subset it names.
import type { Propagation } from './control.ts';
import { type RoutingTable, routingTable, type Snapshot } from './table.ts';

/** What the cluster held from a moment on, in milliseconds of a steady clock. */
interface Epoch {
  readonly number: number;
  readonly atMs: number;
  readonly snapshot: Snapshot;
}

/** Milliseconds by what is delayed. */
type Delays = Readonly<Record<'routes' | 'subsets' | 'endpoints', number>>;

/** The epochs that may still be in force somewhere, oldest first, and the delays. */
export interface History {
  readonly epochs: Epoch[];
  /** For namespaces without delays of their own. */
  delays: Delays;
  readonly delaysOf: Map<string, Delays>;
  /** Tables by the numbers of the epochs they were put together from. */
  readonly tables: Map<string, RoutingTable>;
}

/** Tables kept at most; they are put together again when they are wanted after all. */
const MOST_TABLES = 100;

/** A history in which nothing has happened. */
export function newHistory(delayMs: number): History {
  return { epochs: [], delays: everything(delayMs), delaysOf: new Map(), tables: new Map() };
}

/** Adds what the cluster holds now and forgets what no delay can reach any more. The first epoch is in force at once. */
export function remember(history: History, atMs: number, snapshot: Snapshot): void {
  const { epochs } = history;
  const before = epochs.at(-1);
  epochs.push(
    before === undefined
      ? { number: 0, atMs: Number.NEGATIVE_INFINITY, snapshot }
      : { number: before.number + 1, atMs, snapshot },
  );
  const delays = [history.delays, ...history.delaysOf.values()].flatMap((each) => Object.values(each));
  const lastReached = epochs.findLastIndex((epoch) => epoch.atMs <= atMs - Math.max(...delays));
  if (lastReached > 0) epochs.splice(0, lastReached);
}

/** The table that sidecars of the namespace obey; undefined while there is none at all. The same one until something reaches them. */
export function inForce(history: History, namespace: string, nowMs: number): RoutingTable | undefined {
  const { epochs } = history;
  const delays = history.delaysOf.get(namespace) ?? history.delays;
  const reached = (delayMs: number): Epoch | undefined =>
    epochs.findLast((epoch) => epoch.atMs <= nowMs - delayMs) ?? epochs[0];
  const [routes, subsets, endpoints] = [reached(delays.routes), reached(delays.subsets), reached(delays.endpoints)];
  if (routes === undefined || subsets === undefined || endpoints === undefined) return undefined;
  return tableOf(history, routes, subsets, endpoints);
}

/** The table of the cluster as it is, which may be in force nowhere yet; undefined while there is none at all. */
export function newest(history: History): RoutingTable | undefined {
  const last = history.epochs.at(-1);
  return last === undefined ? undefined : tableOf(history, last, last, last);
}

function tableOf(history: History, routes: Epoch, subsets: Epoch, endpoints: Epoch): RoutingTable {
  const { tables } = history;
  const key = [routes.number, subsets.number, endpoints.number].join(' ');
  const known = tables.get(key);
  if (known !== undefined) return known;
  if (tables.size >= MOST_TABLES) tables.clear();
  const table = routingTable({
    ...endpoints.snapshot,
    virtualServices: routes.snapshot.virtualServices,
    destinationRules: subsets.snapshot.destinationRules,
  });
  tables.set(key, table);
  return table;
}

/** Sets the delay of one namespace, or of all, whose own delays are then forgotten. */
export function setDelay(history: History, { ms, kind, namespace }: Propagation): void {
  const before = history.delaysOf.get(namespace ?? '') ?? history.delays;
  const delays = kind === undefined ? everything(ms) : { ...before, [kind]: ms };
  if (namespace !== undefined) {
    history.delaysOf.set(namespace, delays);
    return;
  }
  history.delays = delays;
  history.delaysOf.clear();
}

function everything(ms: number): Delays {
  return { routes: ms, subsets: ms, endpoints: ms };
}
