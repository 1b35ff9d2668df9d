// Serin's kinds on a real API server.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newRollout } from '../../src/adapters/kubernetes/rollout-bodies.ts';
import { rolloutPath, rolloutsPath } from '../../src/adapters/kubernetes/rollout-codec.ts';
import { clusterRollouts } from '../../src/adapters/kubernetes/rollout-store.ts';
import { sizeOf } from '../../src/adapters/kubernetes/status-size.ts';
import { readGates } from '../../src/domain/gates/custom-settings.ts';
import type { RolloutId } from '../../src/domain/rollout.ts';
import { kubectl, kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { aPlan, aRequest, aSpec, aStatus, aVerdict, dawn } from '../support/builders.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { aFullStatus, someLanes } from './rollout-store.ts';

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const store = () =>
    clusterRollouts(connections().controller, { clock: { now: () => dawn }, trouble: () => undefined });
  const said = z.object({ message: z.string() });
  const { kind: _, ...lanes } = someLanes();

  async function begin(): Promise<RolloutId> {
    const { admin } = connections();
    const id = { namespace: await newNamespace(admin, 'crds'), name: 'reviews-v2-two-1' };
    const target = await createDeployment(admin, id.namespace, { replicas: 0 });
    const requests = [aRequest('pause', { id: 'a' }), aRequest('resume', { id: 'b', reason: 'Enough.' })];
    await store().create(id, aSpec({ target, requests, route: { object: 'reviews' } }), aFullStatus());
    return id;
  }

  async function refusalOf(id: RolloutId, body: unknown, type = 'merge', subresource = ''): Promise<string> {
    const contentType = `application/${type}-patch+json`;
    const path = `${rolloutPath(id)}${subresource}`;
    const answer = await connections().admin.request('PATCH', path, { body, contentType });
    expect(answer.status).toBe(422);
    return said.parse(answer.body).message;
  }

  describe('a CanaryRollout', () => {
    it.each([
      ['mode', { mode: 'managed' }],
      ['target', { target: { name: 'other' } }],
      ['stable', { stable: { hash: 'other' } }],
      ['canary', { canary: { images: ['other'] } }],
      ['attempt', { attempt: 2 }],
      ['takesOver', { takesOver: 'reviews-v2-one-1' }],
      ['plan', { plan: { bake: '3m' } }],
      ['plan', { plan: { maxUnmeshed: '100%' } }],
      ['route', { route: { object: 'other' } }],
      ['route', { route: null }],
    ])('keeps spec.%s as it was decided', async (field, spec) => {
      const message = await refusalOf(await begin(), { spec });

      expect(message).toContain(`spec`);
      expect(message).toContain(field);
      expect(message).toContain('decided when a rollout begins. Change the annotations of the Deployment');
    });

    it.each([
      ['changed', [{ op: 'replace', path: '/spec/requests/0/verb', value: 'abort' }]],
      ['removed', [{ op: 'remove', path: '/spec/requests/0' }]],
      ['reordered', [{ op: 'move', from: '/spec/requests/0', path: '/spec/requests/1' }]],
      ['all removed', [{ op: 'remove', path: '/spec/requests' }]],
      ['put before others', [{ op: 'copy', from: '/spec/requests/1', path: '/spec/requests/0' }]],
    ])('keeps its requests: none is %s', async (_how, operations) => {
      expect(await refusalOf(await begin(), operations, 'json')).toMatch(/Requests are a record|id of its own/);
    });

    it('keeps the gates of its plan as they were decided', async () => {
      const { admin } = connections();
      const id = { namespace: await newNamespace(admin, 'crds'), name: 'reviews-v2-two-1' };
      const target = await createDeployment(admin, id.namespace, { replicas: 0 });
      const { gates } = readGates([
        { name: 'queue', query: 'queue{d="{{canary}}"}', max: 1e-7, min: -5, shadow: true },
        { name: 'cpu', compare: { canary: 'a', stable: 'b', maxIncrease: 0 }, interval: '90s' },
      ]);
      const shadow = aVerdict('fail', { gate: 'custom/queue', shadow: true });
      await store().create(id, aSpec({ target, plan: aPlan({ gates }) }), aStatus({ verdicts: [shadow] }));

      const rollout = await store().get(id);

      expect(rollout?.spec.plan.gates).toEqual(gates);
      expect(rollout?.status.verdicts).toEqual([shadow]);
      expect(await refusalOf(id, { spec: { plan: { gates: [] } } })).toContain('decided when a rollout begins');
    });

    it('takes no request of more bytes than there is room for', async () => {
      const value = {
        ...aRequest('pause', { actor: '😀'.repeat(256), reason: '😀'.repeat(160) }),
        time: '2026-01-05T09:00:00Z',
      };

      const message = await refusalOf(await begin(), [{ op: 'add', path: '/spec/requests/-', value }], 'json');

      expect(message).toContain('more than 1250 bytes together');
    });

    it('takes twenty requests', async () => {
      const id = await begin();
      const operation = (index: number): unknown => {
        const value = { ...aRequest('promote', { id: `n${index}` }), time: '2026-01-05T09:00:00Z' };
        return { op: 'add', path: '/spec/requests/-', value };
      };
      const eighteen = Array.from({ length: 18 }, (_, index) => operation(index));

      await demand(connections().admin, 'PATCH', rolloutPath(id), {
        body: eighteen,
        contentType: 'application/json-patch+json',
      });

      expect(await refusalOf(id, [operation(18)], 'json')).toContain('must have at most 20 items');
    });

    it('takes no abort back', async () => {
      const id = await begin();
      await change(connections().admin, rolloutPath(id), { spec: { abort: true } });

      expect(await refusalOf(id, { spec: { abort: false } })).toContain('An abort cannot be taken back');
    });

    it.each([
      ['steps that fall', { steps: [10, 5, 100] }, 'Every step must be greater than the one before'],
      ['a step twice', { steps: [10, 10, 100] }, 'Every step must be greater than the one before'],
      ['a last step below 100', { steps: [10, 50] }, 'The last step must be 100'],
      ['no steps', { steps: [] }, 'should have at least 1 items'],
      ['a step above 100', { steps: [10, 200] }, 'should be less than or equal to 100'],
      ['a bake of no duration', { bake: '2 minutes' }, 'spec.plan.bake'],
      ['a margin of no percentage', { errorMargin: '0.5' }, 'spec.plan.errorMargin'],
      ['a latency limit of no percentile', { maxLatency: 'mean<5ms' }, 'spec.plan.maxLatency'],
      ['an unknown word', { onUndecided: 'shrug' }, 'Unsupported value: "shrug"'],
      ['a share of no percentage', { maxUnmeshed: '0.01' }, 'spec.plan.maxUnmeshed'],
      ['testers without an end', { testers: 'x'.repeat(201) }, 'spec.plan.testers'],
    ])('is refused with %s', async (_what, plan, sentence) => {
      const id = await begin();
      const spec = aSpec({ target: { name: 'reviews-v2', uid: 'some-uid' } });
      const body = JSON.parse(JSON.stringify(newRollout({ ...id, name: 'reviews-v2-two-2' }, spec)));
      Object.assign(body.spec.plan, plan);

      const answer = await connections().admin.request('POST', rolloutsPath(id.namespace), { body });

      expect(answer.status).toBe(422);
      expect(said.parse(answer.body).message).toContain(sentence);
    });

    it.each([
      ['an unknown phase', { phase: 'dreaming' }],
      ['a weight above 100', { weight: { intended: 101 } }],
      ['a sentence without an end', { message: 'x'.repeat(1_001) }],
      [
        'too much history',
        { history: Array(51).fill({ time: '2026-01-05T09:00:00Z', phase: 'baking', step: 0, weight: 1, message: '' }) },
      ],
      ['a time that is none', { due: 'soon' }],
      ['an unknown stage', { stage: 'napping' }],
      ['lanes that lead nowhere', { lanes: { target: 'checkout' } }],
      ['more lanes than anybody has', { lanes: { ...lanes, originals: Array(65).fill(lanes.originals[0]) } }],
      [
        'an object of a kind that it does not make',
        { lanes: { ...lanes, made: [{ ...lanes.made[0], kind: 'Secret' }] } },
      ],
    ])('is refused a status with %s', async (_what, status) => {
      expect(await refusalOf(await begin(), { status }, 'merge', '/status')).toContain('status.');
    });

    it('leaves the metadata small, who owns which field included', async () => {
      const id = await begin();
      const value = { ...aRequest('abort', { id: 'c' }), time: '2026-01-05T09:00:00Z' };
      const operation = { op: 'add', path: '/spec/requests/-', value };
      await demand(connections().admin, 'PATCH', rolloutPath(id), {
        body: [operation, { op: 'replace', path: '/spec/paused', value: true }],
        contentType: 'application/json-patch+json',
        query: { fieldManager: 'kubectl-edit' },
      });

      const { metadata } = z
        .object({ metadata: z.unknown() })
        .parse(await demand(connections().admin, 'GET', rolloutPath(id)));

      expect(sizeOf(metadata)).toBeLessThan(4 * 1024);
    });

    it('shows people what they look for', async () => {
      const id = await begin();
      const rollout = await store().get(id);
      if (rollout !== undefined)
        await store().save(
          rollout,
          aStatus({ phase: 'baking', step: 1, weight: { intended: 25, observed: 25 }, verdicts: [aVerdict('pass')] }),
        );
      const table = (...more: readonly string[]): Promise<string> =>
        kubectlOutput(stackOfThisRun(), ['get', 'cro', '--namespace', id.namespace, ...more]);

      const [head, line] = (await table()).split('\n').map((text) => text.split(/\s{2,}/));
      const [wideHead, wideLine] = (await table('-o', 'wide')).split('\n').map((text) => text.split(/\s{2,}/));

      expect(head?.map((word) => word.trim())).toEqual(['NAME', 'TARGET', 'PHASE', 'STEP', 'WEIGHT', 'VERDICT', 'AGE']);
      expect(line?.slice(0, 6)).toEqual([id.name, 'reviews-v2', 'baking', '2/4', '25%', 'pass']);
      expect(wideHead?.slice(7).map((word) => word.trim())).toEqual(['REVISION', 'REASON', 'STABLE', 'CANARY']);
      expect(wideLine?.slice(7).map((word) => word.trim())).toEqual([
        'two',
        'Pending',
        'reviews-v1 reviews:1',
        'reviews-v2 reviews:2',
      ]);
    });

    it('can be waited for by its conditions', async () => {
      const id = await begin();
      const args = ['wait', `cro/${id.name}`, '--namespace', id.namespace, '--for=condition=Finished', '--timeout=60s'];
      const waiting = kubectl(stackOfThisRun(), args);
      const rollout = await store().get(id);

      if (rollout !== undefined) await store().save(rollout, aStatus({ phase: 'promoted' }));

      expect(await waiting).toMatchObject({ code: 0 });
    });
  });
});
