// The manifests of Istio's own example: one host, versions side by side, a route that names both by subset.

/** What a pair is made of. Names follow `host`: Deployments `<host>-v1`, `<host>-v2`. */
export interface PairOptions {
  readonly namespace: string;
  readonly host?: string;
  readonly stable?: string;
  readonly canary?: string;
  readonly replicas?: number;
  /** Annotations of the canary's pods, for KWOK to read. */
  readonly canaryPodAnnotations?: Readonly<Record<string, string>>;
  /** What tells the versions apart in the route: subsets of one Service, as unless said otherwise, or a Service for each. */
  readonly by?: 'subset' | 'service';
  /** Weights of the route; left out where undefined. */
  readonly weights?: { readonly stable?: number; readonly canary?: number };
}

type Manifest = Readonly<Record<string, unknown>>;

/** Namespace, Service, DestinationRule, VirtualService and the two Deployments, in the order they can be applied. */
export function pairManifests(options: PairOptions): readonly Manifest[] {
  const { namespace, host = 'reviews', stable = 'v1', canary = 'v2', weights = { stable: 100, canary: 0 } } = options;
  const names = { namespace, host, versions: [stable, canary] as const };
  const destinations = names.versions.map((version) =>
    options.by === 'service' ? { host: `${host}-${version}` } : { host, subset: version },
  );
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    service(names),
    ...(options.by === 'service' ? names.versions.map((version) => service(names, version)) : [destinationRule(names)]),
    virtualService(names, destinations, [weights.stable, weights.canary]),
    deployment({ namespace, host, version: stable, replicas: options.replicas ?? 2 }),
    deployment({
      namespace,
      host,
      version: canary,
      replicas: options.replicas ?? 2,
      podAnnotations: options.canaryPodAnnotations ?? {},
    }),
  ];
}

/** Manifests as one JSON list, which kubectl applies from standard input. */
export function asList(manifests: readonly Manifest[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
}

interface Names {
  readonly namespace: string;
  readonly host: string;
  readonly versions: readonly [string, string];
}

/** The Service of all versions, or of one. */
function service({ namespace, host }: Names, version?: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: version === undefined ? host : `${host}-${version}`, namespace },
    spec: {
      selector: { app: host, ...(version === undefined ? {} : { version }) },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    },
  };
}

function destinationRule({ namespace, host, versions }: Names): Manifest {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: host, namespace },
    spec: { host, subsets: versions.map((version) => ({ name: version, labels: { version } })) },
  };
}

function virtualService(
  { namespace, host }: Names,
  destinations: readonly Manifest[],
  weights: readonly (number | undefined)[],
): Manifest {
  const route = destinations.map((destination, index) => ({
    destination,
    ...(weights[index] === undefined ? {} : { weight: weights[index] }),
  }));
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: host, namespace },
    spec: { hosts: [host], http: [{ name: 'all', route }] },
  };
}

/** One version's Deployment. */
function deployment(options: {
  readonly namespace: string;
  readonly host: string;
  readonly version: string;
  readonly replicas: number;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}): Manifest {
  const { namespace, host, version, replicas, podAnnotations = {}, annotations = {} } = options;
  const labels = { app: host, version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${host}-${version}`, namespace, annotations },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: podAnnotations },
        spec: {
          containers: [{ name: host, image: `example.org/${host}:${version}`, ports: [{ containerPort: 8080 }] }],
        },
      },
    },
  };
}
