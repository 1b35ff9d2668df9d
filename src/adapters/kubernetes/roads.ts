// The kept connections to one API server: shared by all calls that present themselves in the same way.
import { createHash } from 'node:crypto';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Pass, TlsOptions } from './credentials.ts';

/** Connections for one set of TLS data. Watches have their own, since each occupies one for minutes. */
export interface Road {
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/** The roads to one API server. */
export interface Roads {
  /** The connections for this pass. When its TLS data are new, the old connections are used up and closed. */
  readonly to: (pass: Pass) => Road;
  /** Ends all connections at once. */
  readonly close: () => Promise<void>;
}

const callConnections = 32;
const idleMs = 30_000;
const keepAliveProbeMs = 30_000;
const mostBytes = 64 * 1024 * 1024;

/** Opens nothing yet. `proxyUrl` is the kubeconfig's; the environment's proxies are never used. */
export function openRoads(proxyUrl: string | undefined): Roads {
  let key = '';
  let road: Road | undefined;

  function to({ tls }: Pass): Road {
    const wanted = keyOf(tls);
    if (road !== undefined && key === wanted) return road;
    for (const past of [road?.calls, road?.watches]) past?.close().catch(() => undefined);
    key = wanted;
    road = { calls: dispatcher(proxyUrl, tls, callConnections), watches: dispatcher(proxyUrl, tls, null) };
    return road;
  }

  async function close(): Promise<void> {
    await Promise.all([road?.calls.destroy(), road?.watches.destroy()]);
  }

  return { to, close };
}

function dispatcher(proxyUrl: string | undefined, tls: TlsOptions, connections: number | null): Dispatcher {
  const common = { connections, keepAliveTimeout: idleMs, maxResponseSize: connections === null ? -1 : mostBytes };
  if (proxyUrl !== undefined) return new ProxyAgent({ ...common, uri: proxyUrl, requestTls: { ...tls } });
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs };
  return new Agent({ ...common, connect, allowH2: false });
}

function keyOf(tls: TlsOptions): string {
  const hash = createHash('sha256');
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)]) {
    hash.update(part ?? '').update('\n');
  }
  return hash.digest('hex');
}
