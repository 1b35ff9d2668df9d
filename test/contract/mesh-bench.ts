// A bench for the mesh on the real API server: the adapter on one connection, the hands of users on the same.
import { randomBytes } from 'node:crypto';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import {
  type Cluster,
  connectCluster,
  type Method,
  type RequestParts,
} from '../../src/adapters/kubernetes/connection.ts';
import type { MeshKind } from '../../src/adapters/memory/mesh.ts';
import type { MeshBench } from './mesh.ts';

const kinds = {
  virtualservices: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' },
  destinationrules: { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' },
  services: { apiVersion: 'v1', kind: 'Service' },
} as const satisfies Record<MeshKind, unknown>;

/** Connects with a kubeconfig. The caller closes the connection. */
export function connectionOf(kubeconfig: string): Cluster {
  return connectCluster({ kubeconfig, userAgent: 'serin-tests' });
}

/** A bench in a namespace that is made for it. */
export async function clusterBench(cluster: Cluster): Promise<MeshBench> {
  async function demand(method: Method, path: string, parts: RequestParts = {}): Promise<unknown> {
    const { status, body } = await cluster.request(method, path, parts);
    if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  const namespace = `mesh-${randomBytes(4).toString('hex')}`;
  await demand('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  const pathOf = (kind: MeshKind): string =>
    `/${kind === 'services' ? 'api' : 'apis'}/${kinds[kind].apiVersion}/namespaces/${namespace}/${kind}`;
  const virtualService = (name: string): string => `${pathOf('virtualservices')}/${name}`;
  return {
    namespace,
    mesh: istioMesh({ requests: cluster }),
    put: async (kind, object) => {
      await demand('POST', pathOf(kind), { body: { ...kinds[kind], ...object }, query: { fieldManager: 'user' } });
    },
    edit: async (name, operations, writer) => {
      const contentType = 'application/json-patch+json';
      await demand('PATCH', virtualService(name), { body: operations, contentType, query: { fieldManager: writer } });
    },
    remove: async (name) => {
      await demand('DELETE', virtualService(name));
    },
    read: (name) => demand('GET', virtualService(name)),
  };
}
