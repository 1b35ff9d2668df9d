import { afterAll, beforeAll, describe } from 'vitest';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { meshContract } from './mesh.ts';
import { clusterBench, connectionOf, memoryBench } from './mesh-bench.ts';

meshContract('memory', async () => memoryBench());

describe('on a cluster', () => {
  let cluster: Cluster;
  beforeAll(() => {
    cluster = connectionOf(stackOfThisRun().kubeconfig);
  });
  afterAll(() => cluster.close());

  meshContract('Istio', () => clusterBench(cluster));
});
