// What a stack will run: the programs found on this machine and the command of each part.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlPlane, obtainControlPlane } from '../parts/control-plane.ts';
import { obtainIstioCrds } from '../parts/istio-crds.ts';
import { obtainKwok } from '../parts/kwok.ts';
import type { Say } from '../parts/obtain.ts';
import { obtainPrometheus, obtainPromtool } from '../parts/prometheus.ts';
import { obtainRedis } from '../parts/redis.ts';
import {
  apiServerCommand,
  type Command,
  controllerManagerCommand,
  etcdCommand,
  kwokCommand,
  meshCommand,
  prometheusCommand,
  redisCommand,
  schedulerCommand,
} from './commands.ts';
import { apiServerUrl, certificates } from './identities.ts';
import type { Layout } from './layout.ts';
import type { Probe } from './probe.ts';

/** A group of parts that can be asked for. `control-plane` brings etcd, kube-apiserver, kube-controller-manager, kube-scheduler, KWOK and Istio's CRDs. */
export type PartGroup = 'control-plane' | 'redis' | 'prometheus' | 'mesh';

/** Programs and files found on this machine. Only what the groups asked for need is there. */
export interface Programs {
  readonly cluster?: { readonly controlPlane: ControlPlane; readonly kwok: string; readonly istioCrds: string };
  readonly redis?: string;
  readonly prometheus?: { readonly prometheus: string; readonly promtool: string };
  readonly mesh?: string;
}

/** One part of the stack to come: how it is run, how it is asked whether it is ready, and its address when it has one. */
interface PlannedPart {
  readonly command: Command;
  readonly probe: Probe;
  readonly url?: string;
}

/** The parts by name, in the order they are started. */
export type StackPlan = Readonly<Record<string, PlannedPart>>;

const meshProgram = join(import.meta.dirname, '..', 'mesh', 'main.ts');

/** Finds what the groups need, building what is missing. The mesh simulator is left out when this checkout has none. Throws `MissingPart`. */
export async function obtainPrograms(groups: readonly PartGroup[], say: Say): Promise<Programs> {
  return {
    ...(groups.includes('control-plane') && { cluster: await obtainCluster(say) }),
    ...(groups.includes('redis') && { redis: (await obtainRedis(say)).part }),
    ...(groups.includes('prometheus') && { prometheus: await obtainPrometheusPrograms(say) }),
    ...(groups.includes('mesh') && existsSync(meshProgram) && { mesh: meshProgram }),
  };
}

async function obtainCluster(say: Say): Promise<NonNullable<Programs['cluster']>> {
  const controlPlane = (await obtainControlPlane(say)).part;
  return { controlPlane, kwok: (await obtainKwok(say)).part, istioCrds: (await obtainIstioCrds(say)).part };
}

async function obtainPrometheusPrograms(say: Say): Promise<NonNullable<Programs['prometheus']>> {
  return { prometheus: (await obtainPrometheus(say)).part, promtool: (await obtainPromtool(say)).part };
}

/** The plan of a stack. `adminToken` is what readiness of the API server is asked with. */
export function planStack(programs: Programs, layout: Layout, adminToken: string): StackPlan {
  return {
    ...(programs.redis !== undefined && { redis: plannedRedis(programs.redis, layout) }),
    ...(programs.prometheus !== undefined && { prometheus: plannedPrometheus(programs.prometheus.prometheus, layout) }),
    ...(programs.cluster !== undefined && plannedCluster(programs.cluster, layout, adminToken)),
    ...(programs.mesh !== undefined && { mesh: plannedMesh(programs.mesh, layout) }),
  };
}

function plannedRedis(program: string, layout: Layout): PlannedPart {
  const port = layout.ports.redis;
  return { command: redisCommand(program, layout), probe: { kind: 'redis', port }, url: `redis://127.0.0.1:${port}` };
}

function plannedPrometheus(program: string, layout: Layout): PlannedPart {
  const url = `http://127.0.0.1:${layout.ports.prometheus}`;
  return { command: prometheusCommand(program, layout), probe: { kind: 'http', url: `${url}/-/ready` }, url };
}

function plannedMesh(program: string, layout: Layout): PlannedPart {
  const url = `http://127.0.0.1:${layout.ports.mesh}`;
  return { command: meshCommand(program, layout), probe: { kind: 'http', url: `${url}/healthz` }, url };
}

function plannedCluster(
  { controlPlane, kwok }: NonNullable<Programs['cluster']>,
  layout: Layout,
  token: string,
): StackPlan {
  const url = apiServerUrl(layout);
  const ready: Probe = { kind: 'https', url: `${url}/readyz`, certificates: certificates(layout.folder), token };
  const none: Probe = { kind: 'none' };
  return {
    etcd: {
      command: etcdCommand(controlPlane.etcd, layout),
      probe: { kind: 'http', url: `http://127.0.0.1:${layout.ports.etcd}/health` },
    },
    'kube-apiserver': { command: apiServerCommand(controlPlane['kube-apiserver'], layout), probe: ready, url },
    'kube-controller-manager': {
      command: controllerManagerCommand(controlPlane['kube-controller-manager'], layout),
      probe: none,
    },
    'kube-scheduler': { command: schedulerCommand(controlPlane['kube-scheduler'], layout), probe: none },
    kwok: {
      command: kwokCommand(kwok, layout),
      probe: { kind: 'http', url: `http://127.0.0.1:${layout.ports.kwok}/healthz` },
    },
  };
}
