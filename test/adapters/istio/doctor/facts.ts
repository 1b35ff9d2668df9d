// What the doctor looks at, healthy in every respect; a test changes the one thing it is about.
import { checks } from '../../../../src/adapters/istio/doctor/checks.ts';
import type { Chooser, Examined, Facts, Sources, Traffic } from '../../../../src/adapters/istio/doctor/facts.ts';
import {
  type Deployment,
  deploymentSchema,
  type Pod,
  plainSchema,
  podSchema,
  replicaSetSchema,
  type Service,
  serviceSchema,
} from '../../../../src/adapters/istio/doctor/kubernetes-objects.ts';
import {
  choosingSchema,
  type DestinationRule,
  destinationRuleSchema,
  type VirtualService,
  virtualServiceSchema,
} from '../../../../src/adapters/istio/doctor/mesh-objects.ts';
import { examinedOf } from '../../../../src/adapters/istio/doctor/versions.ts';
import type { Finding } from '../../../../src/controller/ports.ts';
import { parseSettings } from '../../../../src/domain/settings.ts';

type Texts = Readonly<Record<string, string>>;
type Json = Readonly<Record<string, unknown>>;

/** What of a Deployment a test cares about. */
export interface DeploymentParts {
  readonly annotations?: Texts;
  readonly labels?: Texts;
  readonly podAnnotations?: Texts;
  readonly selector?: Texts;
  readonly replicas?: number;
  readonly podSpec?: Json;
  readonly spec?: Json;
}

/** A Deployment of four pods whose pods carry `app: <name>` unless said otherwise. */
export function deployment(name: string, parts: DeploymentParts = {}): Deployment {
  const { labels = { app: name }, selector = labels, annotations = {}, podAnnotations = {}, replicas = 4 } = parts;
  return deploymentSchema.parse({
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      annotations: { 'deployment.kubernetes.io/revision': '1', ...annotations },
    },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: { metadata: { labels, annotations: podAnnotations }, spec: { containers: [app], ...parts.podSpec } },
      ...parts.spec,
    },
    status: { readyReplicas: replicas },
  });
}

const app = { name: 'app', image: 'app:1', resources: { requests: { cpu: '250m', memory: '64Mi' } } };
const sidecar = { name: 'istio-proxy', image: 'proxyv2:1.30.1', restartPolicy: 'Always' };

/** Something of which only the metadata matters. */
export function plain(metadata: Json): Sources['namespaceObject'] {
  return plainSchema.parse({ metadata });
}

/** A ready pod of a Deployment, with a native sidecar unless said otherwise. */
export function pod(
  workload: string,
  parts: {
    readonly labels?: Texts;
    readonly annotations?: Texts;
    readonly sidecar?: Json | null;
    readonly phase?: string;
    readonly ready?: boolean;
  } = {},
): Pod {
  const { labels = { app: workload }, annotations = {}, phase = 'Running', ready = true } = parts;
  const proxy = parts.sidecar === undefined ? sidecar : parts.sidecar;
  return podSchema.parse({
    metadata: {
      name: `${workload}-h1-abcde`,
      namespace: 'shop',
      labels: { ...labels, 'pod-template-hash': 'h1' },
      annotations,
      ownerReferences: [{ kind: 'ReplicaSet', name: `${workload}-h1`, uid: 'uid-rs' }],
    },
    spec: { containers: [app], initContainers: proxy === null ? [] : [proxy] },
    status: {
      phase,
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False' },
        { type: 'PodScheduled', status: phase === 'Pending' ? 'False' : 'True', message: 'Insufficient cpu.' },
      ],
    },
  });
}

/** A Service with one http port that selects `app: <name>`, unless said otherwise. */
export function service(name: string, spec: Json = {}): Service {
  const usual = {
    selector: { app: name },
    clusterIP: '10.96.0.7',
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  };
  return serviceSchema.parse({ metadata: { name, namespace: 'shop' }, spec: { ...usual, ...spec } });
}

/** A VirtualService that leads to the plain host, unless said otherwise. */
export function virtualService(name: string, spec: Json = {}, metadata: Json = {}): VirtualService {
  const usual = { hosts: [name], http: [{ name: 'main', route: [{ destination: { host: name } }] }] };
  return virtualServiceSchema.parse({
    metadata: { name, namespace: 'shop', ...metadata },
    spec: { ...usual, ...spec },
  });
}

/** A route to subsets of a host with weights: `to('reviews', { v1: 90, v2: 10 })`. */
export function to(host: string, weights: Readonly<Record<string, number>>): readonly Json[] {
  return Object.entries(weights).map(([subset, weight]) => ({ destination: { host, subset }, weight }));
}

/** A DestinationRule with a subset for each version. */
export function rule(host: string, spec: Json = {}, metadata: Json = {}): DestinationRule {
  const usual = { host, subsets: [] };
  return destinationRuleSchema.parse({
    metadata: { name: host, namespace: 'shop', ...metadata },
    spec: { ...usual, ...spec },
  });
}

/** Something of a kind that selects pods. */
export function chooser(kind: string, matchLabels: Texts, namespace = 'shop'): Chooser {
  const spec = kind === 'NetworkPolicy' ? { podSelector: { matchLabels } } : { selector: { matchLabels } };
  return { kind, object: choosingSchema.parse({ metadata: { name: 'some', namespace }, spec }) };
}

/** The metrics of a service with a hundred requests a second. */
export const ordinaryTraffic: Traffic = {
  series: 40,
  bySource: 8,
  byDestination: 4,
  perSecond: 100,
  failing: 0.001,
  unmeshed: 0,
  jobs: 1,
  clusters: 1,
  scrapeSeconds: 15,
  rejected: 0,
  convergenceSeconds: 0.2,
};

/** What a test changes. */
export interface FactsParts {
  readonly examined?: Partial<Examined>;
  readonly target?: DeploymentParts;
  /** The labels of the pods that run, where the template says others. */
  readonly runs?: DeploymentParts;
  readonly sources?: Partial<Sources>;
  readonly unread?: readonly (keyof Sources)[];
}

const usual: Sources = {
  namespaceObject: plainSchema.parse({ metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } }),
  deployments: [],
  pods: [],
  services: [],
  namesakes: [],
  istioServed: true,
  virtualServices: [],
  destinationRules: [],
  gateways: [],
  sidecars: [],
  peerAuthentications: [],
  authorizationPolicies: [],
  telemetries: [],
  meshChoices: [],
  podChoices: [],
  apiRoutes: [],
  autoscalers: [],
  budgets: [],
  quotas: [],
  releasers: [],
  webhooks: [
    {
      metadata: plainSchema.parse({ metadata: { name: 'istio-validator' } }).metadata,
      webhooks: [{ name: 'v', failurePolicy: 'Fail', rules: [{ apiGroups: ['networking.istio.io'] }] }],
    },
  ],
  traffic: ordinaryTraffic,
  triedGates: [],
  missingRights: [],
  routeProblem: undefined,
  holdsByItself: true,
};

function factsOf(
  examined: Examined,
  around: Partial<Sources>,
  { sources = {}, unread = [], ...parts }: FactsParts,
): Facts {
  const all: Sources = { ...usual, ...around, ...sources };
  const read = Object.entries(all).map(([name, value]) =>
    (unread as readonly string[]).includes(name)
      ? [name, { kind: 'unread', why: `${name} may not be listed.` }]
      : [name, { kind: 'read', value }],
  );
  return { examined: { ...examined, ...parts.examined }, sources: Object.fromEntries(read) as Facts['sources'] };
}

/** `checkout`, managed and at rest: a Service, a VirtualService to the plain host, four pods. */
export function managed(parts: FactsParts = {}): Facts {
  const target = deployment('checkout', parts.target);
  const annotations = { 'serin.dev/canary': 'enabled', ...parts.target?.annotations };
  const runs = deployment('checkout', parts.runs ?? parts.target).spec.template;
  const sets = [
    replicaSetSchema.parse({
      metadata: {
        name: 'checkout-h1',
        annotations: { 'deployment.kubernetes.io/revision': '1' },
        labels: { 'pod-template-hash': 'h1' },
        ownerReferences: [{ kind: 'Deployment', name: 'checkout', uid: 'uid-checkout' }],
      },
      spec: {
        replicas: 4,
        template: {
          ...runs,
          metadata: { ...runs.metadata, labels: { ...runs.metadata.labels, 'pod-template-hash': 'h1' } },
        },
      },
    }),
  ];
  const examined = examinedOf(target, parseSettings('checkout', annotations), sets, undefined);
  const pods = Array.from({ length: 4 }, () => pod('checkout', { labels: runs.metadata.labels }));
  const around = {
    deployments: [target],
    pods,
    services: [service('checkout')],
    virtualServices: [virtualService('checkout')],
  };
  return factsOf(examined, around, parts);
}

/** reviews-v2 as the canary of reviews-v1, as Istio's own example has them; `target` is the canary and `runs` stable. */
export function pair(parts: FactsParts = {}): Facts {
  const labels = (version: string): Texts => ({ app: 'reviews', version });
  const asks = { 'serin.dev/canary-of': 'reviews-v1' };
  const stable = deployment('reviews-v1', { labels: labels('v1'), ...parts.runs });
  const target = deployment('reviews-v2', { labels: labels('v2'), annotations: asks, ...parts.target });
  const examined = examinedOf(target, parseSettings('reviews-v2', asks), [], stable);
  const around = {
    deployments: [stable, target],
    pods: ['v1', 'v2'].map((version) => pod(`reviews-${version}`, { labels: labels(version) })),
    services: [service('reviews')],
    virtualServices: [
      virtualService('reviews', { http: [{ name: 'main', route: to('reviews', { v1: 100, v2: 0 }) }] }),
    ],
    destinationRules: [
      rule('reviews', { subsets: ['v1', 'v2'].map((version) => ({ name: version, labels: { version } })) }),
    ],
  };
  return factsOf(examined, around, parts);
}

/** What one check finds. */
export function finding(id: string, facts: Facts): Finding {
  const found = checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`There is no check ${id}.`);
  return found.examine(facts);
}
