// The page on GitOps held to a real API server: it takes the objects that the page shows, and real Deployments get the health that the
// page promises.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.ts';
import { type Health, healthBy } from '../support/lua.ts';
import { objectsOf, type SnippetObject } from '../support/snippets.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';

const page = 'gitops.md';
const connections = connectionsForTests();

const paths: Readonly<Record<string, string>> = {
  'networking.istio.io/v1 VirtualService': '/apis/networking.istio.io/v1/namespaces/NAMESPACE/virtualservices',
  'v1 ConfigMap': '/api/v1/namespaces/NAMESPACE/configmaps',
};

function pathOf({ apiVersion, kind }: SnippetObject, namespace: string): string | undefined {
  return paths[`${apiVersion} ${kind}`]?.replace('NAMESPACE', namespace);
}

describe('the objects of the page', () => {
  it('are taken by the API server where it knows their kind, every field of them', async () => {
    const { admin } = connections();
    const namespace = await newNamespace(admin, 'gitops');
    const taken: string[] = [];

    for (const object of await objectsOf(page)) {
      const path = pathOf(object, namespace);
      if (path === undefined) continue;
      const body = { ...object, metadata: { ...object.metadata, namespace } };
      const query = { dryRun: 'All', fieldValidation: 'Strict' };
      await demand(admin, 'POST', path, { body, query });
      taken.push(object.kind);
    }

    expect(taken).toEqual(['VirtualService', 'VirtualService', 'ConfigMap']);
  });
});

describe('a real Deployment, by the health check of the page', () => {
  const configMap = z.object({ data: z.record(z.string(), z.string()) });

  async function health(object: unknown): Promise<Health> {
    const found = configMap.parse((await objectsOf(page)).find(({ kind }) => kind === 'ConfigMap'));
    return healthBy(found.data['resource.customizations.health.apps_Deployment'] ?? '', object);
  }

  it('is Healthy at rest, Progressing with its canary on trial, Degraded when rejected, Healthy when taken back', async () => {
    const { admin } = connections();
    const namespace = await newNamespace(admin, 'gitops');
    await createDeployment(admin, namespace, {
      name: 'checkout',
      image: 'checkout:1',
      replicas: 2,
      annotations: { 'serin.dev/canary': 'enabled' },
    });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`;
    const status = async (): Promise<string> => (await health(await demand(admin, 'GET', path))).status;
    const until = (wanted: string): Promise<unknown> =>
      eventually(`${wanted}`, async () => (await status()) === wanted);
    const image = (name: string): object => ({ template: { spec: { containers: [{ name: 'app', image: name }] } } });

    await until('Healthy');

    const annotations = { 'serin.dev/held': 'true', 'serin.dev/phase': 'baking', 'serin.dev/rollout': 'checkout-x-1' };
    await change(admin, path, { metadata: { annotations }, spec: { paused: true, ...image('checkout:2') } });
    await until('Progressing');

    await change(admin, path, { metadata: { annotations: { 'serin.dev/phase': 'rolledBack' } } });
    const message = 'Serin: 9 of 10 (90%) canary requests failed.';
    const condition = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message };
    const body = { status: { conditions: [condition] } };
    await eventually('the Deployment controller to have seen it paused', async () =>
      JSON.stringify(await demand(admin, 'GET', path)).includes('DeploymentPaused'),
    );
    const contentType = 'application/strategic-merge-patch+json';
    await demand(admin, 'PATCH', `${path}/status`, { body, contentType });
    await until('Degraded');
    expect((await health(await demand(admin, 'GET', path))).message).toBe(message);

    await change(admin, path, { spec: image('checkout:1') });
    await until('Healthy');

    await change(admin, path, { metadata: { annotations: { 'serin.dev/held': null } }, spec: { paused: false } });
    await eventually(
      'the condition to heal by itself',
      async () => !JSON.stringify(await demand(admin, 'GET', path)).includes('ProgressDeadlineExceeded'),
    );
    expect(await status()).toBe('Healthy');
  });
});
