// A controller's world in memory around one managed Deployment: `checkout` in the namespace `shop`, four pods, one Service, and a
// VirtualService to the plain host unless it is left out.
import { z } from 'zod';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import { memoryCopies } from '../../src/adapters/memory/copies.ts';
import { memoryEvents } from '../../src/adapters/memory/events.ts';
import { memoryGauge } from '../../src/adapters/memory/gauge.ts';
import { memoryHolds } from '../../src/adapters/memory/holds.ts';
import { type MemoryMesh, memoryMesh } from '../../src/adapters/memory/mesh.ts';
import { type MemoryMetrics, memoryMetrics } from '../../src/adapters/memory/metrics.ts';
import { memoryPolicies } from '../../src/adapters/memory/policies.ts';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { memoryTargets } from '../../src/adapters/memory/targets.ts';
import { memoryWakes } from '../../src/adapters/memory/wakes.ts';
import { type MemoryWorkloads, memoryWorkloads } from '../../src/adapters/memory/workloads.ts';
import { gauges } from '../../src/controller/gauges.ts';
import { evidenceLedger } from '../../src/controller/ledger.ts';
import { silentLog } from '../../src/controller/log.ts';
import type { Announcement, Finding } from '../../src/controller/ports.ts';
import type { World } from '../../src/controller/world.ts';
import type { Request } from '../../src/domain/people.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { Millis } from '../../src/domain/time.ts';
import { aWorkload } from './builders.ts';
import { simulatedClock } from './clock.ts';
import type { Scene } from './run.ts';
import { type Traffic, trafficOf } from './traffic.ts';
import { settleMs, slotMs } from './world.ts';
import { aroundWrites, type Written } from './writes.ts';

/** What a managed world begins with. */
export interface ManagedOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether a policy pauses the Deployment in the write that changes its template; else it is paused at rest. */
  readonly automatic?: boolean;
  /** Whether there is a VirtualService of the user's. */
  readonly routed?: boolean;
  readonly replicas?: number;
}

/** A managed world, and what a test does to it and wants to know of it. */
export interface ManagedWorld extends Scene {
  readonly traffic: Traffic;
  readonly metrics: MemoryMetrics;
  readonly mesh: MemoryMesh;
  readonly workloads: MemoryWorkloads;
  readonly writes: readonly Written[];
  readonly said: readonly Announcement[];
  /** What the doctor finds from now on. */
  findings: readonly Finding[];
  /** Changes the template as a user does: its revision, and pods named after it. */
  release(revision: string): Promise<void>;
  annotate(settings: Readonly<Record<string, string>> | undefined): Promise<void>;
  scale(replicas: number): void;
  /** Applies the user's VirtualService again, as it was. */
  reapply(): void;
  ask(verb: Request['verb']): Promise<void>;
  discard(): Promise<void>;
  rejection(): string | undefined;
  /** The VirtualService as its user wrote it; undefined when there is none. */
  route(): unknown;
  /** Percent of the requests by Deployment, as the routes have it now; plain destinations reach every pod. */
  split(): Promise<Readonly<Record<string, number>>>;
  /** Names of Serin's own objects that there are. */
  leftovers(): Promise<readonly string[]>;
}

const lagMs = 1_000;
const beforeMs = 300_000;
const virtualService = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({
    http: z.array(
      z.looseObject({
        route: z.array(
          z.looseObject({ destination: z.looseObject({ subset: z.string().optional() }), weight: z.int().optional() }),
        ),
      }),
    ),
  }),
});

/** A world in which `checkout` asks for canaries, and nobody has looked at it yet. */
export function managedWorld(options: ManagedOptions = {}): ManagedWorld {
  const { settings = {}, automatic = true, routed = true, replicas = 4 } = options;
  const clock = simulatedClock();
  const rollouts = memoryRollouts({ clock });
  const workloads = memoryWorkloads();
  const holds = memoryHolds(workloads, { automatic });
  const events = memoryEvents({ clock });
  const mesh = memoryMesh(istioMesh);
  const metrics = memoryMetrics();
  const traffic: Traffic = { rps: 100, errors: { checkout: 0.002 } };
  const serve = trafficOf(metrics, traffic, 'checkout.shop.svc.cluster.local');
  const writes: Written[] = [];
  let asked = 0;
  let changes = 0;

  const ports: World = {
    clock,
    rollouts,
    workloads,
    copies: memoryCopies(workloads),
    holds,
    metrics,
    policies: memoryPolicies({}),
    targets: memoryTargets(workloads),
    events,
    mesh,
    ledger: evidenceLedger({ metrics, clock, subjects: () => [], slotMs, lagMs }),
    gauges: gauges({ gauge: memoryGauge(), clock, slotMs }),
    doctor: { examine: async () => scene.findings },
    wakes: memoryWakes({ clock, sweepMs: 30_000 }),
    log: silentLog,
    slotMs,
    settleMs,
    lagMs,
  };

  function putRoute(): void {
    const metadata = { namespace: 'shop', name: 'checkout' };
    const route = [{ destination: { host: 'checkout' } }];
    mesh.put('virtualservices', {
      metadata,
      spec: { hosts: ['checkout'], http: [{ name: 'main', route, timeout: '5s' }] },
    });
  }

  async function newest(): Promise<Rollout | undefined> {
    const all = await rollouts.list('shop');
    return all.toSorted((a, b) => a.createdAt - b.createdAt || a.spec.attempt - b.spec.attempt).at(-1);
  }

  async function theNewest(): Promise<Rollout> {
    const rollout = await newest();
    if (rollout === undefined) throw new Error('There is no rollout.');
    return rollout;
  }

  function routes(): z.infer<typeof virtualService>['spec']['http'] {
    const found = mesh.read('shop', 'checkout') ?? mesh.read('shop', 'serin-checkout');
    return found === undefined ? [] : virtualService.parse(found).spec.http;
  }

  function share(): Readonly<Record<string, number>> {
    const legs = routes()[0]?.route ?? [{ destination: {}, weight: 100 }];
    const total = legs.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
    const sums = new Map<string, number>();
    for (const { destination, weight } of legs) {
      const percent = legs.length === 1 ? 100 : (100 * (weight ?? 0)) / total;
      for (const [name, part] of reached(destination.subset)) sums.set(name, (sums.get(name) ?? 0) + percent * part);
    }
    return Object.fromEntries(sums);
  }

  /** Whose pods a destination reaches, by part. */
  function reached(subset: string | undefined): readonly (readonly [string, number])[] {
    const revision = /^serin-canary-([^-]+)/.exec(subset ?? '')?.[1];
    if (revision !== undefined) return [[`checkout-${revision}`, 1]];
    if (subset !== undefined) return [['checkout', 1]];
    const pods = workloads.all().filter(({ readyReplicas }) => readyReplicas > 0);
    const all = pods.reduce((sum, { readyReplicas }) => sum + readyReplicas, 0);
    return pods.map(({ name, readyReplicas }) => [name, readyReplicas / all] as const);
  }

  async function annotate(next: Readonly<Record<string, string>> | undefined): Promise<void> {
    changes += 1;
    const { annotations = {} } = (await workloads.get('shop', 'checkout')) ?? {};
    const marks = Object.entries(annotations).filter(([key]) => /\/(phase|rollout|last|stable|held)$/.test(key));
    const wanted = next === undefined ? [] : Object.entries({ canary: 'enabled', ...next });
    const written = wanted.map(([key, value]) => [`serin.dev/${key}`, value] as const);
    workloads.annotate('shop', 'checkout', Object.fromEntries([...marks, ...written]));
  }

  const podLabels = { app: 'checkout' };
  workloads.put(
    aWorkload({
      name: 'checkout',
      hash: 'h1',
      revision: 'r1',
      images: ['checkout:1'],
      podLabels,
      replicas,
      readyReplicas: replicas,
    }),
  );
  mesh.put('services', {
    metadata: { namespace: 'shop', name: 'checkout' },
    spec: { selector: podLabels, ports: [{ name: 'http', port: 80 }] },
  });
  if (routed) putRoute();
  serve(clock.now() - beforeMs, clock.now(), share());

  const scene: ManagedWorld = {
    world: aroundWrites(ports, async (write, perform) => {
      const result = await perform();
      writes.push({ ...write, result });
      return result;
    }),
    deployments: ['checkout'],
    traffic,
    metrics,
    mesh,
    workloads,
    writes,
    said: events.said,
    findings: [],
    now: () => clock.now(),
    changes: () => changes,
    pass(ms: Millis) {
      const from = clock.now();
      const before = share();
      clock.pass(ms);
      serve(from, clock.now(), before);
    },
    async release(revision) {
      changes += 1;
      await holds.retemplate('shop', 'checkout', { revision, images: [`checkout:${revision}`] });
    },
    annotate,
    scale(count) {
      changes += 1;
      workloads.change('shop', 'checkout', { replicas: count });
    },
    reapply() {
      changes += 1;
      putRoute();
    },
    async ask(verb) {
      asked += 1;
      await rollouts.append((await theNewest()).id, { id: `request-${asked}`, verb, surface: 'test' });
    },
    async discard() {
      rollouts.discard((await theNewest()).id);
    },
    rejection: () => holds.rejection('shop', 'checkout'),
    route() {
      const found = mesh.read('shop', 'checkout');
      if (found === undefined) return undefined;
      const { metadata, spec } = virtualService.parse(found);
      const { managedFields: _m, resourceVersion: _r, generation: _g, ...rest } = metadata;
      return { metadata: rest, spec };
    },
    split: async () => share(),
    async leftovers() {
      const copies = workloads.all().filter(({ name }) => name !== 'checkout');
      const rules = mesh.list('destinationrules', 'shop').filter(({ metadata }) => metadata.name.startsWith('serin-'));
      const made = mesh.list('virtualservices', 'shop').filter(({ metadata }) => metadata.name.startsWith('serin-'));
      return [...copies.map(({ name }) => name), ...[...rules, ...made].map(({ metadata }) => metadata.name)];
    },
    rollout: newest,
    rollouts: () => rollouts.list('shop'),
  };
  annotate(settings).catch((error: unknown) => {
    throw error;
  });
  return scene;
}
