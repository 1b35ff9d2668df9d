// A controller's world in memory: a service of two or three versions behind one route, with a clock that a test moves.
import { z } from 'zod';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import { memoryCopies } from '../../src/adapters/memory/copies.ts';
import { memoryEvents } from '../../src/adapters/memory/events.ts';
import { type MemoryFreezes, memoryFreezes } from '../../src/adapters/memory/freezes.ts';
import { type MemoryGauge, memoryGauge } from '../../src/adapters/memory/gauge.ts';
import { memoryHolds } from '../../src/adapters/memory/holds.ts';
import { memoryMesh } from '../../src/adapters/memory/mesh.ts';
import { type MemoryMetrics, memoryMetrics } from '../../src/adapters/memory/metrics.ts';
import { memoryPolicies } from '../../src/adapters/memory/policies.ts';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { type Acceptance, memoryTargets } from '../../src/adapters/memory/targets.ts';
import { memoryWakes } from '../../src/adapters/memory/wakes.ts';
import { memoryWorkloads } from '../../src/adapters/memory/workloads.ts';
import { gauges } from '../../src/controller/gauges.ts';
import { evidenceLedger } from '../../src/controller/ledger.ts';
import { silentLog } from '../../src/controller/log.ts';
import type { RequestDesk } from '../../src/controller/people-port.ts';
import type { Announcement, PodTrouble, Workload } from '../../src/controller/ports.ts';
import type { World } from '../../src/controller/world.ts';
import type { Request } from '../../src/domain/people.ts';
import type { Rollout, RolloutSpec } from '../../src/domain/rollout.ts';
import type { Millis } from '../../src/domain/time.ts';
import { simulatedClock } from './clock.ts';
import { ordinary, putMesh } from './reviews.ts';
import { type Traffic, trafficOf } from './traffic.ts';
import { aroundWrites, type Written } from './writes.ts';

/** What a world begins with. */
export interface WorldOptions {
  /** Annotations of `reviews-v2` besides `canary-of`, keys without the prefix. */
  readonly settings?: Settings;
  /** Shared policies by `namespace/name`. */
  readonly policies?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Freezes of policies, which a test may change while the world runs; `serin-system/cluster` holds for every namespace. */
  readonly freezes?: MemoryFreezes;
  /** The weights of the route to v1, v2 and, when there are three, v3; null for a destination without the field. */
  readonly weights?: readonly (number | null)[];
}

type Settings = Readonly<Record<string, string>>;

/** A world, what a test does to it, and what it wants to know of it. Everything is in the namespace `shop`. */
export interface MemoryWorld {
  /** What a controller is handed. */
  readonly world: World;
  /** Where requests are written. */
  readonly desk: RequestDesk;
  readonly traffic: Traffic;
  readonly metrics: MemoryMetrics;
  /** What custom gates look at. */
  readonly gauge: MemoryGauge;
  /** Everything written through the ports so far, in order. */
  readonly writes: readonly Written[];
  readonly said: readonly Announcement[];
  now(): number;
  /** How often something was changed that a watch would tell of. */
  changes(): number;
  /** Lets time pass, and traffic with it. */
  pass(ms: Millis): void;
  /** Creates a Deployment, or changes it. */
  deploy(name: string, parts?: Partial<Workload>): Promise<void>;
  /** Replaces the settings of a Deployment; without `canary-of` it asks for nothing. */
  annotate(name: string, settings: Settings): Promise<void>;
  undeploy(name: string): void;
  /** Takes away the revision of a Deployment, as if the cluster had yet to compute it. */
  unhash(name: string): Promise<void>;
  trouble(name: string, troubles: readonly PodTrouble[]): void;
  /** Whether a Deployment's annotations are understood. */
  acceptance(name: string): Acceptance | undefined;
  workload(name: string): Promise<Workload | undefined>;
  /** Asks something of the newest rollout as `kubectl edit` would, whatever else is asked; under an id of its own unless one is given. */
  ask(
    verb: Request['verb'],
    parts?: Partial<Pick<Request, 'id' | 'step' | 'reason' | 'overrideFreeze'>>,
  ): Promise<void>;
  /** Edits the newest rollout's spec as `kubectl edit` would. */
  edit(spec: Partial<Pick<RolloutSpec, 'abort' | 'paused'>>): Promise<void>;
  /** Deletes the newest rollout as `kubectl delete` would. */
  discard(): Promise<void>;
  /** Sets the canary's weight, and stable's to the rest, as another writer would. */
  meddle(canary: number, writer: string): void;
  /** Gives the route a time-out, which is no business of Serin's. */
  retime(timeout: string): void;
  /** Writes a claim on the route, as a frozen replica might. */
  claim(text: string): void;
  /** Takes the claim off the route, as a person tidying up might. */
  unclaim(): void;
  /** Takes the route's object away, or puts it back as it was. */
  unroute(): void;
  reroute(): void;
  /** The VirtualService as its user wrote it: without version, generation and owners. */
  route(): unknown;
  /** The weights that stand in it. */
  weights(): readonly (number | undefined)[];
  /** Who owns fields of it. */
  owners(): readonly string[];
  /** The newest rollout. */
  rollout(): Promise<Rollout | undefined>;
  rollouts(): Promise<readonly Rollout[]>;
}

export const slotMs = 15_000;
export const settleMs = 5_000;
const lagMs = 1_000;
const beforeMs = 300_000;
const weightPath = (index: number): string => `/spec/http/0/route/${index}/weight`;

const stored = z.looseObject({
  metadata: z.looseObject({ managedFields: z.array(z.looseObject({ manager: z.string() })) }),
  spec: z.object({ http: z.array(z.looseObject({ route: z.array(z.looseObject({ weight: z.int().optional() })) })) }),
});

/** A world in which `reviews-v2` is annotated as the canary of `reviews-v1`, and nobody has looked at it yet. */
export function memoryWorld({
  settings = {},
  policies = {},
  freezes = new Map(),
  weights = [100, 0],
}: WorldOptions = {}): MemoryWorld {
  const clock = simulatedClock();
  const rollouts = memoryRollouts({ clock });
  const workloads = memoryWorkloads();
  const targets = memoryTargets(workloads);
  const events = memoryEvents({ clock });
  const mesh = memoryMesh(istioMesh);
  const metrics = memoryMetrics();
  const gauge = memoryGauge();
  const traffic: Traffic = { rps: 100, errors: { 'reviews-v1': 0.002, 'reviews-v2': 0.002, 'reviews-v3': 0.002 } };
  const serve = trafficOf(metrics, traffic);
  const writes: Written[] = [];
  const ledger = evidenceLedger({ metrics, clock, subjects: () => [], slotMs, lagMs });
  const ports: World = {
    clock,
    rollouts,
    workloads,
    copies: memoryCopies(workloads),
    holds: memoryHolds(workloads, { automatic: true }),
    metrics,
    policies: memoryPolicies(policies),
    freezes: memoryFreezes(freezes, 'serin-system/cluster'),
    targets,
    events,
    mesh,
    ledger,
    gauges: gauges({ gauge, clock, slotMs }),
    wakes: memoryWakes({ clock, sweepMs: 30_000 }),
    log: silentLog,
    slotMs,
    settleMs,
    lagMs,
  };
  let asked = 0;
  let changes = 0;

  async function newest(): Promise<Rollout> {
    const all = await rollouts.list('shop');
    const last = all.toSorted((a, b) => a.createdAt - b.createdAt || a.spec.attempt - b.spec.attempt).at(-1);
    if (last === undefined) throw new Error('There is no rollout.');
    return last;
  }

  function virtualService(): z.infer<typeof stored> {
    return stored.parse(mesh.read('shop', 'reviews'));
  }

  function routeWeights(): readonly (number | undefined)[] {
    return (virtualService().spec.http[0]?.route ?? []).map(({ weight }) => weight);
  }

  function split(): Readonly<Record<string, number>> {
    const now = routeWeights().map((weight) => weight ?? 0);
    return Object.fromEntries(now.map((weight, index) => [`reviews-v${index + 1}`, weight]));
  }

  async function deploy(name: string, parts: Partial<Workload> = {}): Promise<void> {
    changes += 1;
    workloads.put({ ...((await workloads.get('shop', name)) ?? ordinary(name)), ...parts });
  }

  workloads.put(ordinary('reviews-v1'));
  workloads.put({ ...ordinary('reviews-v2'), annotations: written({ 'canary-of': 'reviews-v1', ...settings }) });
  putMesh(mesh, weights);
  serve(clock.now() - beforeMs, clock.now(), split());

  return {
    world: aroundWrites(ports, async (write, perform) => {
      const result = await perform();
      writes.push({ ...write, result });
      return result;
    }),
    desk: rollouts,
    traffic,
    metrics,
    gauge,
    writes,
    said: events.said,
    now: () => clock.now(),
    changes: () => changes,
    pass(ms) {
      const from = clock.now();
      clock.pass(ms);
      if (mesh.read('shop', 'reviews') !== undefined) serve(from, clock.now(), split());
    },
    deploy,
    async annotate(name, next) {
      const { annotations = {} } = (await workloads.get('shop', name)) ?? {};
      const marks = Object.entries(annotations).filter(([key]) => /\/(phase|rollout|last)$/.test(key));
      await deploy(name, { annotations: { ...Object.fromEntries(marks), ...written(next) } });
    },
    undeploy(name) {
      changes += 1;
      workloads.remove('shop', name);
    },
    async unhash(name) {
      changes += 1;
      const { hash: _, ...rest } = (await workloads.get('shop', name)) ?? ordinary(name);
      workloads.put(rest);
    },
    trouble: (name, troubles) => workloads.trouble('shop', name, troubles),
    acceptance: (name) => targets.acceptance('shop', name),
    workload: (name) => workloads.get('shop', name),
    async ask(verb, parts = {}) {
      asked += 1;
      const { id, spec } = await newest();
      const request = { id: `request-${asked}`, verb, surface: 'test', actor: 'ada', time: clock.now(), ...parts };
      if (spec.requests.some((one) => one.id === request.id)) return;
      rollouts.edit(id, { requests: [...spec.requests, request] });
    },
    async edit(spec) {
      rollouts.edit((await newest()).id, spec);
    },
    async discard() {
      rollouts.discard((await newest()).id);
    },
    meddle(canary, writer) {
      changes += 1;
      const wanted = [100 - canary, canary];
      const operations = wanted.map((value, index) => ({ op: 'add' as const, path: weightPath(index), value }));
      mesh.edit('shop', 'reviews', operations, writer);
    },
    retime(timeout) {
      changes += 1;
      mesh.edit('shop', 'reviews', [{ op: 'add', path: '/spec/http/0/timeout', value: timeout }]);
    },
    claim(text) {
      changes += 1;
      const value = { 'serin.dev/claim': text };
      mesh.edit('shop', 'reviews', [{ op: 'add', path: '/metadata/annotations', value }], 'serin');
    },
    unclaim() {
      changes += 1;
      mesh.edit('shop', 'reviews', [{ op: 'remove', path: '/metadata/annotations' }]);
    },
    unroute() {
      changes += 1;
      mesh.remove('shop', 'reviews');
    },
    reroute() {
      changes += 1;
      putMesh(mesh, weights);
    },
    route() {
      const { metadata, spec } = virtualService();
      const { managedFields: _m, resourceVersion: _r, generation: _g, ...rest } = metadata;
      return { metadata: rest, spec };
    },
    weights: routeWeights,
    owners: () => virtualService().metadata.managedFields.map(({ manager }) => manager),
    rollout: async () => ((await rollouts.list('shop')).length === 0 ? undefined : newest()),
    rollouts: () => rollouts.list('shop'),
  };
}

function written(settings: Settings): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`serin.dev/${key}`, value]));
}
