// What the command needs of a managed Deployment, in memory: its generations, its copies, its hold and its template.
import { memoryGauge } from '../../../src/adapters/memory/gauge.ts';
import type { MetricsSource, PastTemplate, WholeCluster } from '../../../src/cli/cluster.ts';
import type { LanesWanted, RouteProblem, Surveyed } from '../../../src/controller/mesh-port.ts';
import type { Gauge, Generation, Metrics, PodTrouble, Workload } from '../../../src/controller/ports.ts';
import type { Slot, SlotReading } from '../../../src/domain/evidence.ts';
import type { Lanes } from '../../../src/domain/lanes.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../../../src/domain/rollout.ts';
import { aPlan, aRollout, aWorkload, dawn } from '../../support/builders.ts';

/** The managed side of a cluster in memory. */
export interface ManagedSide {
  /** Everything that was written, oldest first, in a few words each. */
  readonly acts: string[];
  /** What every Deployment has run. */
  generations: readonly Generation[];
  /** The cluster's answer to a dry run. */
  automatic: boolean | Error;
  /** How often an EndpointSlice still lists a copy's pods. */
  listed: number;
  /** How many writes of a template meet another version. */
  conflicts: number;
  unrestorable: RouteProblem | undefined;
  /** What lanes were looked for, and what is found. */
  readonly surveys: LanesWanted[];
  surveyed: Surveyed;
  /** The metrics sources that were asked, and what each gives. */
  readonly sources: MetricsSource[];
  reading: SlotReading;
  /** What it gives for each slot, where that is not always the same. */
  readings: ((slot: Slot) => SlotReading) | undefined;
  /** Another metrics source, in place of those readings. */
  metrics: Pick<Metrics, 'read'> | undefined;
  /** Single numbers; none has a sample until a test says so. */
  gauge: Gauge;
  /** Whether the user may read no Deployment. */
  forbidden: boolean;
  /** What hinders the pods of every Deployment. */
  troubles: readonly PodTrouble[];
  /** Called whenever the hold is lifted or the adoption ended. */
  onChange: (workload: Workload) => Workload | undefined;
}

type Ports = Pick<WholeCluster, 'copies' | 'holds' | 'templates' | 'adoptions'>;

/** A managed side on these Deployments, and its ports. */
export function managedSide(workloads: Map<string, Workload>): { readonly side: ManagedSide; readonly ports: Ports } {
  const side: ManagedSide = {
    acts: [],
    generations: [aGeneration()],
    automatic: true,
    listed: 0,
    conflicts: 0,
    unrestorable: undefined,
    surveys: [],
    surveyed: { kind: 'lanes', lanes: someLanes() },
    sources: [],
    reading: { kind: 'sourceDown', slot: { start: dawn, end: dawn }, message: 'Nobody answers.' },
    readings: undefined,
    metrics: undefined,
    gauge: memoryGauge(),
    forbidden: false,
    troubles: [],
    onChange: () => undefined,
  };

  function changed(name: string, parts: Partial<Workload>): void {
    const before = workloads.get(name);
    if (before === undefined) return;
    const after = { ...before, ...parts };
    workloads.set(name, side.onChange(after) ?? after);
  }

  function isConflict(): boolean {
    side.conflicts -= 1;
    return side.conflicts >= 0;
  }

  const ports: Ports = {
    copies: {
      create: () => Promise.reject(new Error('The command creates no copies.')),
      scale: async (_namespace, name, replicas) => void side.acts.push(`scale ${name} ${replicas}`),
      remove: async (_namespace, name) => void side.acts.push(`remove ${name}`),
      isListed: async () => {
        side.listed -= 1;
        return side.listed >= 0;
      },
    },
    holds: {
      pause: () => Promise.reject(new Error('The command pauses nothing.')),
      reject: () => Promise.reject(new Error('The command rejects nothing.')),
      lift: async ({ name }) => {
        side.acts.push(`lift ${name}`);
        changed(name, { paused: false, held: false });
        return 'lifted';
      },
      isAutomatic: async () => {
        if (side.automatic instanceof Error) throw side.automatic;
        return side.automatic;
      },
    },
    templates: {
      past: async () => pastOf(side.generations),
      putBack: async (workload, hash) => {
        if (isConflict()) return 'conflict';
        const wanted = side.generations.find((generation) => generation.hash === hash);
        if (wanted === undefined) return 'gone';
        side.acts.push(`put ${hash} back`);
        return wanted.revision === workload.revision ? 'same' : 'changed';
      },
      restart: async ({ name }, at) => {
        if (isConflict()) return 'conflict';
        side.acts.push(`restart ${name} ${new Date(at).toISOString()}`);
        return 'changed';
      },
    },
    adoptions: {
      list: async (namespace) =>
        [...workloads.values()].filter(
          (each) =>
            (namespace === undefined || namespace === each.namespace) &&
            (each.annotations['serin.dev/canary'] !== undefined || each.held),
        ),
      end: async (_namespace, name) => {
        side.acts.push(`end adoption of ${name}`);
        const { 'serin.dev/canary': _, ...annotations } = workloads.get(name)?.annotations ?? {};
        changed(name, { annotations });
      },
    },
  };
  return { side, ports };
}

/** The newest ReplicaSet has the highest number. */
function pastOf(generations: readonly Generation[]): readonly PastTemplate[] {
  return generations.map(({ hash, revision, images }, index) => ({
    number: generations.length - index,
    hash,
    revision,
    images,
  }));
}

/** The template that `checkout` runs, unless said otherwise. */
export function aGeneration(parts: Partial<Generation> = {}): Generation {
  return {
    hash: '5c5b46c844',
    revision: 'aaaaaaaaaa',
    podLabels: { app: 'checkout', 'pod-template-hash': '5c5b46c844' },
    images: ['checkout:1'],
    replicas: 4,
    readyReplicas: 4,
    ...parts,
  };
}

/** `checkout`, adopted and at rest. */
export function aManaged(parts: Partial<Workload> = {}): Workload {
  const { annotations, ...rest } = parts;
  return aWorkload({
    name: 'checkout',
    hash: '5c5b46c844',
    revision: 'aaaaaaaaaa',
    images: ['checkout:1'],
    podLabels: { app: 'checkout' },
    replicas: 4,
    readyReplicas: 4,
    annotations: { 'serin.dev/canary': 'enabled', 'serin.dev/stable': '5c5b46c844', ...annotations },
    ...rest,
  });
}

/** `checkout` with a new pod template, held at the old one. */
export function aChanged(parts: Partial<Workload> = {}): Workload {
  const { hash: _, ...rest } = aManaged({
    revision: 'bbbbbbbbbb',
    images: ['checkout:2'],
    paused: true,
    held: true,
    ...parts,
  });
  return rest;
}

/** The lanes of `checkout` as one VirtualService has them. */
export function someLanes(parts: Partial<Lanes> = {}): Lanes {
  return {
    kind: 'lanes',
    target: 'checkout',
    namespace: 'shop',
    hosts: ['checkout.shop.svc.cluster.local'],
    objects: [{ namespace: 'shop', name: 'checkout', made: false }],
    originals: [{ object: 'shop/checkout', protocol: 'http', index: 0, host: 'checkout', weight: null, alone: true }],
    names: { stable: 'serin-stable-5c5b46c844', canary: 'serin-canary-bbbbbbbbbb' },
    made: [
      { kind: 'DestinationRule', namespace: 'shop', name: 'serin-stable-5c5b46c844-checkout' },
      { kind: 'DestinationRule', namespace: 'shop', name: 'serin-canary-bbbbbbbbbb-checkout' },
      { kind: 'Deployment', namespace: 'shop', name: 'checkout-bbbbbbbbbb' },
    ],
    ...parts,
  };
}

/** The rollout of that change. */
export function aManagedRollout(
  parts: {
    readonly name?: string;
    readonly spec?: Partial<RolloutSpec>;
    readonly status?: Partial<RolloutStatus>;
  } = {},
): Rollout {
  return aRollout({
    id: { namespace: 'shop', name: parts.name ?? 'checkout-bbbbbbbbbb-1' },
    spec: {
      mode: 'managed',
      target: { name: 'checkout', uid: 'uid-checkout' },
      stable: { workload: 'checkout', hash: '5c5b46c844', images: ['checkout:1'] },
      canary: { workload: 'checkout-bbbbbbbbbb', hash: 'bbbbbbbbbb', images: ['checkout:2'] },
      plan: aPlan(),
      ...parts.spec,
    },
    status: { phase: 'baking', lanes: someLanes(), message: 'Baking.', ...parts.status },
  });
}
