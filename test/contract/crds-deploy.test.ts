// Everything in deploy/ on a real API server, and what the controller may not do.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kubectl, kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { eventually } from '../support/eventually.ts';
import { connectionsForTests, deployFolder } from './crds-bench.ts';

describe('on a cluster', () => {
  const connections = connectionsForTests();

  it('everything in deploy/ is accepted, and its pods run under the restricted profile', {
    timeout: 120_000,
  }, async () => {
    const stack = stackOfThisRun();
    const list = z.object({ items: z.array(z.looseObject({ kind: z.string() })) });
    const rendered = await kubectlOutput(stack, ['kustomize', deployFolder]);
    const json = await kubectlOutput(stack, ['create', '--dry-run=client', '-o', 'json', '-f', '-'], {
      stdin: rendered,
    });
    const objects = list.parse({ items: json.split(/\n(?=\{)/).map((text) => JSON.parse(text)) }).items;
    // The policies would bind every other test; admission.test.ts and hold-policy.test.ts have them in force.
    const harmless = objects.filter(({ kind }) => !kind.endsWith('AdmissionPolicyBinding'));
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: harmless });

    const applied = await kubectl(stack, ['apply', '--server-side', '--force-conflicts', '-f', '-'], { stdin });

    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(objects.length - harmless.length).toBe(3);
    const available = [
      'wait',
      'deployment',
      '--all',
      '--namespace=serin-system',
      '--for=condition=Available',
      '--timeout=60s',
    ];
    expect(await kubectl(stack, available, { timeoutMs: 70_000 })).toMatchObject({ code: 0 });
    const plain = { metadata: { name: 'root' }, spec: { containers: [{ name: 'root', image: 'x' }] } };
    const refused = await connections().admin.request('POST', '/api/v1/namespaces/serin-system/pods', { body: plain });
    expect(refused.status).toBe(403);
    await kubectlOutput(stack, ['delete', 'deployment', '--all', '--namespace=serin-system']);
    await eventually('the pods to go', async () => (await pods()) === '');
  });

  it('everything else is applied where the cluster does not know the kind that holds Deployments in the write', async () => {
    const stack = stackOfThisRun();
    const rendered = await kubectlOutput(stack, ['kustomize', deployFolder]);
    const unknown = rendered.replaceAll(/^kind: MutatingAdmissionPolicy/gm, 'kind: UnheardOfPolicy');
    const count = rendered.match(/^kind: /gm)?.length ?? 0;

    const applied = await kubectl(stack, ['apply', '--server-side', '--dry-run=server', '-f', '-'], { stdin: unknown });

    expect(applied).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no matches for kind "UnheardOfPolicy"'),
    });
    expect(applied.stdout.trim().split('\n').length).toBe(count - 2);
  });

  function pods(): Promise<string> {
    return kubectlOutput(stackOfThisRun(), ['get', 'pods', '--namespace=serin-system', '-o', 'name']);
  }

  it.each([
    ['secrets', 'get'],
    ['configmaps', 'get'],
    ['pods', 'delete'],
    ['deployments.apps', 'update'],
    ['virtualservices.networking.istio.io', 'update'],
    ['destinationrules.networking.istio.io', 'patch'],
    ['mutatingadmissionpolicies.admissionregistration.k8s.io', 'patch'],
    ['namespaces', 'list'],
  ])('the controller may not touch %s (%s)', async (resource, verb) => {
    const account = '--as=system:serviceaccount:serin-system:serin';

    const answer = await kubectl(stackOfThisRun(), ['auth', 'can-i', verb, resource, '--all-namespaces', account]);

    expect(answer.stdout.trim()).toBe('no');
  });
});
