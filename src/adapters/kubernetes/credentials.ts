// Who we are and where the cluster is: read by the Kubernetes client library from a kubeconfig or from the pod we run in.
import type { RequestOptions } from 'node:https';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { whyNot } from '../../domain/unread.ts';

/** Where the connection data comes from. Both left out: what `kubectl` would take, else the pod's own service account. */
export interface CredentialSource {
  /** The path of a kubeconfig. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig other than its current one. */
  readonly context?: string;
}

/** What TLS needs to know for a connection. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: false;
}

/** How to make one call, as of now: tokens and certificates change while a process runs. */
export interface Pass {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}

/** The cluster and a way to get a pass for it. */
export interface Credentials {
  /** The API server's address without a trailing slash. */
  readonly server: string;
  /** A proxy named by the kubeconfig itself; those of the environment are not used. */
  readonly proxyUrl?: string;
  /** The namespace that the context names; `default` when it names none. */
  readonly namespace: string;
  /** A fresh pass. Rejects with `CredentialsFailed`, without credentials in the message, when a plugin or a file fails. */
  pass(): Promise<Pass>;
  /** Reads everything again at the next pass: for when the cluster did not know us. */
  forget(): void;
}

/** A token, plugin or certificate could not be had. */
export class CredentialsFailed extends Error {
  override readonly name = 'CredentialsFailed';
}

/** Reads the connection data. Throws with what to do when there is none or the context does not exist. */
export function readCredentials(source: CredentialSource = {}): Credentials {
  let config: KubeConfig | undefined = load(source);
  const cluster = clusterOf(config);
  const { proxyUrl } = cluster;
  return {
    server: cluster.server.replace(/\/+$/, ''),
    ...(proxyUrl === undefined || proxyUrl === null || proxyUrl === '' ? {} : { proxyUrl }),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async pass() {
      config ??= loadAgain(source);
      return passOf(config);
    },
    forget() {
      config = undefined;
    },
  };
}

function load({ kubeconfig, context }: CredentialSource): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    const where = kubeconfig ?? 'named by KUBECONFIG or ~/.kube/config';
    throw new Error(
      `The kubeconfig ${where} cannot be read: ${firstLineOf(whyNot(cause))}. Name another with --kubeconfig.`,
    );
  }
  if (context !== undefined) choose(config, context);
  return config;
}

function loadAgain(source: CredentialSource): KubeConfig {
  try {
    return load(source);
  } catch (cause) {
    throw new CredentialsFailed(reasonOf(cause));
  }
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(`The kubeconfig has no context "${context}". It has: ${known.join(', ') || 'none'}.`);
  }
  config.setCurrentContext(context);
}

function clusterOf(config: KubeConfig): Cluster {
  const cluster = config.getCurrentCluster();
  // What the library answers when it found no configuration at all.
  const found = cluster !== null && !(cluster.server === 'http://localhost:8080' && cluster.name === 'cluster');
  if (!found) {
    throw new Error(
      'No cluster is configured: there is no kubeconfig with a current context, and this is no pod of a cluster. Name a kubeconfig with --kubeconfig or KUBECONFIG.',
    );
  }
  return cluster;
}

async function passOf(config: KubeConfig): Promise<Pass> {
  const cluster = clusterOf(config);
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new CredentialsFailed(`The credentials for ${cluster.server} could not be had: ${reasonOf(cause)}`);
  }
  return { headers: headersOf(options), tls: tlsOf(cluster, options) };
}

function headersOf(options: RequestOptions): Readonly<Record<string, string>> {
  const basic = typeof options.auth === 'string' ? [['authorization', basicOf(options.auth)] as const] : [];
  const own = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), `${value}`] as const);
  return Object.fromEntries([...basic, ...own].map(([name, value]) => [name, value.trim()]));
}

function basicOf(auth: string): string {
  return `Basic ${Buffer.from(auth).toString('base64')}`;
}

/** A context without a user still has to be trusted or not, so the cluster's part is taken from the cluster. */
function tlsOf(cluster: Cluster, { ca, cert, key }: RequestOptions): TlsOptions {
  const trusted = pem(ca) ?? (cluster.caData ? Buffer.from(cluster.caData, 'base64') : undefined);
  const [ownCert, ownKey] = [pem(cert), pem(key)];
  return {
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(ownCert === undefined ? {} : { cert: ownCert }),
    ...(ownKey === undefined ? {} : { key: ownKey }),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false as const } : {}),
  };
}

function pem(value: unknown): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined;
}

function firstLineOf(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}

/** The first line of what went wrong; plugins print whole transcripts. */
function reasonOf(cause: unknown): string {
  return firstLineOf(cause instanceof Error ? cause.message : String(cause));
}
