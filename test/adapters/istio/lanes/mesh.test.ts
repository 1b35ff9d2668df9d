// What lanes make of clusters that are confined, half installed or busy; the rest is in the contract.
import { describe, expect, it } from 'vitest';
import { istioMesh } from '../../../../src/adapters/istio/mesh.ts';
import type { ClusterAnswer, ClusterRequests } from '../../../../src/adapters/istio/requests.ts';
import type { Lanes } from '../../../../src/domain/lanes.ts';
import { aLaneRule, aLaneService, aRouted, aRouteTo, lanesWanted, podLabels } from './area.ts';
import { lanesOf } from './scenes.ts';

const group = '/apis/networking.istio.io';
const gateways = '/apis/gateway.networking.k8s.io/v1';
const claim = { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 1 };
const object = aRouted(aRouteTo('checkout'));
const lanes = lanesOf(object, { hosts: ['checkout.shop.svc.cluster.local'] });

function ok(body: unknown): ClusterAnswer {
  return { status: 200, body };
}

/** Answers by path, or by method and path; the rest of a cluster where everything is in order. */
function cluster(
  answers: Readonly<Record<string, ClusterAnswer>> = {},
): ClusterRequests & { readonly asked: string[] } {
  const healthy: Readonly<Record<string, ClusterAnswer>> = {
    [group]: ok({ versions: [{ version: 'v1' }] }),
    [`${group}/v1/virtualservices`]: ok({ items: [object] }),
    [`${group}/v1/destinationrules`]: ok({ items: [] }),
    [`${group}/v1/namespaces/shop/virtualservices`]: ok({ items: [object] }),
    [`${group}/v1/namespaces/shop/destinationrules`]: ok({ items: [] }),
    [`${group}/v1/namespaces/shop/virtualservices/checkout`]: ok(object),
    [`${group}/v1/namespaces/shop/destinationrules/${lanes.names.stable}-checkout`]: ok(aLaneRule()),
    [`${group}/v1/namespaces/shop/destinationrules/${lanes.names.canary}-checkout`]: ok(aLaneRule()),
    '/api/v1/namespaces/shop/services': ok({ items: [aLaneService()] }),
    '/api/v1/namespaces/shop/pods': ok({ items: [] }),
  };
  const asked: string[] = [];
  return {
    asked,
    request: async (method, path) => {
      asked.push(`${method} ${path}`);
      const answer = answers[`${method} ${path}`] ?? answers[path] ?? healthy[path];
      return answer ?? { status: 404, body: { message: 'not found' } };
    },
  };
}

async function surveyed(answers: Readonly<Record<string, ClusterAnswer>>): Promise<string> {
  const found = await istioMesh({ requests: cluster(answers) }).survey(lanesWanted());
  return found.kind === 'lanes' ? found.lanes.objects.map(({ name }) => name).join() : found.problem.reason;
}

describe('a survey', () => {
  it('keeps to the namespace where the account may not look further', async () => {
    const forbidden = { status: 403, body: {} };
    const answers = {
      [`${group}/v1/virtualservices`]: forbidden,
      [`${group}/v1/destinationrules`]: forbidden,
      [`${gateways}/httproutes`]: forbidden,
    };

    expect(await surveyed(answers)).toBe('checkout');
  });

  it('says that there is no Istio', async () => {
    expect(await surveyed({ [group]: { status: 404, body: {} } })).toBe('NoVirtualService');
  });

  it('finds the routes of the Gateway API, where they are served', async () => {
    const spec = { rules: [{ backendRefs: [{ name: 'checkout', port: 80 }] }] };
    const items = [{ kind: 'GRPCRoute', metadata: { name: 'front', namespace: 'shop' }, spec }];

    expect(await surveyed({ [`${gateways}/grpcroutes`]: ok({ items }) })).toBe('HttpRoute');
  });

  it('throws what it was refused for another reason', async () => {
    const broken = { [`${group}/v1/virtualservices`]: { status: 500, body: { message: 'etcd is away' } } };

    await expect(surveyed(broken)).rejects.toThrow(/500 .*etcd is away/);
  });

  const pod = (name: string, owner: object | undefined, labels = {}, extra = {}): object => ({
    metadata: {
      name,
      labels: { ...podLabels, ...labels },
      ownerReferences: owner === undefined ? [] : [owner],
      ...extra,
    },
  });
  const replicaSet = (name: string): object => ({ kind: 'ReplicaSet', name, controller: true });

  it.each([
    ['one of the Deployment', pod('a', replicaSet('checkout-5c5b46c844'), { 'pod-template-hash': '5c5b46c844' })],
    [
      'one of its copy',
      pod('a', replicaSet('checkout-0a1b2c3d4e-77f'), {
        'pod-template-hash': '77f',
        'serin.dev/revision': '0a1b2c3d4e',
      }),
    ],
    ['one that is going', pod('a', undefined, {}, { deletionTimestamp: '2026-11-21T00:00:00Z' })],
    [
      'one of a Job that is done',
      { ...pod('a', { kind: 'Job', name: 'x', controller: true }), status: { phase: 'Succeeded' } },
    ],
  ])('takes a pod for none of a stranger: %s', async (_what, found) => {
    expect(await surveyed({ '/api/v1/namespaces/shop/pods': ok({ items: [found] }) })).toBe('checkout');
  });

  it.each([
    [
      'one of a Deployment with a longer name',
      pod('a', replicaSet('checkout-api-77f'), { 'pod-template-hash': '77f' }),
    ],
    ['one of a StatefulSet', pod('a', { kind: 'StatefulSet', name: 'checkout', controller: true })],
    ['one of nobody', pod('a', undefined)],
    [
      'one that only says it is a copy',
      pod('a', replicaSet('till-77f'), { 'pod-template-hash': '77f', 'serin.dev/revision': '0a1b2c3d4e' }),
    ],
  ])('takes a pod for a stranger: %s', async (_what, found) => {
    expect(await surveyed({ '/api/v1/namespaces/shop/pods': ok({ items: [found] }) })).toBe('ForeignPods');
  });
});

describe('a write', () => {
  const path = `${group}/v1/namespaces/shop/virtualservices`;

  async function written(answer: ClusterAnswer, where = lanes, call = `PATCH ${path}/checkout`): Promise<string> {
    const mesh = istioMesh({ requests: cluster({ [call]: answer }) });
    const viewed = await mesh.view(where);
    if (viewed.kind === 'problem') throw new Error(viewed.problem.message);
    return (await mesh.change(where, viewed.view, { kind: 'weights', canary: 10, claim })).kind;
  }

  const made: Lanes = { ...lanes, objects: [{ namespace: 'shop', name: 'serin-checkout', made: true }], originals: [] };

  it.each([409, 422, 404])('that is answered %i was a race', async (status) => {
    expect(await written({ status, body: {} })).toBe('conflict');
  });

  it('of what somebody else made in the same moment was a race', async () => {
    expect(await written({ status: 409, body: {} }, made, `POST ${path}`)).toBe('conflict');
  });

  it('that is refused for another reason is an error in the words of the server', async () => {
    await expect(written({ status: 403, body: { message: 'webhook says no' } })).rejects.toThrow(
      /403 .*webhook says no/,
    );
    await expect(written({ status: 422, body: { message: 'bad' } }, made, `POST ${path}`)).rejects.toThrow(/422 .*bad/);
  });
});

describe('unrestorable', () => {
  async function problem(
    rules: readonly unknown[],
    service = aLaneService(),
    where = lanes,
  ): Promise<string | undefined> {
    const requests = cluster({
      [`${group}/v1/destinationrules`]: ok({ items: rules }),
      '/api/v1/namespaces/shop/services': ok({ items: [service] }),
    });
    return (await istioMesh({ requests }).unrestorable(where, podLabels))?.message;
  }

  const [first] = lanes.originals;
  const toV1: Lanes = { ...lanes, originals: first === undefined ? [] : [{ ...first, subset: 'v1' }] };

  it('is nothing where everything leads to the new pods', async () => {
    expect(await problem([])).toBeUndefined();
    expect(await problem([aLaneRule()], aLaneService(), toV1)).toBeUndefined();
  });

  it('says that a subset is defined no longer, or chooses others', async () => {
    expect(await problem([], aLaneService(), toV1)).toMatch(/subset v1 .*no DestinationRule defines/);
    expect(
      await problem([aLaneRule({ subsets: [{ name: 'v1', labels: { version: 'v0' } }] })], aLaneService(), toV1),
    ).toMatch(/version=v0/);
  });

  it('says that a Service chooses others, also where no route names it', async () => {
    const moved = aLaneService({ selector: { app: 'till' } });

    expect(await problem([], moved, { ...lanes, originals: [] })).toMatch(/selector of Service checkout/);
  });
});

describe('defining a subset that somebody else creates meanwhile', () => {
  const stem = lanes.names.canary;
  const name = `${stem}-checkout`;
  const wanted = { stem, labels: { 'serin.dev/revision': '0a1b2c3d4e' }, rollout: 'shop/checkout-0a1b2c3d4e-1' };
  const metadata = { name, namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'serin' } };

  async function define(found: object): Promise<void> {
    const places = `${group}/v1/namespaces/shop/destinationrules`;
    const requests = cluster({ [`POST ${places}`]: { status: 409, body: {} }, [`${places}/${name}`]: ok(found) });
    await istioMesh({ requests }).define(lanes, wanted);
  }

  it('is done when it is the same', async () => {
    const subsets = [{ name: stem, labels: wanted.labels }];

    await expect(define({ metadata, spec: { host: 'checkout.shop.svc.cluster.local', subsets } })).resolves.toBe(
      undefined,
    );
  });

  it.each([
    ['it lacks the subset', { metadata, spec: { host: 'checkout.shop.svc.cluster.local' } }],
    ["it is not Serin's", { metadata: { ...metadata, labels: {} }, spec: { host: 'other' } }],
  ])('is tried again when %s', async (_what, found) => {
    await expect(define(found)).rejects.toThrow(/just now/);
  });
});
