// People, GitOps tools and other controllers, and the controller's own rights.
import { describe, expect, it } from 'vitest';
import { releaserSchema } from '../../../../src/adapters/istio/doctor/mesh-objects.ts';
import { type FactsParts, finding, managed, pair, virtualService } from './facts.ts';

function releaser(kind: string, spec: Record<string, unknown>) {
  return { sources: { releasers: [releaserSchema.parse({ kind, metadata: { name: 'x', namespace: 'shop' }, spec })] } };
}

function kept(metadata: Record<string, unknown>): FactsParts {
  return { sources: { virtualServices: [virtualService('checkout', {}, metadata)] } };
}

const istio = { canary: { trafficRouting: { istio: { virtualServices: [{ name: 'checkout', routes: ['main'] }] } } } };

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'annotations that cannot be read',
      { examined: { problems: ['serin.dev/bake is "ten", which is no duration.'] } },
      'annotations',
      'blocking',
      'serin.dev/bake is "ten"',
    ],
    [
      'a policy that may not be read',
      { examined: { policyUnread: 'forbidden.' } },
      'annotations',
      'unknown',
      'forbidden.',
    ],
    ['that it asks for nothing yet', { examined: { asks: false } }, 'annotations', 'fine', 'serin.dev/canary=enabled'],
    [
      'a pause of a person',
      { target: { spec: { paused: true } } },
      'paused-by-person',
      'blocking',
      'paused by a person',
    ],
    [
      "a pause of Serin's",
      { target: { spec: { paused: true }, annotations: { 'serin.dev/held': 'serin' } } },
      'paused-by-person',
      'fine',
      'Nobody has paused',
    ],
    [
      'a cluster that holds nothing by itself',
      { sources: { holdsByItself: false } },
      'hold',
      'warning',
      'keeps it paused at rest',
    ],
    [
      'routes that Argo CD applies',
      kept({ annotations: { 'argocd.argoproj.io/tracking-id': 'a' } }),
      'gitops',
      'warning',
      'Argo CD applies VirtualService shop/checkout',
    ],
    [
      'routes that Flux applies',
      kept({ managedFields: [{ manager: 'kustomize-controller' }] }),
      'gitops',
      'warning',
      'Flux applies',
    ],
    [
      'routes that Helm installed once',
      kept({ managedFields: [{ manager: 'helm' }] }),
      'gitops',
      'fine',
      'No GitOps tool',
    ],
    [
      'a Canary of Flagger',
      releaser('Canary', { targetRef: { kind: 'Deployment', name: 'checkout' } }),
      'other-releaser',
      'blocking',
      'Canary shop/x releases this Deployment',
    ],
    [
      'a Rollout that refers to the Deployment',
      releaser('Rollout', { workloadRef: { kind: 'Deployment', name: 'checkout' } }),
      'other-releaser',
      'blocking',
      'Rollout shop/x',
    ],
    [
      'a Rollout that moves the same route',
      releaser('Rollout', { strategy: istio }),
      'other-releaser',
      'blocking',
      'Rollout shop/x',
    ],
    [
      'a Rollout of OpenKruise',
      releaser('Rollout', { objectRef: { workloadRef: { kind: 'Deployment', name: 'checkout' } } }),
      'other-releaser',
      'blocking',
      'Rollout shop/x',
    ],
    [
      'a Canary of something else',
      releaser('Canary', { targetRef: { kind: 'DaemonSet', name: 'checkout' } }),
      'other-releaser',
      'fine',
      'No other controller',
    ],
    [
      'rights that are missing',
      { sources: { missingRights: [{ verb: 'create', group: 'apps', resource: 'deployments' }] } },
      'permissions',
      'blocking',
      'may not create deployments.apps in namespace shop',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

it('lets a pair be paused: it holds nothing', () => {
  const parts = { target: { labels: { app: 'reviews', version: 'v2' }, spec: { paused: true } } };

  expect(finding('paused-by-person', pair(parts)).level).toBe('fine');
  expect(finding('hold', pair({ sources: { holdsByItself: false } })).level).toBe('fine');
});
