import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { destinationRuleSchema } from '../../../src/adapters/istio/surroundings.ts';
import { problemIn, routeIn, routing } from './locating.ts';
import { aDestinationRule, aRule, reviewsPair } from './objects.ts';

describe('a route to the plain host', () => {
  const plain = [aRule(['reviews:9080=100'], { name: 'default', timeout: '3s' })];

  it('is refused with the lines to write, when subsets exist', () => {
    expect(problemIn(routing({ http: plain }))).toEqual({
      reason: 'PlainHostRoute',
      message: `Http route "default" of VirtualService shop/reviews leads to reviews, which reaches the pods of both reviews-v1 and reviews-v2, so its weights cannot tell them apart. Replace its lines by:
  route:
  - destination: {host: reviews, subset: v1, port: {number: 9080}}
    weight: 100
  - destination: {host: reviews, subset: v2, port: {number: 9080}}
    weight: 0`,
    });
  });

  it('is refused with the lines of a DestinationRule too, when there is none', () => {
    const { message } = problemIn({ ...routing({ http: plain }), destinationRules: [] });

    expect(message).toContain(`Apply:
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: shop}
spec:
  host: reviews
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
A few seconds later, replace the route's lines by:
  route:`);
  });

  it('is refused with the lines for the DestinationRule that exists', () => {
    const { message } = problemIn({
      ...routing({ http: plain }),
      destinationRules: [aDestinationRule({ name: 'pools', subsets: {} })],
    });

    expect(message).toContain('Add to DestinationRule shop/pools:\nspec:\n  subsets:\n  - name: v1');
  });

  it('is told apart by another label when there is no version, and not at all without any', () => {
    const odd = { app: 'reviews', track: '1.10', version: 'v1' };
    const alike = { app: 'reviews', version: 'v1' };
    const pair = {
      stable: { ...reviewsPair().stable, podLabels: { ...odd, track: 'no' } },
      canary: { ...reviewsPair().canary, podLabels: odd },
    };

    const { message } = problemIn({ ...routing({ http: plain }), destinationRules: [] }, pair);

    expect(message).toContain(
      '- name: reviews-v1\n    labels: {track: "no"}\n  - name: reviews-v2\n    labels: {track: "1.10"}',
    );
    expect(problemIn(routing({ http: plain }), reviewsPair(alike)).message).toContain('carry the same labels');
  });

  it('carries a rollout once the lines are written', () => {
    const { message } = problemIn({ ...routing({ http: plain }), destinationRules: [] });
    const [, rule = '', route = ''] = /Apply:\n([\s\S]*)\nA few[^\n]*\n([\s\S]*)$/.exec(message) ?? [];
    const [written, lines] = [rule, route].map((text) => parseAllDocuments(text)[0]?.toJS() as Record<string, unknown>);

    const area = {
      ...routing({ http: [{ name: 'default', ...lines }] }),
      destinationRules: [destinationRuleSchema.parse(written)],
    };

    expect(routeIn(area).original).toEqual({ stable: 100, canary: 0 });
  });
});
