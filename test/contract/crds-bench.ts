// Serin's kinds and rights on the API server of this run, connections as the admin, as people and as the controller, and namespaces.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import {
  type Cluster,
  connectCluster,
  type Method,
  type RequestParts,
} from '../../src/adapters/kubernetes/connection.ts';
import { kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';

/** The repository's deploy folder. */
export const deployFolder = join(import.meta.dirname, '..', '..', 'deploy');

const fieldManager = '--field-manager=deploy';

/** Connections that live as long as the tests of a file. */
export interface Connections {
  readonly admin: Cluster;
  /** The account that deploy/ gives the controller, with the rights that it gives. */
  readonly controller: Cluster;
  /** Somebody whom the cluster knows and who has no rights but those a test gives. */
  readonly person: (name: 'alice' | 'bob') => Cluster;
}

/** Applies Serin's kinds and the controller's rights before the tests of a file, and gives connections during them. */
export function connectionsForTests(): () => Connections {
  const open: Cluster[] = [];
  let folder = '';
  let connections: Connections | undefined;

  function connect(kubeconfig: string): Cluster {
    const cluster = connectCluster({ kubeconfig, userAgent: 'serin-tests' });
    open.push(cluster);
    return cluster;
  }

  beforeAll(async () => {
    const { kubeconfig } = stackOfThisRun();
    const admin = connect(kubeconfig);
    await applyDefinitions();
    for (const file of ['namespace.yaml', 'access.yaml', 'people.yaml'])
      await apply(join(deployFolder, 'controller', file));
    folder = await mkdtemp(join(tmpdir(), 'serin-contract-'));
    const controller = connect(await controllerKubeconfig(admin, folder));
    connections = { admin, controller, person: (name) => connect(join(kubeconfig, '..', name)) };
  });
  afterAll(async () => {
    if (connections !== undefined) await clearAway(connections.admin);
    await Promise.all(open.map((cluster) => cluster.close()));
    if (folder !== '') await rm(folder, { recursive: true });
  });

  return () => {
    if (connections === undefined) throw new Error('Connections are there during tests alone.');
    return connections;
  };
}

async function applyDefinitions(): Promise<void> {
  const definitions = join(deployFolder, 'crds');
  await apply(definitions);
  await kubectlOutput(stackOfThisRun(), ['wait', '--for=condition=Established', '--timeout=60s', '-f', definitions]);
}

async function apply(path: string): Promise<void> {
  await kubectlOutput(stackOfThisRun(), ['apply', '--server-side', '--force-conflicts', fieldManager, '-f', path]);
}

/** A kubeconfig with a token of the controller's account. */
async function controllerKubeconfig(admin: Cluster, folder: string): Promise<string> {
  const path = '/api/v1/namespaces/serin-system/serviceaccounts/serin/token';
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } };
  const answer = z
    .object({ status: z.object({ token: z.string() }) })
    .parse(await demand(admin, 'POST', path, { body }));
  const config = JSON.parse(
    await kubectlOutput(stackOfThisRun(), ['config', 'view', '--flatten', '--raw', '-o', 'json']),
  );
  const user = { name: 'serin', user: { token: answer.status.token } };
  const context = { name: 'serin', context: { cluster: config.clusters[0].name, user: 'serin' } };
  const file = join(folder, 'controller');
  const own = { ...config, users: [user], contexts: [context], 'current-context': 'serin' };
  await writeFile(file, JSON.stringify(own), { mode: 0o600 });
  return file;
}

/** The body of a call that has to succeed. */
export async function demand(
  cluster: Cluster,
  method: Method,
  path: string,
  parts: RequestParts = {},
): Promise<unknown> {
  const { status, body } = await cluster.request(method, path, parts);
  if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${JSON.stringify(body)}`);
  return body;
}

const deployedIn = new Set<string>();

/** Every pod that stays is scraped each second to the end of the run. */
async function clearAway(admin: Cluster): Promise<void> {
  const query = { propagationPolicy: 'Background' };
  const paths = [...deployedIn].map((namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`);
  await Promise.all(paths.map((path) => demand(admin, 'DELETE', path, { query })));
}

/** A namespace of a test's own. */
export async function newNamespace(admin: Cluster, word: string): Promise<string> {
  const name = `${word}-${randomBytes(4).toString('hex')}`;
  await demand(admin, 'POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  return name;
}

/** What a Deployment is made of, where it matters. */
export interface DeploymentParts {
  readonly name?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly paused?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

const created = z.object({ metadata: z.object({ name: z.string(), uid: z.string() }) });

/** Creates a Deployment and gives its name and uid. */
export async function createDeployment(
  admin: Cluster,
  namespace: string,
  parts: DeploymentParts = {},
): Promise<{ readonly name: string; readonly uid: string }> {
  const { name = 'reviews-v2', image = 'reviews:2', replicas = 1, paused = false, annotations = {} } = parts;
  const labels = { app: 'reviews', version: name };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, annotations },
    spec: {
      replicas,
      paused,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: parts.podAnnotations ?? {} },
        spec: { containers: [{ name: 'app', image }], nodeSelector: parts.nodeSelector ?? {} },
      },
    },
  };
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  deployedIn.add(namespace);
  return created.parse(await demand(admin, 'POST', path, { body })).metadata;
}

/** Changes an object by a merge patch. */
export async function change(admin: Cluster, path: string, body: unknown): Promise<unknown> {
  return demand(admin, 'PATCH', path, { body, contentType: 'application/merge-patch+json' });
}
