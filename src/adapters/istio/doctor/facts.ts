// What an examination looks at: the two versions, and everything around them as far as it could be read.

import type { RouteProblem } from '../../../controller/mesh-port.ts';
import type { GaugeAnswer } from '../../../controller/ports.ts';
import type { CustomGate } from '../../../domain/gates/custom.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { Mode } from '../../../domain/rollout.ts';
import type { Labels, Metadata } from './fields.ts';
import type {
  Autoscaler,
  Budget,
  Deployment,
  Namespace,
  Pod,
  Quota,
  Service,
  Template,
  Webhook,
} from './kubernetes-objects.ts';
import type {
  ApiRoute,
  AuthorizationPolicy,
  Choosing,
  DestinationRule,
  Gateway,
  PeerAuthentication,
  Releaser,
  Sidecar,
  Telemetry,
  VirtualService,
} from './mesh-objects.ts';

/** Something that may not have been readable, and why not as the end of a sentence. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'unread'; readonly why: string };

/** One of the two versions that traffic is split between. */
export interface Version {
  /** The Deployment that carries it, by the name that metrics give it. */
  readonly workload: string;
  /** The labels its pods carry or will carry, those that are added to the template included. */
  readonly labels: Labels;
  readonly template: Template;
  readonly replicas: number;
}

/** What an examination is about. */
export interface Examined {
  readonly namespace: string;
  readonly mode: Mode;
  /** Whether the Deployment asks for canaries; one that does not is examined as if it asked to be managed. */
  readonly asks: boolean;
  /** What is wrong with its annotations, a sentence each. */
  readonly problems: readonly string[];
  /** Why the shared policy that they name could not be read. */
  readonly policyUnread?: string;
  readonly plan: Plan;
  /** The Deployment examined; of a pair, the canary's. */
  readonly target: Deployment;
  /** Of a managed Deployment the template that its pods run, of a pair the other Deployment's. */
  readonly stable: Version;
  readonly canary: Version;
  /** Whether a rollout is under way, so that routes are split and copies are there. */
  readonly live: boolean;
}

/** Requests that the metrics know of, of the last five minutes. Undefined where there is no such series. */
export interface Traffic {
  /** How many series of requests there are at all. */
  readonly series: number | undefined;
  /** How many of them name stable, by who reports them. */
  readonly bySource: number | undefined;
  readonly byDestination: number | undefined;
  readonly perSecond: number | undefined;
  /** Share of stable's requests that failed, as its worst reporter has it. */
  readonly failing: number | undefined;
  /** Share of stable's requests from clients outside the mesh. */
  readonly unmeshed: number | undefined;
  /** How many scrape jobs bring the same pods' series. */
  readonly jobs: number | undefined;
  readonly clusters: number | undefined;
  /** Seconds from one scrape of stable's requests to the next, by the series that was scraped most often. */
  readonly scrapeSeconds: number | undefined;
  /** Configurations that proxies refused. */
  readonly rejected: number | undefined;
  /** How long the slowest hundredth of pushes took to reach the proxies. */
  readonly convergenceSeconds: number | undefined;
}

/** A verb on a kind that the controller needs. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, as in `deployments/status`. */
  readonly resource: string;
}

/** Everything that is read, by the name that checks ask for it. */
export interface Sources {
  readonly namespaceObject: Namespace;
  readonly deployments: readonly Deployment[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  /** Services of any namespace that go by the names of those that lead to the pods. */
  readonly namesakes: readonly Metadata[];
  /** False where the cluster does not know VirtualServices. */
  readonly istioServed: boolean;
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
  readonly gateways: readonly Gateway[];
  readonly sidecars: readonly Sidecar[];
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly telemetries: readonly Telemetry[];
  /** What besides these chooses pods for Istio: RequestAuthentications, EnvoyFilters, WasmPlugins; with their kinds. */
  readonly meshChoices: readonly Chooser[];
  /** What chooses pods for Kubernetes and monitoring: NetworkPolicies, PodDisruptionBudgets, PodMonitors. */
  readonly podChoices: readonly Chooser[];
  readonly apiRoutes: readonly ApiRoute[];
  readonly autoscalers: readonly Autoscaler[];
  readonly budgets: readonly Budget[];
  readonly quotas: readonly Quota[];
  readonly releasers: readonly Releaser[];
  readonly webhooks: readonly Webhook[];
  readonly traffic: Traffic;
  /** Custom gates, each tried once with stable's name in the canary's place too: a canary has no samples yet. */
  readonly triedGates: readonly TriedGate[];
  /** Those of the controller's rights that it has not got. */
  readonly missingRights: readonly Right[];
  /** Why no rollout could take the routes; undefined when one could. */
  readonly routeProblem: RouteProblem | undefined;
  /** Whether the cluster pauses the Deployment in the very write that changes its template. */
  readonly holdsByItself: boolean;
}

/** A custom gate and what its queries gave. */
export interface TriedGate {
  readonly gate: CustomGate;
  readonly answer: GaugeAnswer;
}

/** An object that chooses pods by their labels, and what it is. */
export interface Chooser {
  readonly kind: string;
  readonly object: Choosing;
}

/** All an examination knows. */
export interface Facts {
  readonly examined: Examined;
  readonly sources: { readonly [S in keyof Sources]: Reading<Sources[S]> };
}
