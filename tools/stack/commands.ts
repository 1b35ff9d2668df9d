// The command line of each part: plain values that follow from the layout.

import { join } from 'node:path';
import { certificates, kubeconfigOf, serviceAccountKey, tokenFile } from './identities.ts';
import type { Layout } from './layout.ts';

/** A program and its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

const manifests = join(import.meta.dirname, 'manifests');

/** The audit log of kube-apiserver, JSON lines. */
export function auditLog(folder: string): string {
  return join(folder, 'audit.jsonl');
}

/** etcd for one API server. It does not sync to disk: its data need not survive a power cut. */
export function etcdCommand(program: string, { folder, ports }: Layout): Command {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    program,
    args: [
      '--name=serin',
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=serin=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  };
}

/** kube-apiserver with RBAC, its default admission plugins and an audit log of all requests. It makes its own serving certificate. */
export function apiServerCommand(program: string, { folder, ports }: Layout): Command {
  const key = serviceAccountKey(folder);
  return {
    program,
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none', // it refuses loopback addresses in an EndpointSlice
      `--secure-port=${ports.apiServer}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      `--token-auth-file=${tokenFile(folder)}`,
      '--authorization-mode=Node,RBAC',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--allow-privileged',
      `--audit-policy-file=${join(manifests, 'audit-policy.yaml')}`,
      `--audit-log-path=${auditLog(folder)}`,
      '--audit-log-maxsize=4096',
    ],
  };
}

/** kube-controller-manager with all its usual controllers, each under its own name, and an autoscaler that looks every two seconds. */
export function controllerManagerCommand(program: string, { folder }: Layout): Command {
  return {
    program,
    args: [
      `--kubeconfig=${kubeconfigOf(folder, 'system:kube-controller-manager')}`,
      '--use-service-account-credentials',
      `--service-account-private-key-file=${serviceAccountKey(folder)}`,
      `--root-ca-file=${certificates(folder)}`,
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=300',
      '--kube-api-burst=600',
      '--concurrent-deployment-syncs=10',
      '--concurrent-replicaset-syncs=10',
      '--horizontal-pod-autoscaler-sync-period=2s',
      '--horizontal-pod-autoscaler-downscale-stabilization=10s',
    ],
  };
}

/** kube-scheduler. */
export function schedulerCommand(program: string, { folder }: Layout): Command {
  const config = kubeconfigOf(folder, 'system:kube-scheduler');
  return {
    program,
    args: [
      `--kubeconfig=${config}`,
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=300',
      '--kube-api-burst=600',
    ],
  };
}

/** KWOK, playing every node of the cluster. */
export function kwokCommand(program: string, { folder, ports }: Layout): Command {
  return {
    program,
    args: [
      `--kubeconfig=${kubeconfigOf(folder, 'kwok')}`,
      `--config=${join(manifests, 'kwok.yaml')}`,
      '--manage-all-nodes',
      '--node-ip=127.0.0.1',
      '--node-lease-duration-seconds=40',
      '--cidr=10.244.0.0/16',
      `--server-address=127.0.0.1:${ports.kwok}`,
    ],
  };
}

/** Redis that keeps nothing on disk and never evicts, as BullMQ asks. */
export function redisCommand(program: string, { folder, ports }: Layout): Command {
  const place = ['--port', String(ports.redis), '--bind', '127.0.0.1', '--dir', join(folder, 'redis')];
  const memory = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  return { program, args: [...place, ...memory] };
}

/** The file that `prometheusConfig` belongs in. */
export function prometheusConfigFile(folder: string): string {
  return join(folder, 'prometheus.yaml');
}

/** Prometheus with the configuration of the file above. */
export function prometheusCommand(program: string, { folder, ports }: Layout): Command {
  return {
    program,
    args: [
      `--config.file=${prometheusConfigFile(folder)}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      '--log.level=warn',
    ],
  };
}

/** What Prometheus scrapes: itself, and what the mesh simulator announces when there is one. `scrapeInterval` is in Prometheus' spelling, such as `1s`. */
export function prometheusConfig({ ports }: Layout, scrapeInterval: string, withMesh: boolean): unknown {
  const itself = { job_name: 'prometheus', static_configs: [{ targets: [`127.0.0.1:${ports.prometheus}`] }] };
  const discovery = { url: `http://127.0.0.1:${ports.mesh}/sd`, refresh_interval: '1s' };
  const istio = { job_name: 'istio', http_sd_configs: [discovery] };
  return {
    global: { scrape_interval: scrapeInterval, scrape_timeout: scrapeInterval },
    scrape_configs: withMesh ? [itself, istio] : [itself],
  };
}

/** The mesh simulator, run by this very Node. */
export function meshCommand(program: string, { folder, ports }: Layout): Command {
  const args = [program, '--kubeconfig', kubeconfigOf(folder, 'mesh-simulator'), '--port', String(ports.mesh)];
  return { program: process.execPath, args };
}
