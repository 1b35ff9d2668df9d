// The running mesh: loads that come due, the sidecars' counters they move, and what may be asked of them.
import { GOOD } from './behaviour.ts';
import { type Cluster, seenWhole, takeSnapshot } from './cluster.ts';
import type { Behaviour, Load } from './control.ts';
import { type Counts, count, forget } from './counts.ts';
import { exchange, replicaOf, type World } from './exchange.ts';
import { destinationLabels, sourceLabels } from './labels.ts';
import { type Meter, newMeter, record } from './meter.ts';
import type { Pod } from './objects.ts';
import { advance, type Pace, startingPace } from './pace.ts';
import { type History, inForce, newHistory, remember } from './propagation.ts';
import { keyOf, type Route, type RoutingTable, routeOf } from './table.ts';

/** A load under way. Its route is worked out once per routing table. */
interface Running {
  readonly namespace: string;
  readonly name: string;
  readonly load: Load;
  pace: Pace;
  routed: { readonly table: RoutingTable; readonly route: Route } | undefined;
}

/** A virtual client pod and its sidecar's counters. */
interface ClientPod {
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly meter: Meter;
}

/** The mesh's state. Keys are `namespace/name` throughout. */
export interface Traffic {
  readonly cluster: Cluster;
  readonly history: History;
  readonly loads: Map<string, Running>;
  readonly behaviours: Map<string, Behaviour>;
  readonly clients: Map<string, ClientPod>;
  /** Counters of real pods' sidecars, kept while the very pod exists. */
  readonly servers: Map<string, { readonly uid: string; readonly meter: Meter }>;
  readonly counts: Counts;
}

/** One hop on a network between two sidecars, both ways. */
const NETWORK_MS = 1;

/** A mesh without traffic. */
export function newTraffic(cluster: Cluster, propagationMs: number): Traffic {
  return {
    cluster,
    history: newHistory(propagationMs),
    loads: new Map(),
    behaviours: new Map(),
    clients: new Map(),
    servers: new Map(),
    counts: new Map(),
  };
}

/** Plays everything that came due until `nowMs` of a steady clock. Plays nothing before the cluster was seen whole. */
export function play(traffic: Traffic, nowMs: number): void {
  if (!seenWhole(traffic.cluster)) return;
  noticeChange(traffic);
  for (const running of traffic.loads.values()) playLoad(traffic, running, nowMs);
}

/** Starts a load, or changes it: its requests are then numbered on. */
export function startLoad(
  traffic: Traffic,
  place: { namespace: string; name: string },
  load: Load,
  nowMs: number,
): void {
  const before = traffic.loads.get(keyOf(place));
  const lowerCased = Object.entries(load.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const running: Running = {
    ...place,
    load: { ...load, headers: Object.fromEntries(lowerCased) },
    pace: before?.pace ?? startingPace(nowMs),
    routed: undefined,
  };
  traffic.loads.set(keyOf(place), running);
  addClientPods(traffic, running);
}

/** Restarts the pods of a client: their counters begin anew, and pods that no load uses any more are gone. */
export function restartClient(traffic: Traffic, namespace: string, workload: string): boolean {
  const pods = [...traffic.clients].filter(([, pod]) => pod.namespace === namespace && pod.workload === workload);
  for (const [key] of pods) traffic.clients.delete(key);
  for (const running of traffic.loads.values()) addClientPods(traffic, running);
  return pods.length > 0;
}

/** Forgets what the mesh was told of a namespace and what it did there: loads, their pods, behaviours and counts. */
export function forgetNamespace(traffic: Traffic, namespace: string): void {
  for (const told of [traffic.loads, traffic.behaviours, traffic.clients])
    for (const key of told.keys()) if (key.startsWith(`${namespace}/`)) told.delete(key);
  forget(traffic.counts, namespace);
}

/** Begins a pod's counters anew; false when there is no such pod. */
export function restartPod(traffic: Traffic, key: string): boolean {
  traffic.servers.get(key)?.meter.clear();
  traffic.clients.get(key)?.meter.clear();
  return traffic.cluster.pods.has(key) || traffic.clients.has(key);
}

/** How a pod behaves: as told, else as its template says, else well. */
export function behaviourOf(traffic: Traffic, pod: Pod): Behaviour {
  return traffic.behaviours.get(keyOf(pod.workload)) ?? pod.behaviour ?? GOOD;
}

function noticeChange(traffic: Traffic): void {
  const { cluster, history, servers } = traffic;
  const { changedAtMs } = cluster;
  if (changedAtMs === undefined) return;
  remember(history, changedAtMs, takeSnapshot(cluster));
  for (const [key, { uid }] of servers) if (cluster.pods.get(key)?.uid !== uid) servers.delete(key);
}

function playLoad(traffic: Traffic, running: Running, nowMs: number): void {
  const { load, namespace, pace } = running;
  running.pace = advance(pace, load.rps, nowMs);
  const table = inForce(traffic.history, namespace, nowMs);
  if (table === undefined) return;
  const route = routeFor(running, table);
  const world: World = {
    behaviourOf: (pod) => behaviourOf(traffic, pod),
    alive: (pod) => traffic.cluster.pods.get(keyOf(pod))?.uid === pod.uid,
  };
  const at = Math.round(performance.timeOrigin + nowMs);
  for (let n = pace.next; n < running.pace.next; n += 1) playRequest(traffic, running, n, { table, route, world, at });
}

function routeFor(running: Running, table: RoutingTable): Route {
  const { load, namespace, routed } = running;
  if (routed?.table === table) return routed.route;
  const route = routeOf(table, {
    ...load,
    namespace,
    port: load.port,
    gateway: load.gateway,
    labels: { app: load.clientWorkload },
  });
  running.routed = { table, route };
  return route;
}

function playRequest(
  traffic: Traffic,
  running: Running,
  n: number,
  mesh: { readonly table: RoutingTable; readonly route: Route; readonly world: World; readonly at: number },
): void {
  const { load, namespace, name } = running;
  const played = exchange(load, n, mesh.route, mesh.world);
  count(traffic.counts, namespace, name, played, mesh.at);
  const placed = 'pod' in played;
  const client = traffic.clients.get(clientKey(running, replicaOf(load, n)));
  if (load.meshed && client !== undefined) {
    const durationMs = played.durationMs + (placed ? NETWORK_MS : 0);
    record(client.meter, sourceLabels(namespace, load, played), durationMs);
  }
  if (!placed) return;
  const labels = destinationLabels(namespace, load, played, mesh.table.inbound.get(keyOf(played.pod)));
  if (labels !== undefined) record(serverMeter(traffic, played.pod), labels, played.durationMs);
}

function serverMeter(traffic: Traffic, pod: Pod): Meter {
  const known = traffic.servers.get(keyOf(pod));
  if (known !== undefined) return known.meter;
  const meter = newMeter();
  traffic.servers.set(keyOf(pod), { uid: pod.uid, meter });
  return meter;
}

function addClientPods(traffic: Traffic, running: Running): void {
  const { load, namespace } = running;
  if (!load.meshed) return;
  for (let replica = 0; replica < load.clientReplicas; replica += 1) {
    const key = clientKey(running, replica);
    if (traffic.clients.has(key)) continue;
    const name = `${load.clientWorkload}-${replica}`;
    traffic.clients.set(key, { namespace, name, workload: load.clientWorkload, meter: newMeter() });
  }
}

function clientKey({ namespace, load }: Running, replica: number): string {
  return `${namespace}/${load.clientWorkload}-${replica}`;
}
