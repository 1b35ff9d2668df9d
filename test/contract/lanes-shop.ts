// A Service whose traffic is to be split, what stands around it, and what a rollout does there.
import type { LanesWanted, RouteChange, RouteView, Written } from '../../src/controller/mesh-port.ts';
import type { Lanes } from '../../src/domain/lanes.ts';
import type { MeshBench } from './mesh-bench.ts';
import { type SeenObject, seen, viewedIn } from './mesh-seen.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the names of the stable's subsets begin with. */
export const stableStem = 'serin-stable-5c5b46c844';
/** What those of the canary's begin with. */
export const canaryStem = 'serin-canary-0a1b2c3d4e';
/** The labels of both versions' pods. */
export const podLabels = { app: 'checkout', version: 'v1' };
/** What the user's rule says of traffic. */
export const policy = { connectionPool: { tcp: { maxConnections: 7 } } };

/** The change to a weight, claimed by the first attempt. */
export function weights(canary: number, parts: Partial<Extract<RouteChange, { kind: 'weights' }>> = {}): RouteChange {
  return { kind: 'weights', canary, claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 1 }, ...parts };
}

/** A shop on a bench, with nothing in it. Everything throws what it cannot do. */
export interface Shop {
  readonly bench: MeshBench;
  /** The Service's full name. */
  readonly host: string;
  /** Creates the Service. */
  putService(parts?: Json): Promise<void>;
  /** The Service; a route with a match, one that shares its traffic with another host, and a gateway's object next door. */
  putShop(): Promise<void>;
  /** What a rollout asks of a survey. */
  wanted(parts?: Partial<LanesWanted>): LanesWanted;
  surveyed(parts?: Partial<LanesWanted>): Promise<Lanes>;
  viewed(lanes: Lanes): Promise<RouteView>;
  /** Defines the subsets of both names, which is what routes may be split by. */
  defineBoth(lanes: Lanes): Promise<void>;
  /** Views and changes. */
  write(lanes: Lanes, change: RouteChange): Promise<Written>;
  /** The change with a claim of the bench's namespace. */
  own(change: RouteChange): RouteChange;
  /** The VirtualServices of `putShop`: `checkout`, and `front` next door. */
  read(): Promise<readonly SeenObject[]>;
}

/** An empty shop on a bench. */
export function shopOn(bench: MeshBench): Shop {
  const host = `checkout.${bench.namespace}.svc.cluster.local`;

  async function putService(parts: Json = {}): Promise<void> {
    const spec = { selector: { app: 'checkout' }, ports: [{ name: 'http', port: 80 }], ...parts };
    await bench.put('services', { metadata: { name: 'checkout', namespace: bench.namespace }, spec });
  }

  async function putShop(): Promise<void> {
    await putService();
    const metadata = { name: 'checkout', namespace: bench.namespace };
    const subsets = [{ name: 'v1', labels: { version: 'v1' }, trafficPolicy: policy }];
    await bench.put('destinationrules', { metadata, spec: { host, subsets } });
    await bench.put('virtualservices', { metadata, spec: { hosts: ['checkout'], http: routes } });
    await bench.put('virtualservices', {
      metadata: { name: 'front', namespace: bench.elsewhere },
      spec: { hosts: ['shop.example.com'], gateways: ['front'], tcp: [{ route: [{ destination: { host } }] }] },
    });
  }

  function wanted(parts: Partial<LanesWanted> = {}): LanesWanted {
    return {
      namespace: bench.namespace,
      target: 'checkout',
      stableLabels: podLabels,
      canaryLabels: podLabels,
      names: { stable: stableStem, canary: canaryStem },
      rollout: `${bench.namespace}/checkout-0a1b2c3d4e-1`,
      ...parts,
    };
  }

  async function surveyed(parts: Partial<LanesWanted> = {}): Promise<Lanes> {
    const found = await bench.mesh.survey(wanted(parts));
    if (found.kind === 'problem') throw new Error(found.problem.message);
    return found.lanes;
  }

  async function defineBoth(lanes: Lanes): Promise<void> {
    const rollout = 'shop/checkout-0a1b2c3d4e-1';
    await bench.mesh.define(lanes, { stem: stableStem, labels: { 'pod-template-hash': '5c5b46c844' }, rollout });
    await bench.mesh.define(lanes, { stem: canaryStem, labels: { 'serin.dev/revision': '0a1b2c3d4e' }, rollout });
  }

  function own(change: RouteChange): RouteChange {
    if (change.kind !== 'weights') return change;
    const rollout = change.claim.rollout.replace('shop/', `${bench.namespace}/`);
    return { ...change, claim: { ...change.claim, rollout } };
  }

  return {
    bench,
    host,
    putService,
    putShop,
    wanted,
    surveyed,
    viewed: (lanes) => viewedIn(bench, lanes),
    defineBoth,
    write: async (lanes, change) => bench.mesh.change(lanes, await viewedIn(bench, lanes), own(change)),
    own,
    read: async () => [seen(await bench.read('checkout')), seen(await bench.read('front', bench.elsewhere))],
  };
}

const routes: readonly Json[] = [
  {
    name: 'mobile',
    match: [{ uri: { prefix: '/m' } }],
    route: [{ destination: { host: 'checkout', subset: 'v1' } }],
  },
  {
    name: 'everybody',
    timeout: '3s',
    route: [
      { destination: { host: 'checkout' }, weight: 90, headers: { request: { set: { track: 'main' } } } },
      { destination: { host: 'legacy' }, weight: 10 },
    ],
  },
];
