// What the command is handed: the cluster through ports, and everything else that is not pure.
import type { Clock, Mesh, Policies, RequestDesk, RolloutStore, Workloads } from '../controller/ports.ts';
import type { Millis } from '../domain/time.ts';
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

/** A cluster as the command sees it. */
export interface CliCluster {
  /** The namespace asked for, or the one of the kubeconfig's context. */
  readonly namespace: string;
  readonly rollouts: RolloutStore;
  readonly requests: RequestDesk;
  readonly workloads: Workloads;
  readonly policies: Policies;
  readonly mesh: Mesh;
  /** Lets go of connections; the command calls it once at its end. */
  readonly close?: () => Promise<void>;
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
  /** How many rollouts are ticked at a time. */
  readonly concurrency: number;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: 'info' | 'warn' | 'error' | 'silent';
}

/** What the composition root hands to the command. */
export interface CliParts {
  /** Opens the cluster; the namespace is that of the flags or of the context. Rejects with a sentence. */
  readonly openCluster: (flags: ClusterFlags) => Promise<CliCluster>;
  /** Runs the controller until it is told to stop; resolves to the exit code. */
  readonly runController: (flags: ControllerFlags) => Promise<number>;
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
