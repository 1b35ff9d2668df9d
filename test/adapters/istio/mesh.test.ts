// What the mesh makes of answers that a healthy API server with Istio's CRDs does not give.
import { describe, expect, it } from 'vitest';
import { istioMesh } from '../../../src/adapters/istio/mesh.ts';
import type { ClusterAnswer, ClusterRequests } from '../../../src/adapters/istio/requests.ts';
import { aRoute, aWorkload } from '../../support/builders.ts';
import { aDestinationRule, aService, plainVirtualService } from './objects.ts';

type Answers = Readonly<Record<string, ClusterAnswer>>;

const group = '/apis/networking.istio.io';
const stable = aWorkload();
const canary = aWorkload({ name: 'reviews-v2', podLabels: { app: 'reviews', version: 'v2' } });
const route = aRoute({ section: 'default' });

function ok(body: unknown): ClusterAnswer {
  return { status: 200, body };
}

/** Answers by path; the rest of a cluster where everything is in order. What was asked is in `asked`. */
function cluster(answers: Answers = {}, version = 'v1'): ClusterRequests & { readonly asked: string[] } {
  const base = `${group}/${version}/namespaces`;
  const healthy: Answers = {
    [group]: ok({ versions: [{ version }] }),
    [`${base}/shop/virtualservices`]: ok({ items: [plainVirtualService()] }),
    [`${base}/shop/virtualservices/reviews`]: ok(plainVirtualService()),
    [`${base}/shop/destinationrules`]: ok({ items: [aDestinationRule()] }),
    [`${base}/istio-system/destinationrules`]: ok({ items: [] }),
    '/api/v1/namespaces/shop/services': ok({ items: [aService('reviews')] }),
  };
  const asked: string[] = [];
  return {
    asked,
    request: async (method, path) => {
      asked.push(`${method} ${path}`);
      return (
        answers[`${method} ${path}`] ??
        answers[path] ??
        healthy[path] ?? { status: 404, body: { message: 'not found' } }
      );
    },
  };
}

describe('a cluster', () => {
  it('is asked which versions it serves once, and an older one will do', async () => {
    const requests = cluster({}, 'v1beta1');
    const mesh = istioMesh({ requests });

    expect((await mesh.view(route)).kind).toBe('view');
    expect((await mesh.locate(stable, canary, {})).kind).toBe('located');

    expect(requests.asked.filter((line) => line === `GET ${group}`)).toHaveLength(1);
  });

  it('without Istio has no route, which is said, and found once it is there', async () => {
    const answers: Record<string, ClusterAnswer> = { [group]: { status: 404, body: {} } };
    const mesh = istioMesh({ requests: cluster(answers) });

    expect(await mesh.locate(stable, canary, {})).toEqual({
      kind: 'problem',
      problem: {
        reason: 'NoVirtualService',
        message:
          'The cluster does not serve networking.istio.io, so it has no VirtualServices. Install Istio, or at least its CustomResourceDefinitions.',
      },
    });
    expect((await mesh.view(route)).kind).toBe('problem');
    delete answers[group];
    expect((await mesh.view(route)).kind).toBe('view');
  });

  it('that hides the rules of istio-system from a confined controller is no obstacle', async () => {
    const hidden = { [`${group}/v1/namespaces/istio-system/destinationrules`]: { status: 403, body: {} } };

    const located = await istioMesh({ requests: cluster(hidden) }).locate(stable, canary, {});

    expect(located.kind).toBe('located');
  });

  it.each([
    [
      'forbids a list',
      { [`${group}/v1/namespaces/shop/virtualservices`]: { status: 403, body: { message: 'no list for you' } } },
      /403 .*no list for you/,
    ],
    ['breaks', { '/api/v1/namespaces/shop/services': { status: 503, body: 'upstream' } }, /503 .*no message/],
    [
      'answers nonsense',
      { [`${group}/v1/namespaces/shop/virtualservices`]: ok({ items: [{ spec: 7 }] }) },
      /is not what Istio's definitions say/,
    ],
  ])('that %s is an error in its own words', async (_what, answers, words) => {
    await expect(istioMesh({ requests: cluster(answers) }).locate(stable, canary, {})).rejects.toThrow(words);
  });
});

describe('a write', () => {
  const path = `${group}/v1/namespaces/shop/virtualservices/reviews`;
  const managedFields = [{ manager: 'serin', operation: 'Update', fieldsV1: { 'f:spec': {} } }];

  async function outcomes(answer: ClusterAnswer): Promise<readonly string[]> {
    const owned = ok(plainVirtualService({ managedFields }));
    const mesh = istioMesh({ requests: cluster({ [`PATCH ${path}`]: answer, [path]: owned }) });
    const viewed = await mesh.view(route);
    if (viewed.kind === 'problem') throw new Error(viewed.problem.message);
    const changed = await mesh.change(route, viewed.view, { kind: 'restore' });
    return [changed.kind, (await mesh.disown(route)).kind];
  }

  it.each([409, 422, 404])('that is answered %i was a race', async (status) => {
    expect(await outcomes({ status, body: {} })).toEqual(['conflict', 'conflict']);
  });

  it('that is refused for another reason is an error in the words of the server', async () => {
    await expect(outcomes({ status: 403, body: { message: 'webhook says no' } })).rejects.toThrow(
      /403 .*webhook says no/,
    );
  });

  it('names the object only once it is read, and no other namespace by a crooked name', async () => {
    const requests = cluster();
    const crooked = aRoute({ namespace: '../../../api/v1', name: 'x/../y' });

    await istioMesh({ requests }).view(crooked);

    expect(requests.asked).toContain(`GET ${group}/v1/namespaces/..%2F..%2F..%2Fapi%2Fv1/virtualservices/x%2F..%2Fy`);
  });
});
