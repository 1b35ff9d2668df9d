import { describe, expect, it } from 'vitest';
import {
  autoscalerSchema,
  budgetSchema,
  quotaSchema,
} from '../../../../src/adapters/istio/doctor/kubernetes-objects.ts';
import { amountOf } from '../../../../src/adapters/istio/doctor/quantity.ts';
import { deployment, type FactsParts, finding, managed, pair } from './facts.ts';

function autoscaler(name: string, spec: Record<string, unknown> = {}) {
  const usual = { scaleTargetRef: { kind: 'Deployment', name }, minReplicas: 2, maxReplicas: 10 };
  return autoscalerSchema.parse({ metadata: { name: `${name}-hpa`, namespace: 'shop' }, spec: { ...usual, ...spec } });
}

function quota(hard: Record<string, string>, used: Record<string, string>, spec = {}) {
  return quotaSchema.parse({ metadata: { name: 'team', namespace: 'shop' }, spec, status: { hard, used } });
}

function budget(name: string, labels: Record<string, string>) {
  const spec = { selector: { matchLabels: labels } };
  return budgetSchema.parse({ metadata: { name, namespace: 'shop' }, spec });
}

const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
const wide = deployment('cart', {
  labels: { app: 'cart' },
  spec: { selector: { matchLabels: {}, matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
});
// Four pods of 250m and 64Mi; four more for the copy and one for the rolling update.
const tight = { sources: { quotas: [quota({ pods: '8' }, { pods: '4' })] } };

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'another Deployment that selects its pods',
      { sources: { deployments: [wide] } },
      'selector-overlap',
      'warning',
      'Deployment shop/checkout and shop/cart overlap',
    ],
    [
      'Deployments that keep to their own pods',
      { sources: { deployments: [deployment('cart')] } },
      'selector-overlap',
      'fine',
      'No Deployment',
    ],
    [
      'an autoscaler that shrinks at once',
      { sources: { autoscalers: [autoscaler('checkout', { behavior })] } },
      'autoscaler',
      'warning',
      'shrinks after 0s',
    ],
    [
      'an autoscaler that takes its time',
      { sources: { autoscalers: [autoscaler('checkout')] } },
      'autoscaler',
      'fine',
      'checkout-hpa sizes stable',
    ],
    [
      'an autoscaler of something else',
      { sources: { autoscalers: [autoscaler('cart', { behavior })] } },
      'autoscaler',
      'fine',
      'No autoscaler',
    ],
    [
      'no room for as many pods',
      tight,
      'quota',
      'warning',
      'for the 5 pods more that a rollout needs at its height: of pods, 4 of 8 is taken.',
    ],
    [
      'no room for their CPU',
      { sources: { quotas: [quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1' })] } },
      'quota',
      'warning',
      'of requests.cpu, 1 of 2',
    ],
    [
      'no room for their memory',
      { sources: { quotas: [quota({ memory: '500Mi' }, { memory: '256Mi' })] } },
      'quota',
      'warning',
      'of memory, 256Mi of 500Mi',
    ],
    [
      'just enough room',
      {
        sources: {
          quotas: [
            quota({ pods: '9', 'requests.cpu': '2250m', 'limits.cpu': '1' }, { pods: '4', 'requests.cpu': '1' }),
          ],
        },
      },
      'quota',
      'fine',
      'room for 5 pods more',
    ],
    [
      'a quota for other pods',
      { sources: { quotas: [quota({ pods: '1' }, {}, { scopes: ['BestEffort'] })] } },
      'quota',
      'fine',
      'room for',
    ],
    ['a rollout that has taken its room', { ...tight, examined: { live: true } }, 'quota', 'fine', 'room for 0'],
    [
      'two budgets for one pod',
      { sources: { budgets: [budget('a', { app: 'checkout' }), budget('b', {})] } },
      'budgets',
      'warning',
      'shop/a, shop/b cover the same pods',
    ],
    [
      'one budget',
      { sources: { budgets: [budget('a', { app: 'checkout' }), budget('b', { app: 'cart' })] } },
      'budgets',
      'fine',
      'At most one',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });

  it('less room needed where a rolling update adds nothing', () => {
    const strategy = { rollingUpdate: { maxSurge: 0 } };

    expect(finding('quota', managed({ ...tight, target: { spec: { strategy } } })).level).toBe('fine');
  });
});

describe('of a pair the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      "selectors that take in each other's pods",
      {
        runs: { selector: { app: 'reviews' } },
        sources: {
          deployments: [
            deployment('reviews-v1', { labels: { app: 'reviews', version: 'v1' }, selector: { app: 'reviews' } }),
          ],
        },
      },
      'selector-overlap',
      'blocking',
      'and shop/reviews-v1 overlap',
    ],
    [
      'an autoscaler on stable alone',
      { sources: { autoscalers: [autoscaler('reviews-v1')] } },
      'autoscaler',
      'warning',
      'none sizes reviews-v2, whose 4 pods',
    ],
    [
      'an autoscaler on both',
      { sources: { autoscalers: [autoscaler('reviews-v1'), autoscaler('reviews-v2')] } },
      'autoscaler',
      'warning',
      'shrinks reviews-v1 as its traffic goes',
    ],
    [
      'room, as its pods run already',
      { sources: { quotas: [quota({ pods: '8' }, { pods: '8' })] } },
      'quota',
      'fine',
      'room for 0 pods',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, pair(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

describe('an amount', () => {
  it.each([
    ['250m', 0.25],
    ['2', 2],
    ['1.5', 1.5],
    ['64Mi', 64 * 1024 * 1024],
    ['1G', 1e9],
    ['2e3', 2_000],
    ['1E', 1e18],
    ['100k', 100_000],
  ])('%s is %d', (text, amount) => {
    expect(amountOf(text)).toBeCloseTo(amount);
  });

  it.each(['', 'many', '1Ti2', 'Mi'])('"%s" is none', (text) => {
    expect(amountOf(text)).toBeUndefined();
  });
});
