// Benches for the mesh: in memory, and on the real API server with the adapter on one connection and the hands of users on the same.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import {
  type Cluster,
  connectCluster,
  type Method,
  type RequestParts,
} from '../../src/adapters/kubernetes/connection.ts';
import type { Operation } from '../../src/adapters/memory/json-patch.ts';
import { type MeshKind, type MeshObject, memoryMesh } from '../../src/adapters/memory/mesh.ts';
import type { Mesh } from '../../src/controller/mesh-port.ts';

/** A mesh under test and the hands of its users, in a namespace of the test's own. */
export interface MeshBench {
  readonly mesh: Mesh;
  readonly namespace: string;
  /** A neighbour of it. */
  readonly elsewhere: string;
  /** Creates an object as a user. */
  put(kind: MeshKind, object: MeshObject): Promise<void>;
  /** Patches a VirtualService in the name of a writer. */
  edit(name: string, operations: readonly Operation[], writer: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** A VirtualService as the API shows it, of the bench's namespace unless another is given; undefined when there is none. */
  read(name: string, namespace?: string): Promise<unknown>;
  /** The DestinationRules of the bench's namespace. */
  rules(): Promise<readonly unknown[]>;
}

const kinds = {
  virtualservices: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' },
  destinationrules: { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' },
  services: { apiVersion: 'v1', kind: 'Service' },
  pods: { apiVersion: 'v1', kind: 'Pod' },
} as const satisfies Record<MeshKind, unknown>;

/** Connects with a kubeconfig. The caller closes the connection. */
export function connectionOf(kubeconfig: string): Cluster {
  return connectCluster({ kubeconfig, userAgent: 'serin-tests' });
}

/** A bench in a namespace that is made for it, with a second one that is its neighbour. */
export async function clusterBench(cluster: Cluster): Promise<MeshBench> {
  async function demand(method: Method, path: string, parts: RequestParts = {}): Promise<unknown> {
    const { status, body } = await cluster.request(method, path, parts);
    if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  const namespace = `mesh-${randomBytes(4).toString('hex')}`;
  const elsewhere = `${namespace}-elsewhere`;
  for (const name of [namespace, elsewhere])
    await demand('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  const pathOf = (kind: MeshKind, place = namespace): string =>
    `/${kinds[kind].apiVersion === 'v1' ? 'api' : 'apis'}/${kinds[kind].apiVersion}/namespaces/${place}/${kind}`;
  const virtualService = (name: string, place = namespace): string => `${pathOf('virtualservices', place)}/${name}`;
  return {
    namespace,
    elsewhere,
    mesh: istioMesh({ requests: cluster }),
    put: async (kind, object) => {
      await demand('POST', pathOf(kind, object.metadata.namespace), {
        body: { ...kinds[kind], ...object },
        query: { fieldManager: 'user' },
      });
    },
    edit: async (name, operations, writer) => {
      const contentType = 'application/json-patch+json';
      await demand('PATCH', virtualService(name), { body: operations, contentType, query: { fieldManager: writer } });
    },
    remove: async (name) => {
      await demand('DELETE', virtualService(name));
    },
    read: async (name, place) => {
      const { status, body } = await cluster.request('GET', virtualService(name, place));
      return status === 404 ? undefined : body;
    },
    rules: async () => {
      const { body } = await cluster.request('GET', pathOf('destinationrules'));
      return z.looseObject({ items: z.array(z.unknown()) }).parse(body).items;
    },
  };
}

/** A bench of its own in memory. */
export function memoryBench(): MeshBench {
  const mesh = memoryMesh(istioMesh);
  const namespace = 'shop';
  return {
    mesh,
    namespace,
    elsewhere: 'clients',
    put: async (kind, object) => mesh.put(kind, object),
    edit: async (name, operations, writer) => mesh.edit(namespace, name, operations, writer),
    remove: async (name) => mesh.remove(namespace, name),
    read: async (name, place = namespace) => mesh.read(place, name),
    rules: async () => mesh.list('destinationrules', namespace),
  };
}
