// Which routing table is in force where: a change in the cluster reaches the sidecars of a namespace after its delay.
import type { Propagation } from './control.ts';
import type { RoutingTable } from './table.ts';

/** A table and when the cluster came to be so, in milliseconds of a steady clock. */
interface Epoch {
  readonly atMs: number;
  readonly table: RoutingTable;
}

/** The tables that may still be in force somewhere, oldest first, and the delays. */
export interface History {
  readonly epochs: Epoch[];
  /** Milliseconds, for namespaces without a delay of their own. */
  delayMs: number;
  readonly delayMsOf: Map<string, number>;
}

/** A history without tables. */
export function newHistory(delayMs: number): History {
  return { epochs: [], delayMs, delayMsOf: new Map() };
}

/** Adds the newest table and forgets those that no delay can reach any more. The first one is in force at once. */
export function remember(history: History, atMs: number, table: RoutingTable): void {
  const { epochs } = history;
  epochs.push({ atMs: epochs.length === 0 ? Number.NEGATIVE_INFINITY : atMs, table });
  const longestMs = Math.max(history.delayMs, ...history.delayMsOf.values());
  const lastReached = epochs.findLastIndex((epoch) => epoch.atMs <= atMs - longestMs);
  if (lastReached > 0) epochs.splice(0, lastReached);
}

/** The table that sidecars of the namespace obey; undefined while there is none at all. */
export function inForce(history: History, namespace: string, nowMs: number): RoutingTable | undefined {
  const delayMs = history.delayMsOf.get(namespace) ?? history.delayMs;
  return (history.epochs.findLast((epoch) => epoch.atMs <= nowMs - delayMs) ?? history.epochs[0])?.table;
}

/** Sets the delay of one namespace, or of all, whose own delays are then forgotten. */
export function setDelay(history: History, propagation: Propagation): void {
  if (propagation.namespace !== undefined) {
    history.delayMsOf.set(propagation.namespace, propagation.ms);
    return;
  }
  history.delayMs = propagation.ms;
  history.delayMsOf.clear();
}
