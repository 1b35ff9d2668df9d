// What the command is handed: the cluster through ports, and everything else that is not pure.

import type { Mesh } from '../controller/mesh-port.ts';
import type { Appended, RequestDesk } from '../controller/people-port.ts';
import type {
  Clock,
  Copies,
  Doctor,
  Gauge,
  Holds,
  Metrics,
  Policies,
  RolloutStore,
  Workload,
  Workloads,
} from '../controller/ports.ts';
import type { AllowedOrigin } from '../domain/allow-list.ts';
import type { QueryProblem } from '../domain/gates/query-template.ts';
import type { Answer, Request } from '../domain/people.ts';
import type { RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Terminal } from './terminal.ts';

/** Which cluster, and where in it; the words of kubectl. */
export interface ClusterFlags {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** The part of all flags that chooses the cluster. */
export function clusterFlags({ namespace, context, kubeconfig }: ClusterFlags): ClusterFlags {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  };
}

/** A pod template that a Deployment has run, under the number that kubectl knows it by. */
export interface PastTemplate {
  readonly number: number;
  /** The pod-template hash. */
  readonly hash: string;
  /** Computed like a Workload's, so that the two can be compared. */
  readonly revision: string;
  readonly images: readonly string[];
}

/** Changes of a Deployment's pod template, each in the name of whoever runs the command. */
export interface Templates {
  /** The templates that the cluster still keeps, the latest number first. */
  past(workload: Workload): Promise<readonly PastTemplate[]>;
  /**
   * Puts a template back that the Deployment has run, and nothing else; it may be paused. `conflict` when the Deployment is not as
   * it was read any more, `gone` when the cluster has forgotten that template.
   */
  putBack(workload: Workload, hash: string): Promise<'changed' | 'same' | 'conflict' | 'gone'>;
  /** Changes the template by the annotation that `kubectl rollout restart` writes, so that every pod is a new one; it may be paused. */
  restart(workload: Workload, at: Instant): Promise<'changed' | 'conflict'>;
}

/** Which Deployments Serin looks after. */
export interface Adoptions {
  /** Names of Deployments that ask to be managed, or that are held; of a namespace, or of all. */
  list(namespace?: string): Promise<readonly { readonly namespace: string; readonly name: string }[]>;
  /** Takes away what asks for it (annotation `serin.dev/canary`). Idempotent, and no error when the Deployment is gone. */
  end(namespace: string, name: string): Promise<void>;
}

/** Where Prometheus answers the command itself. */
export interface MetricsSource {
  readonly url: string;
  /** A file whose content is sent to Prometheus as bearer token. */
  readonly tokenFile?: string;
}

/** What an examination may ask besides the cluster. */
export interface DoctorFlags {
  /** Without it everything that needs metrics is unknown. */
  readonly source?: MetricsSource;
  /** The controller's account, as the cluster names users, whose rights are looked at. */
  readonly account: string;
}

/** What became of a request: as a desk has it, or its answer where it comes in the same breath. */
export type Asked =
  | Appended
  | { readonly kind: 'answered'; readonly outcome: Answer['outcome']; readonly message: string }
  /** Written, and not answered in time. */
  | { readonly kind: 'unanswered' };

/** What can be seen and asked of rollouts, with a kubeconfig or through a controller's HTTP API. */
export interface CliCluster {
  /** The namespace asked for, or the one of the kubeconfig's context. */
  readonly namespace: string;
  readonly rollouts: Pick<RolloutStore, 'get' | 'list'>;
  readonly requests: { append(id: RolloutId, request: Omit<Request, 'actor' | 'time'>): Promise<Asked> };
  readonly workloads: Workloads;
  readonly policies: Policies;
  readonly adoptions: Pick<Adoptions, 'list'>;
  /** Lets go of connections; the command calls it once at its end. */
  readonly close?: () => Promise<void>;
}

/** A cluster as the command sees it with a kubeconfig. */
export interface WholeCluster extends CliCluster {
  readonly rollouts: RolloutStore;
  readonly requests: RequestDesk;
  readonly mesh: Mesh;
  readonly copies: Copies;
  readonly holds: Holds;
  readonly templates: Templates;
  readonly adoptions: Adoptions;
  /** Reads of a metrics source that the command was given; nothing is sent before the first. */
  readonly metrics: (source: MetricsSource) => Promise<Pick<Metrics, 'read'>>;
  /** Single numbers of such a source; nothing is sent before the first. */
  readonly gauge: (source: MetricsSource) => Promise<Gauge>;
  /** An examination of Deployments; nothing is sent before the first. */
  readonly doctor: (flags: DoctorFlags) => Promise<Doctor>;
}

/** A controller's HTTP API. */
export interface ServerFlags {
  /** What stands in front of `/v1`, without a slash at its end. */
  readonly url: string;
  /** The token as it is at this moment. Rejects with a sentence. */
  readonly token: () => Promise<string>;
  /** The authorities to trust in place of those of this machine, in PEM. */
  readonly authority?: string;
  readonly namespace: string;
}

/** Where the HTTP API is served. */
export interface ApiFlags {
  readonly listen: { readonly host: string; readonly port: number };
  /** Files in PEM; they are read again when they change. Without them tokens travel in the clear. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** How Slack is spoken to. */
export interface SlackFlags {
  readonly botTokenFile: string;
  /** How presses and commands reach the controller; without it, it only tells. */
  readonly mode?:
    | { readonly kind: 'socket'; readonly appTokenFile: string }
    | {
        readonly kind: 'http';
        readonly listen: { readonly host: string; readonly port: number };
        /** Two while the secret is rotated. */
        readonly secretFiles: readonly string[];
      };
  readonly usersFile?: string;
  readonly apiUrl?: string;
}

/** Which programs outside are told of rollouts. */
export interface MailFlags {
  readonly webhook?: {
    /** The new secret, and while it is rotated the old one. */
    readonly secretFiles: readonly string[];
    /** Where webhooks may be sent. */
    readonly allowed: readonly AllowedOrigin[];
  };
  readonly github?: { readonly tokenFile: string; readonly apiUrl: string };
}

/** How the controller is to run. */
export interface ControllerFlags extends ClusterFlags {
  readonly prometheusUrl: string;
  /** A file whose content is sent to Prometheus as bearer token. */
  readonly prometheusTokenFile?: string;
  /** Without it the process rings by itself. */
  readonly redisUrl?: string;
  readonly redisPrefix: string;
  readonly slotMs: Millis;
  /** How late a slot is read: one scrape interval. */
  readonly lagMs: Millis;
  readonly settleMs: Millis;
  readonly sweepMs: Millis;
  /** The CanaryPolicy whose freezes and stop hold every namespace. */
  readonly clusterPolicy?: { readonly namespace: string; readonly name: string };
  /** How many rollouts are ticked at a time. */
  readonly concurrency: number;
  readonly listen: { readonly host: string; readonly port: number };
  /** The HTTP API; off without it. */
  readonly api?: ApiFlags;
  /** Slack; nothing of it is loaded without. */
  readonly slack?: SlackFlags;
  /** Programs outside; nothing of it is loaded without. */
  readonly mail?: MailFlags;
  /** How people call the cluster. */
  readonly clusterName?: string;
  readonly logLevel: 'info' | 'warn' | 'error' | 'silent';
}

/** What the environment says of the pipeline that the command runs in. */
export interface Pipeline {
  /** GitHub Actions: whether it runs this step, and the file that the step's summary goes to. Absent where neither is known. */
  readonly github?: { readonly actions: boolean; readonly summaryFile?: string };
}

/** What the composition root hands to the command. */
export interface CliParts {
  /** Opens the cluster; the namespace is that of the flags or of the context. Rejects with a `CliError` when none is configured. */
  readonly openCluster: (flags: ClusterFlags) => Promise<WholeCluster>;
  /** Speaks to a controller's HTTP API; nothing is sent before the first read. */
  readonly openServer: (flags: ServerFlags) => Promise<CliCluster>;
  /** What the environment says of a server, where the command line does not: SERIN_SERVER and SERIN_TOKEN. */
  readonly server: { readonly url?: string; readonly token?: string };
  /** Runs the controller until it is told to stop; resolves to the exit code. */
  readonly runController: (flags: ControllerFlags) => Promise<number>;
  /** A file's text; `-` is standard input. */
  readonly readInput: (file: string) => Promise<string>;
  /** The manifests directly in a folder, by name; the path alone where it is no folder. Rejects where there is nothing. */
  readonly manifestsAt: (path: string) => Promise<readonly string[]>;
  /** Writes a file of this text, over one that is there. */
  readonly writeOutput: (file: string, text: string) => Promise<void>;
  /** Appends to a file, which need not be there. */
  readonly appendOutput: (file: string, text: string) => Promise<void>;
  /** The pipeline that this command is a step of. */
  readonly pipeline: Pipeline;
  /** What is wrong with a query; the grammar is loaded when it is asked for. */
  readonly querySyntax: () => Promise<(query: string) => readonly QueryProblem[]>;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** A new id for a request, never given before. */
  readonly newId: () => string;
  /** Resolves after `ms`, or at once when the command is interrupted. */
  readonly pause: (ms: Millis) => Promise<void>;
  /** Aborts when the user presses Ctrl-C. */
  readonly interrupted: AbortSignal;
  readonly version: string;
}
