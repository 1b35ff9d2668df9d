import { afterAll, beforeAll, describe } from 'vitest';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { memoryMesh } from '../../src/adapters/memory/mesh.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { type MeshBench, meshContract } from './mesh.ts';
import { clusterBench, connectionOf } from './mesh-bench.ts';

meshContract('memory', async () => memoryBench());

function memoryBench(): MeshBench {
  const mesh = memoryMesh(istioMesh);
  const namespace = 'shop';
  return {
    mesh,
    namespace,
    put: async (kind, object) => mesh.put(kind, object),
    edit: async (name, operations, writer) => mesh.edit(namespace, name, operations, writer),
    remove: async (name) => mesh.remove(namespace, name),
    read: async (name) => mesh.read(namespace, name),
  };
}

describe('on a cluster', () => {
  let cluster: Cluster;
  beforeAll(() => {
    cluster = connectionOf(stackOfThisRun().kubeconfig);
  });
  afterAll(() => cluster.close());

  meshContract('Istio', () => clusterBench(cluster));
});
