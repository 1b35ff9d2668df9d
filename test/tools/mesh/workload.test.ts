import { describe, expect, it } from 'vitest';
import { workloadOf } from '../../../tools/mesh/workload.ts';
import { aPod } from './builders.ts';

describe('workloadOf', () => {
  it.each([
    ['the Deployment behind a ReplicaSet', 'ReplicaSet', 'reviews-v1-5d9', '5d9', 'reviews-v1'],
    ['the ReplicaSet when its name has another end', 'ReplicaSet', 'reviews-v1-xyz', '5d9', 'reviews-v1-xyz'],
    ['any other owner by its own name', 'StatefulSet', 'reviews-5d9', '5d9', 'reviews-5d9'],
  ])('names %s', (_, kind, owner, hash, expected) => {
    const workload = workloadOf({
      namespace: 'shop',
      name: 'a-pod',
      labels: { 'pod-template-hash': hash },
      serviceAccount: 'default',
      owner: { kind, name: owner },
    });

    expect(workload.name).toBe(expected);
  });

  it('names a pod without an owner by itself', () => {
    const workload = workloadOf({
      namespace: 'shop',
      name: 'alone',
      labels: {},
      serviceAccount: 'default',
      owner: undefined,
    });

    expect(workload).toMatchObject({ name: 'alone', canonicalService: 'alone', canonicalRevision: 'latest' });
  });

  it('lets the label service.istio.io/workload-name override the owner', () => {
    const pod = aPod('p', 'reviews-v1', { labels: { 'service.istio.io/workload-name': 'reviews' } });

    expect(pod.workload.name).toBe('reviews');
  });

  it('reads the version that the pod itself reports and the one its peers see from different labels', () => {
    const pod = aPod('p', 'reviews-v1', { labels: { version: 'v1', 'app.kubernetes.io/version': '1.4.2' } });

    expect(pod.workload).toMatchObject({ version: 'v1', peerVersion: '1.4.2', canonicalRevision: '1.4.2' });
  });

  it('prefers the canonical labels for canonical service and revision', () => {
    const pod = aPod('p', 'reviews-v1', {
      labels: {
        version: 'v1',
        'service.istio.io/canonical-name': 'critique',
        'service.istio.io/canonical-revision': 'r7',
      },
    });

    expect(pod.workload).toMatchObject({ canonicalService: 'critique', canonicalRevision: 'r7', app: 'reviews' });
  });
});
