// The real parts are real: what the other tests rely on is shown here first.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { kubeconfigOf } from '../../tools/stack/identities.ts';
import { kubectl, kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { eventually } from '../support/eventually.ts';
import { pingRedis } from '../support/ping.ts';
import { type Pod, podsOf, readyAddresses } from '../support/workloads.ts';

const stack = stackOfThisRun();
const namespace = `parts-${randomBytes(3).toString('hex')}`;

beforeAll(async () => {
  await kubectlOutput(stack, ['create', 'namespace', namespace]);
});

afterAll(async () => {
  await kubectlOutput(stack, ['delete', 'namespace', namespace, '--wait=false']);
});

describe('the control plane', () => {
  test('client and server are of the version that was built', async () => {
    const versions = JSON.parse(await kubectlOutput(stack, ['version', '--output=json']));

    expect(versions).toMatchObject({
      clientVersion: { gitVersion: 'v1.36.3' },
      serverVersion: { gitVersion: 'v1.36.3' },
    });
  });

  test("a Deployment's pods get ready and are reached through EndpointSlices", async () => {
    await apply(deployment('web', {}), service('web'));

    await kubectlOutput(stack, ['-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s']);

    const addresses = await eventually('two ready addresses of the Service web', async () => {
      const ready = await readyAddresses(stack, namespace, 'web');
      return ready.length === 2 && ready;
    });
    expect(new Set(addresses).size).toBe(2);
  });

  test('a paused Deployment starts no new ReplicaSet and still scales', async () => {
    await apply(deployment('held', {}));
    await kubectlOutput(stack, ['-n', namespace, 'rollout', 'status', 'deployment/held', '--timeout=60s']);

    await kubectlOutput(stack, ['-n', namespace, 'rollout', 'pause', 'deployment/held']);
    await kubectlOutput(stack, ['-n', namespace, 'set', 'image', 'deployment/held', 'app=example/app:2']);
    await kubectlOutput(stack, ['-n', namespace, 'scale', 'deployment/held', '--replicas=3']);

    await eventually('three pods', async () => (await podsOf(stack, namespace, 'held')).length === 3);
    const images = (await podsOf(stack, namespace, 'held')).flatMap((pod) =>
      pod.spec.containers.map((container) => container.image),
    );
    expect(images).toEqual(['example/app:1', 'example/app:1', 'example/app:1']);
  });

  test("Istio's kinds are served, and nonsense in them is refused", async () => {
    const host = { hosts: ['web'], http: [{ route: [{ destination: { host: 'web' }, weight: 100 }] }] };

    const good = await applied(virtualService('web', host));
    const bad = await applied(virtualService('nonsense', { hosts: ['web'], http: [{ route: 'everywhere' }] }));

    expect(good).toMatchObject({ code: 0 });
    expect(bad.code).not.toBe(0);
    expect(bad.stderr).toContain('spec.http[0].route');
  });

  test('a person without rights is refused, and the audit log has who asked for what', async () => {
    const refused = await kubectl(stack, ['-n', namespace, 'get', 'secrets'], {
      env: { KUBECONFIG: kubeconfigOf(stack.folder, 'alice') },
    });

    expect(refused.stderr).toContain('User "alice" cannot list resource "secrets"');
    const lines = (await readFile(stack.auditLog, 'utf8')).trimEnd().split('\n');
    const hers = lines
      .map((line) => auditEvent.parse(JSON.parse(line)))
      .filter((event) => event.user.username === 'alice');
    expect(hers).toContainEqual({
      level: 'Metadata',
      stage: 'ResponseComplete',
      verb: 'list',
      user: { username: 'alice' },
      objectRef: { resource: 'secrets', namespace },
      responseStatus: { code: 403 },
    });
  });

  test('a role that is bound gives a person just that right', async () => {
    await kubectlOutput(stack, ['-n', namespace, 'create', 'role', 'reader', '--verb=list', '--resource=configmaps']);
    await kubectlOutput(stack, ['-n', namespace, 'create', 'rolebinding', 'bob-reads', '--role=reader', '--user=bob']);

    const may = (verb: string) =>
      kubectl(stack, ['-n', namespace, 'auth', 'can-i', verb, 'configmaps'], {
        env: { KUBECONFIG: kubeconfigOf(stack.folder, 'bob') },
      });

    await eventually('bob to be allowed', async () => (await may('list')).stdout.trim() === 'yes');
    expect((await may('delete')).stdout.trim()).toBe('no');
  });
});

describe('failures that KWOK plays', () => {
  const cases = [
    {
      fail: 'crash-loop',
      status: {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'Error', exitCode: 1, message: 'panic: cannot open config' } },
      },
    },
    {
      fail: 'image-pull',
      status: { state: { waiting: { reason: 'ImagePullBackOff', message: expect.stringContaining('example/app:1') } } },
    },
    {
      fail: 'oom',
      status: {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      },
    },
    { fail: 'unready', status: { state: { running: {} } } },
  ] as const;

  test.for(cases)(
    'the annotation $fail shows in the status of the pods, which are never ready',
    async ({ fail, status }) => {
      await apply(deployment(fail, { 'kwok.serin.dev/fail': fail }));

      const [pod] = await eventually(`pods that show ${fail}`, async () => {
        const pods = await podsOf(stack, namespace, fail);
        return pods.length === 2 && pods.every((each) => each.status.containerStatuses !== undefined) && pods;
      });

      expect(pod?.status.containerStatuses?.[0]).toMatchObject({ ready: false, ...status });
      expect(readyCondition(pod)).toBe('False');
    },
  );

  test('a crash loop counts its restarts, and ends when the annotation is taken away', async () => {
    await apply(
      deployment('crashing', {
        'kwok.serin.dev/fail': 'crash-loop',
        'kwok.serin.dev/message': 'cannot reach the database',
      }),
    );

    const crashed = await eventually('a third restart', async () =>
      (await podsOf(stack, namespace, 'crashing')).find(
        (pod) => (pod.status.containerStatuses?.[0]?.restartCount ?? 0) >= 3,
      ),
    );
    await kubectlOutput(stack, ['-n', namespace, 'annotate', 'pod', crashed.metadata.name, 'kwok.serin.dev/fail-']);

    expect(crashed.status.containerStatuses?.[0]?.lastState).toMatchObject({
      terminated: { message: 'cannot reach the database' },
    });
    await kubectlOutput(stack, [
      '-n',
      namespace,
      'wait',
      '--for=condition=Ready',
      '--timeout=60s',
      `pod/${crashed.metadata.name}`,
    ]);
  });
});

describe('Redis and Prometheus', () => {
  test('Redis answers a PING', async () => {
    expect(await pingRedis(stack.redis.url)).toBe('+PONG\r\n');
  });

  test('Prometheus scrapes itself', async () => {
    const up = await eventually('a first scrape', async () => (await query('up{job="prometheus"}'))[0]);

    expect(up).toBe('1');
  });

  test('Prometheus scrapes the pods that the mesh simulator announces', async () => {
    await apply(deployment('meshed', {}), service('meshed'));

    const up = await eventually('two pods to be scraped', async () => {
      const samples = await query(`up{job="istio",namespace="${namespace}",pod=~"meshed-.*"}`);
      return samples.length === 2 && samples;
    });

    expect(up).toEqual(['1', '1']);
  });
});

const auditEvent = z.object({
  level: z.string(),
  stage: z.string(),
  verb: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z.object({ resource: z.string(), namespace: z.string().optional() }).optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
});

const promAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

async function query(promql: string): Promise<readonly string[]> {
  const url = `${stack.prometheus.url}/api/v1/query?query=${encodeURIComponent(promql)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return promAnswer.parse(await response.json()).data.result.map((sample) => sample.value[1]);
}

function readyCondition(pod: Pod | undefined): string | undefined {
  return pod?.status.conditions?.find((condition) => condition.type === 'Ready')?.status;
}

function deployment(name: string, annotations: Readonly<Record<string, string>>): unknown {
  const template = {
    metadata: { labels: { app: name }, annotations },
    spec: { containers: [{ name: 'app', image: 'example/app:1' }] },
  };
  const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec };
}

function service(name: string): unknown {
  const spec = { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

function virtualService(name: string, spec: unknown): unknown {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name, namespace }, spec };
}

function applied(...objects: readonly unknown[]): ReturnType<typeof kubectl> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  return kubectl(stack, ['apply', '-f', '-'], { stdin: JSON.stringify(list) });
}

async function apply(...objects: readonly unknown[]): Promise<void> {
  expect(await applied(...objects)).toMatchObject({ code: 0, stderr: '' });
}
