// Freezes as the cluster has them: whose policies hold a namespace, and that what cannot be read is an error and not silence.
import { describe, expect, it } from 'vitest';
import type { ClusterRequests } from '../../../src/adapters/kubernetes/connection.ts';
import { clusterFreezes } from '../../../src/adapters/kubernetes/freezes.ts';

const root = '/apis/serin.dev/v1alpha1/namespaces';
const everywhere = { namespace: 'serin-system', name: 'cluster' };

/** A cluster that answers these paths, and 404 to every other. */
function answering(
  answers: Readonly<Record<string, { readonly status: number; readonly body: unknown }>>,
): ClusterRequests {
  return {
    request: (_method, path) =>
      Promise.resolve({ status: 404, body: { message: 'not found' }, ...answers[path] } as Awaited<
        ReturnType<ClusterRequests['request']>
      >),
  } as ClusterRequests;
}

function policy(namespace: string, name: string, spec: unknown): unknown {
  return { metadata: { namespace, name }, spec };
}

const own = {
  status: 200,
  body: {
    items: [
      policy('shop', 'usual', { steps: [50, 100], freeze: [{ name: 'w', days: ['Sat'] }] }),
      policy('shop', 'bare', {}),
    ],
  },
};

describe('the freezes of a namespace', () => {
  it('are those of all its policies, and of the one for all', async () => {
    const cluster = answering({
      [`${root}/shop/canarypolicies`]: own,
      [`${root}/serin-system/canarypolicies/cluster`]: {
        status: 200,
        body: policy('serin-system', 'cluster', { stop: 'incident' }),
      },
    });

    const declared = await clusterFreezes(cluster, everywhere).declared('shop');

    expect(declared.map(({ policy: name, windows, stop }) => [name, windows.length, stop])).toEqual([
      ['serin-system/cluster', 0, 'incident'],
      ['shop/usual', 1, undefined],
      ['shop/bare', 0, undefined],
    ]);
  });

  it('lack nothing when the policy for all is not there, and do not count it twice where it is at home', async () => {
    const home = { status: 200, body: policy('serin-system', 'cluster', { stop: 'incident' }) };
    const cluster = answering({
      [`${root}/shop/canarypolicies`]: own,
      [`${root}/serin-system/canarypolicies/cluster`]: home,
      [`${root}/serin-system/canarypolicies`]: { status: 200, body: { items: [home.body] } },
    });

    expect(
      await clusterFreezes(answering({ [`${root}/shop/canarypolicies`]: own }), everywhere).declared('shop'),
    ).toHaveLength(2);
    expect(await clusterFreezes(cluster, everywhere).declared('serin-system')).toHaveLength(1);
  });

  it.each([
    [`${root}/shop/canarypolicies`, 'Listing the CanaryPolicies of shop'],
    [`${root}/serin-system/canarypolicies/cluster`, 'Reading CanaryPolicy serin-system/cluster'],
  ])('cannot be read when %s is refused', async (path, sentence) => {
    const cluster = answering({
      [`${root}/shop/canarypolicies`]: own,
      [path]: { status: 403, body: { message: 'no' } },
    });

    await expect(clusterFreezes(cluster, everywhere).declared('shop')).rejects.toThrow(sentence);
  });
});
