// The HTTP API of a controller, listening: ports put together, and certificates read again when they change.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Server as TlsServer } from 'node:tls';
import { clusterAdoptions } from '../adapters/kubernetes/adoptions.ts';
import { clusterCallers } from '../adapters/kubernetes/callers.ts';
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import { clusterFreezes } from '../adapters/kubernetes/freezes.ts';
import { clusterPolicies } from '../adapters/kubernetes/policies.ts';
import { clusterRequestDesk } from '../adapters/kubernetes/request-desk.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { rolloutObject } from '../adapters/kubernetes/rollout-written.ts';
import { clusterWorkloads } from '../adapters/kubernetes/workloads.ts';
import type { ApiFlags } from '../cli/cluster.ts';
import { rememberingFreezes } from '../controller/freezes.ts';
import type { Log } from '../controller/log.ts';
import type { RolloutNews } from '../controller/news.ts';
import type { Clock } from '../controller/ports.ts';
import { apiApp, type Tls } from '../http/api/app.ts';
import { ordinaryLimits } from '../http/api/parts.ts';

/** What is served. */
export interface ApiSources {
  readonly api: ApiFlags;
  readonly cluster: Cluster;
  readonly news: RolloutNews;
  readonly clock: Clock;
  readonly log: Log;
  /** The name this process goes by, such as `serin/0.1.0`. */
  readonly userAgent: string;
  readonly namespace?: string;
  /** The CanaryPolicy whose freezes hold every namespace. */
  readonly clusterPolicy?: { readonly namespace: string; readonly name: string };
}

const rereadMs = 60_000;

/** Listens at the address of the flags; rejects when it cannot, or when the certificate cannot be read. */
export async function serveApi(sources: ApiSources): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { api, cluster, clock, log } = sources;
  const tls = api.tls === undefined ? undefined : await readTls(api.tls);
  const trouble = (message: string, error?: unknown): void => log.warn(message, {}, error);
  const app = apiApp(
    {
      ...sources,
      callers: clusterCallers(cluster, { clock }),
      rollouts: clusterRollouts(cluster, { clock, trouble }),
      objectOf: rolloutObject,
      workloads: clusterWorkloads(cluster, clock),
      policies: clusterPolicies(cluster),
      adopted: (namespace) => clusterAdoptions(cluster).list(namespace),
      desk: clusterRequestDesk(cluster, { clock }),
      freezes: rememberingFreezes(clusterFreezes(cluster, sources.clusterPolicy), clock),
      newId: randomUUID,
      version: sources.userAgent.split('/').at(-1) ?? '',
      limits: ordinaryLimits,
    },
    tls,
  );
  const url = await app.listen(api.listen);
  const stop = api.tls === undefined || tls === undefined ? () => undefined : reread(app.server, api.tls, tls, log);
  return {
    url,
    close: async () => {
      stop();
      await app.close();
    },
  };
}

async function readTls({ certFile, keyFile }: NonNullable<ApiFlags['tls']>): Promise<Tls> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key };
}

/** Certificates are renewed under a running process: new connections get what stands in the files. Gives the function that ends it. */
function reread(server: unknown, files: NonNullable<ApiFlags['tls']>, first: Tls, log: Log): () => void {
  let now = first;
  async function look(): Promise<void> {
    const next = await readTls(files);
    if ((next.cert === now.cert && next.key === now.key) || !(server instanceof TlsServer)) return;
    server.setSecureContext({ ...next, minVersion: 'TLSv1.2' });
    now = next;
    log.info('The HTTP API has a new certificate');
  }
  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      log.warn('The certificate of the HTTP API could not be read again; the one before stays', {}, error),
    );
  }, rereadMs);
  timer.unref();
  return () => clearInterval(timer);
}
