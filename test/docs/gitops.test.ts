import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { phases } from '../../src/domain/rollout.ts';
import { conditionsOf } from '../../src/domain/status.ts';
import { aRollout } from '../support/builders.ts';
import { type Health, healthBy } from '../support/lua.ts';
import { objectsOf, snippetsOf } from '../support/snippets.ts';

const page = 'gitops.md';
const configMap = z.object({ data: z.record(z.string(), z.string()) });

async function script(key: string): Promise<string> {
  const found = (await objectsOf(page)).find(({ kind }) => kind === 'ConfigMap');
  const text = configMap.parse(found).data[`resource.customizations.health.${key}`];
  if (text === undefined) throw new Error(`The page has no health check ${key}.`);
  return text;
}

// Conditions as a real Deployment controller writes them; the rejection as Serin does.
const settled = { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: 'Progressed.' };
const paused = { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
const rejected = {
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: 'Serin: 9 of 10 (90%) canary requests failed against 0 of 90 (0%) of stable.',
};
const available = { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Available.' };

interface Parts {
  readonly paused?: boolean;
  readonly marks?: Readonly<Record<string, string>>;
  readonly condition?: object;
  readonly status?: object;
  readonly generation?: number;
}

async function healthOf(parts: Parts): Promise<Health> {
  const marks = Object.entries(parts.marks ?? {}).map(([key, value]) => [`serin.dev/${key}`, value] as const);
  return healthBy(await script('apps_Deployment'), {
    metadata: {
      name: 'checkout',
      namespace: 'shop',
      generation: parts.generation ?? 2,
      ...(parts.marks === undefined ? {} : { annotations: Object.fromEntries(marks) }),
    },
    spec: { replicas: 2, ...(parts.paused === true ? { paused: true } : {}) },
    status: {
      observedGeneration: 2,
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [available, parts.condition ?? settled],
      ...parts.status,
    },
  });
}

const adopted = { canary: 'enabled', stable: '5c5b46c844', rollout: 'checkout-0a1b2c3d4e-1' };
const held = { ...adopted, held: 'true' };
const allUpdated = { updatedReplicas: 2 };

describe("Argo CD's health of a managed Deployment, by the check of the page", () => {
  it('is Healthy at rest', async () => {
    const marks = { ...adopted, phase: 'promoted' };

    expect(await healthOf({ marks, status: allUpdated })).toEqual({ status: 'Healthy', message: '' });
  });

  it('is Healthy at rest where it is kept paused', async () => {
    const health = await healthOf({ marks: held, paused: true, condition: paused, status: allUpdated });

    expect(health.status).toBe('Healthy');
  });

  it('is Progressing while its canary is on trial, and says where to look', async () => {
    const marks = { ...held, phase: 'baking' };

    expect(await healthOf({ marks, paused: true, condition: paused })).toEqual({
      status: 'Progressing',
      message: 'Rollout checkout-0a1b2c3d4e-1 is baking. See: serin status checkout -n shop',
    });
  });

  it('is Progressing before its rollout has begun', async () => {
    const marks = { ...held, phase: 'promoted' };

    expect(await healthOf({ marks, paused: true, condition: paused })).toEqual({
      status: 'Progressing',
      message: 'The new pod template waits for its rollout. See: serin status checkout -n shop',
    });
  });

  it("is Degraded when it was rejected, in Serin's own words", async () => {
    const marks = { ...held, phase: 'rolledBack' };

    expect(await healthOf({ marks, paused: true, condition: rejected })).toEqual({
      status: 'Degraded',
      message: rejected.message,
    });
  });

  it('is Healthy again with the running template back, the old condition still standing', async () => {
    const marks = { ...held, phase: 'rolledBack' };
    const health = await healthOf({ marks, paused: true, condition: rejected, status: allUpdated });

    expect(health.status).toBe('Healthy');
  });

  it.each(phases)('has a word for phase %s', async (phase) => {
    const health = await healthOf({ marks: { ...held, phase }, paused: true, condition: paused });

    expect(['Progressing', 'Suspended', 'Degraded']).toContain(health.status);
    expect(health.status === 'Degraded').toBe(phase === 'held');
    expect(health.status === 'Suspended').toBe(phase === 'awaitingApproval');
  });
});

describe("Argo CD's health of any other Deployment, by the check of the page", () => {
  it.each<[string, Parts, string]>([
    ['Healthy', { status: allUpdated }, ''],
    ['Suspended', { paused: true, condition: paused, status: allUpdated }, 'Deployment is paused'],
    ['Suspended', { paused: true, condition: paused, marks: adopted }, 'Deployment is paused'],
    ['Degraded', { condition: rejected }, 'Deployment "checkout" exceeded its progress deadline'],
    [
      'Progressing',
      { generation: 3, status: allUpdated },
      'observed deployment generation less than desired generation',
    ],
    ['Progressing', { status: { updatedReplicas: 1 } }, '1 out of 2 new replicas have been updated...'],
    ['Progressing', { status: { ...allUpdated, replicas: 3 } }, '1 old replicas are pending termination...'],
    ['Progressing', { status: { ...allUpdated, availableReplicas: 1 } }, '1 of 2 updated replicas are available...'],
  ])('is %s as Argo CD has it', async (status, parts, words) => {
    const health = await healthOf(parts);

    expect(health.status).toBe(status);
    expect(health.message).toContain(words);
  });
});

describe("Argo CD's health of a rollout, by the check of the page", () => {
  it.each([
    ['baking', 'Progressing'],
    ['promoted', 'Healthy'],
    ['rolledBack', 'Degraded'],
    ['held', 'Degraded'],
    ['awaitingApproval', 'Suspended'],
  ])('in phase %s is %s', async (phase, status) => {
    const object = { metadata: { name: 'x' }, status: { phase, message: 'As it stands.' } };

    expect(healthBy(await script('serin.dev_CanaryRollout'), object)).toEqual({ status, message: 'As it stands.' });
  });

  it.each([
    ['Paused', 'baking', 'Suspended'],
    ['AwaitingApproval', 'pending', 'Suspended'],
    ['Stalled', 'baking', 'Progressing'],
    ['Paused', 'rolledBack', 'Degraded'],
  ])('with the condition %s in phase %s is %s', async (type, phase, status) => {
    const conditions = [
      { type: 'Ready', status: 'False', message: 'Not yet.' },
      { type, status: 'True', message: 'Someone is asked.' },
    ];
    const object = { metadata: { name: 'x' }, status: { phase, message: 'As it stands.', conditions } };

    expect(healthBy(await script('serin.dev_CanaryRollout'), object)).toEqual({
      status,
      message: status === 'Suspended' ? 'Someone is asked.' : 'As it stands.',
    });
  });

  it('is Suspended by the conditions that Serin itself writes of a paused one', async () => {
    const { spec, status } = aRollout({ status: { phase: 'baking', pausedBy: 'ada' } });
    const conditions = conditionsOf(spec, status, 'shop');

    expect(healthBy(await script('serin.dev_CanaryRollout'), { status: { phase: status.phase, conditions } })).toEqual({
      status: 'Suspended',
      message: expect.stringContaining('paused by ada'),
    });
  });

  it('is Progressing before it has a status', async () => {
    expect(healthBy(await script('serin.dev_CanaryRollout'), { metadata: {} }).status).toBe('Progressing');
  });
});

describe('deploy/argocd/argocd-cm.yaml', () => {
  it('is what the page shows, health check by health check', async () => {
    const file = parse(await readFile(join(import.meta.dirname, '../../deploy/argocd/argocd-cm.yaml'), 'utf8'));
    const shown = (await objectsOf(page)).find(({ kind }) => kind === 'ConfigMap');

    expect(file).toEqual(shown);
    expect(Object.keys(configMap.parse(file).data)).toEqual([
      'resource.customizations.health.apps_Deployment',
      'resource.customizations.health.serin.dev_CanaryRollout',
    ]);
  });
});

describe('the snippets for the tools', () => {
  it('are one of each kind that the page speaks of', async () => {
    expect((await objectsOf(page)).map(({ kind }) => kind)).toEqual([
      'VirtualService',
      'VirtualService',
      'Application',
      'ConfigMap',
      'Kustomization',
    ]);
    expect(await snippetsOf(page, 'sh')).toHaveLength(2);
  });

  it('let Argo CD leave the routes alone both when it compares and when it syncs', async () => {
    const application = z.object({
      spec: z.object({
        ignoreDifferences: z.array(
          z.strictObject({
            group: z.string(),
            kind: z.string(),
            name: z.string(),
            jsonPointers: z.array(z.string().startsWith('/spec/')),
          }),
        ),
        syncPolicy: z.object({ syncOptions: z.array(z.string()) }),
      }),
    });
    const { spec } = application.parse((await objectsOf(page)).find(({ kind }) => kind === 'Application'));

    expect(spec.ignoreDifferences).toMatchObject([{ group: 'networking.istio.io', kind: 'VirtualService' }]);
    expect(spec.syncPolicy.syncOptions).toContain('RespectIgnoreDifferences=true');
  });

  it('let Flux wait longer than a rollout of the default plan may take', async () => {
    const kustomization = z.object({ spec: z.object({ timeout: z.string(), wait: z.literal(true) }) });
    const { spec } = kustomization.parse((await objectsOf(page)).find(({ kind }) => kind === 'Kustomization'));

    expect(spec.timeout).toBe('2h');
  });
});
