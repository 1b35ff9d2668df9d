// The kind of shared settings on a real API server.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterPolicies } from '../../src/adapters/kubernetes/policies.ts';
import { parseSettings } from '../../src/domain/settings.ts';
import { connectionsForTests, demand, newNamespace } from './crds-bench.ts';

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const said = z.object({ message: z.string() });

  describe('a CanaryPolicy', () => {
    const path = (namespace: string): string => `/apis/serin.dev/v1alpha1/namespaces/${namespace}/canarypolicies`;
    const body = (spec: unknown): unknown => ({
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'CanaryPolicy',
      metadata: { name: 'careful' },
      spec,
    });

    it('holds every setting in the spelling of the annotations', async () => {
      const { admin, controller } = connections();
      const namespace = await newNamespace(admin, 'policy');
      const spec = {
        steps: [1, 10, 100],
        bake: '90s',
        maxBake: '1h30m',
        errorMargin: '0.25%',
        maxErrorRate: '2%',
        maxLatency: 'p99<500ms, p95<1.2x',
        minRequests: 1_000,
        onUndecided: 'rollback',
        analysis: 'off',
        maxUnmeshed: '5%',
        testers: 'x-canary: true',
        announce: {
          slack: { channel: 'releases' },
          webhook: { url: 'https://hooks.example.com/serin' },
          github: { repository: 'example/reviews' },
        },
        gates: [
          {
            name: 'queue',
            query: 'queue{d="{{canary}}"}',
            min: 0,
            max: 100,
            onNoData: 'fail',
            shadow: true,
            failures: 3,
          },
          { name: 'cpu', compare: { canary: 'a', stable: 'b', maxRatio: 2 }, window: '5m', interval: '30s' },
        ],
      };
      await demand(admin, 'POST', path(namespace), { body: body(spec) });

      const policy = await clusterPolicies(controller).get(namespace, 'careful');

      const parsed = parseSettings('reviews', { 'serin.dev/canary': 'enabled', 'serin.dev/policy': 'careful' }, policy);
      expect(parsed).toMatchObject({
        kind: 'settings',
        settings: {
          plan: {
            steps: [1, 10, 100],
            bakeMs: 90_000,
            maxBakeMs: 5_400_000,
            errorMargin: 0.0025,
            maxErrorRate: 0.02,
            maxLatency: [{ text: 'p99<500ms' }, { text: 'p95<1.2x' }],
            minRequests: 1_000,
            onUndecided: 'rollback',
            analysis: 'off',
            maxUnmeshed: 0.05,
            testers: 'x-canary: true',
            slackChannel: 'releases',
            webhook: 'https://hooks.example.com/serin',
            github: { repository: 'example/reviews' },
            gates: [
              { name: 'queue', question: { min: 0, max: 100 }, onNoData: 'fail', shadow: true, failures: 3 },
              { name: 'cpu', question: { most: { kind: 'ratio', value: 2 } }, windowMs: 300_000, intervalMs: 30_000 },
            ],
          },
        },
      });
    });

    it.each([
      [{ steps: [50, 10, 100] }, 'Every step must be greater'],
      [{ steps: [50] }, 'The last step must be 100'],
      [{ bake: 'ten' }, 'spec.bake'],
      [{ analysis: 'on' }, 'Unsupported value: "on"'],
      [{ maxUnmeshed: 'some' }, 'spec.maxUnmeshed'],
      [{ testers: ['x-canary'] }, 'spec.testers'],
      [{ announce: {} }, 'spec.announce'],
      [{ announce: { webhook: { url: 'hooks.example.com' } } }, 'spec.announce.webhook.url'],
      [{ announce: { github: { repository: 'reviews' } } }, 'spec.announce.github.repository'],
      [{ gates: [{ name: 'queue', query: 'x' }] }, 'A query needs min or max'],
      [{ gates: [{ name: 'queue', max: 1 }] }, 'A gate has a query with min or max, or a comparison'],
      [{ gates: [{ name: 'Queue', query: 'x', max: 1 }] }, 'spec.gates[0].name'],
      [{ gates: [{ name: 'queue', query: 'x', min: 2, max: 1 }] }, 'min must not be above max'],
      [{ gates: [{ name: 'queue', query: 'x', max: 1, onNoData: 'wait' }] }, 'Unsupported value: "wait"'],
      [{ gates: [{ name: 'cpu', compare: { canary: 'a', stable: 'b' } }] }, 'one of maxRatio and maxIncrease'],
      [{ gates: [{ name: 'cpu', compare: { canary: 'a', stable: 'b', maxRatio: 0 } }] }, 'maxRatio must be above zero'],
      [{ gates: [{ name: 'cpu', max: 1, compare: { canary: 'a', stable: 'b', maxRatio: 1 } }] }, 'instead'],
      [{ gates: ['a', 'a'].map((name) => ({ name, query: 'x', max: 1 })) }, 'Duplicate value'],
      [{ gates: 'abcdefghi'.split('').map((name) => ({ name, query: 'x', max: 1 })) }, 'at most 8 items'],
    ])('is refused with %j', async (spec, sentence) => {
      const { admin } = connections();
      const namespace = await newNamespace(admin, 'policy');

      const answer = await admin.request('POST', path(namespace), { body: body(spec) });

      expect(answer.status).toBe(422);
      expect(said.parse(answer.body).message).toContain(sentence);
    });
  });
});
