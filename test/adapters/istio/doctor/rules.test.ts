// DestinationRules.
import { describe, expect, it } from 'vitest';
import { chooser, type FactsParts, finding, managed, pair, rule, service, to, virtualService } from './facts.ts';

const version = (name: string) => ({ app: 'checkout', version: name });
const v1 = { name: 'v1', labels: { version: 'v1' } };
const toV1 = [virtualService('checkout', { http: [{ name: 'main', route: to('checkout', { v1: 100 }) }] })];

function rules(...destinationRules: readonly ReturnType<typeof rule>[]): FactsParts {
  return { sources: { destinationRules } };
}

function policy(trafficPolicy: Record<string, unknown>): FactsParts {
  return rules(rule('checkout', { trafficPolicy }));
}

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'a rule in a client namespace',
      rules(rule('checkout.shop.svc.cluster.local', {}, { namespace: 'web' })),
      'rule-hidden',
      'warning',
      'DestinationRule web/checkout.shop',
    ],
    [
      'a rule that others do not see',
      rules(rule('checkout', { exportTo: ['.'] })),
      'rule-hidden',
      'warning',
      'exported to . alone',
    ],
    [
      'a rule of the root namespace',
      rules(rule('*.shop.svc.cluster.local', {}, { namespace: 'istio-system' })),
      'rule-hidden',
      'fine',
      'seen by all clients',
    ],
    [
      'a rule for another host elsewhere',
      rules(rule('cart', {}, { namespace: 'web' })),
      'rule-hidden',
      'fine',
      'seen by all clients',
    ],
    [
      'a rule for some clients',
      rules(rule('checkout', { workloadSelector: { matchLabels: { app: 'web' } } })),
      'rule-selective',
      'warning',
      'has a workloadSelector',
    ],
    [
      'a subset defined twice and not alike',
      rules(
        rule('checkout', { subsets: [v1] }),
        rule('checkout', { subsets: [{ ...v1, labels: { version: 'v9' } }] }, { name: 'more' }),
      ),
      'subset-duplicate',
      'blocking',
      'Subset v1 of checkout.shop.svc.cluster.local is defined 2 times',
    ],
    [
      'a subset defined twice alike',
      rules(rule('checkout', { subsets: [v1] }), rule('checkout', { subsets: [v1] }, { name: 'more' })),
      'subset-duplicate',
      'fine',
      'defined once',
    ],
    [
      'a subset without pods',
      { sources: { virtualServices: toV1, destinationRules: [rule('checkout', { subsets: [v1] })] } },
      'subset-empty',
      'warning',
      'subset v1 of checkout.shop.svc.cluster.local, which none of the pods',
    ],
    [
      'a subset that has pods',
      {
        runs: { labels: version('v1') },
        sources: { virtualServices: toV1, destinationRules: [rule('checkout', { subsets: [v1] })] },
      },
      'subset-empty',
      'fine',
      'has pods',
    ],
    [
      'a subset that the new template leaves',
      {
        target: { labels: version('v2') },
        runs: { labels: version('v1') },
        sources: { virtualServices: toV1, destinationRules: [rule('checkout', { subsets: [v1] })] },
      },
      'subset-moved',
      'warning',
      'has not the label version=v1 of subset v1',
    ],
    [
      'a subset that the new template keeps',
      {
        target: { labels: version('v1') },
        runs: { labels: version('v1') },
        sources: { virtualServices: toV1, destinationRules: [rule('checkout', { subsets: [v1] })] },
      },
      'subset-moved',
      'fine',
      'belong to every subset',
    ],
    [
      'ejection of a canary of one pod',
      policy({ outlierDetection: { consecutive5xxErrors: 5 } }),
      'outlier-detection',
      'warning',
      'the canary begins with one',
    ],
    [
      'ejection of a canary of several pods',
      { ...policy({ outlierDetection: {} }), target: { replicas: 20 } },
      'outlier-detection',
      'fine',
      'begins with 2',
    ],
    [
      'affinity by hash',
      policy({ loadBalancer: { consistentHash: { httpHeaderName: 'x' } } }),
      'session-affinity',
      'warning',
      'DestinationRule shop/checkout keeps a client',
    ],
    [
      'affinity by address',
      { sources: { services: [service('checkout', { sessionAffinity: 'ClientIP' })] } },
      'session-affinity',
      'warning',
      'Service shop/checkout keeps a client',
    ],
    [
      'outdated fields of a rule',
      policy({ loadBalancer: { simple: 'LEAST_CONN' }, outlierDetection: { consecutiveErrors: 5 } }),
      'deprecated-fields',
      'warning',
      'LEAST_CONN (now LEAST_REQUEST)',
    ],
    [
      'outdated fields of a route',
      {
        sources: {
          virtualServices: [
            virtualService('checkout', {
              http: [{ route: [{ destination: { host: 'checkout' } }], mirror_percent: 5 }],
            }),
          ],
        },
      },
      'deprecated-fields',
      'warning',
      'mirrorPercent (now mirrorPercentage)',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

describe('of a pair the doctor finds', () => {
  it.each<[string, FactsParts, string, string]>([
    [
      'ejection of its one pod',
      {
        target: { replicas: 1 },
        sources: { destinationRules: [rule('reviews', { trafficPolicy: { outlierDetection: {} } })] },
      },
      'outlier-detection',
      'warning',
    ],
    [
      'a policy by version',
      { sources: { meshChoices: [chooser('AuthorizationPolicy', { version: 'v1' })] } },
      'policy-parity',
      'blocking',
    ],
    ['no harm in subsets by version', {}, 'subset-moved', 'fine'],
  ])('%s', (_what, parts, id, level) => {
    const asks = { 'serin.dev/canary-of': 'reviews-v1' };
    const target = { labels: { app: 'reviews', version: 'v2' }, annotations: asks, ...parts.target };

    expect(finding(id, pair({ ...parts, target })).level).toBe(level);
  });
});

it('tells nothing of the rules that Serin made', () => {
  const labels = { 'app.kubernetes.io/managed-by': 'serin' };
  const own = rule(
    'checkout',
    { exportTo: ['.'], subsets: [{ name: 'serin-stable-h1', labels: { 'pod-template-hash': 'h1' } }] },
    { labels },
  );
  const virtualServices = [
    virtualService('checkout', { http: [{ route: to('checkout', { 'serin-stable-h1': 100 }) }] }),
  ];
  const facts = managed({ sources: { destinationRules: [own], virtualServices } });

  for (const id of ['rule-hidden', 'subset-moved', 'subset-empty', 'subset-undefined'])
    expect(finding(id, facts).level, id).toBe('fine');
});
