// What secures the pods.
import { describe, expect, it } from 'vitest';
import {
  authorizationPolicySchema,
  peerAuthenticationSchema,
} from '../../../../src/adapters/istio/doctor/mesh-objects.ts';
import { chooser, type FactsParts, finding, managed, rule } from './facts.ts';

const version = (name: string) => ({ app: 'checkout', version: name });
const v1 = { name: 'v1', labels: { version: 'v1' } };

function peers(...specs: readonly Record<string, unknown>[]) {
  return specs.map(({ namespace = 'shop', ...spec }, index) =>
    peerAuthenticationSchema.parse({ metadata: { name: `p${index}`, namespace }, spec }),
  );
}

const strict = peers({ mtls: { mode: 'STRICT' } });
const disabled = rule('checkout', { trafficPolicy: { tls: { mode: 'DISABLE' } } });

function callee(...principals: readonly string[]) {
  return authorizationPolicySchema.parse({
    metadata: { name: 'stock', namespace: 'stock' },
    spec: { rules: [{ from: [{ source: { principals } }] }] },
  });
}

const newAccount = { target: { podSpec: { serviceAccountName: 'next' } }, runs: {} };

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'plain text to pods that refuse it',
      { sources: { peerAuthentications: strict, destinationRules: [disabled] } },
      'mtls-conflict',
      'blocking',
      'PeerAuthentication shop/p0 demands mutual TLS (STRICT), and DestinationRule shop/checkout makes clients speak DISABLE',
    ],
    [
      'plain text in one subset',
      {
        sources: {
          peerAuthentications: strict,
          destinationRules: [rule('checkout', { subsets: [{ ...v1, trafficPolicy: { tls: { mode: 'SIMPLE' } } }] })],
        },
      },
      'mtls-conflict',
      'blocking',
      'speak SIMPLE',
    ],
    [
      'plain text refused by the root namespace',
      {
        sources: {
          peerAuthentications: peers({ namespace: 'istio-system', mtls: { mode: 'STRICT' } }),
          destinationRules: [disabled],
        },
      },
      'mtls-conflict',
      'blocking',
      'istio-system/p0',
    ],
    [
      'plain text that the workload admits',
      {
        sources: {
          peerAuthentications: peers(
            { mtls: { mode: 'STRICT' } },
            { selector: { matchLabels: { app: 'checkout' } }, mtls: { mode: 'PERMISSIVE' } },
          ),
          destinationRules: [disabled],
        },
      },
      'mtls-conflict',
      'fine',
      'encrypted or not',
    ],
    [
      'mutual TLS on both sides',
      {
        sources: {
          peerAuthentications: strict,
          destinationRules: [rule('checkout', { trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } })],
        },
      },
      'mtls-conflict',
      'fine',
      'no rule keeps clients from it',
    ],
    [
      'a policy for the old version alone',
      {
        target: { labels: version('v2') },
        runs: { labels: version('v1') },
        sources: { meshChoices: [chooser('AuthorizationPolicy', { version: 'v1' })] },
      },
      'policy-parity',
      'blocking',
      'AuthorizationPolicy shop/some chooses the pods of one version',
    ],
    [
      'a policy by pod-template-hash',
      { sources: { meshChoices: [chooser('EnvoyFilter', { 'pod-template-hash': 'h1' }, 'istio-system')] } },
      'policy-parity',
      'blocking',
      'EnvoyFilter istio-system/some',
    ],
    [
      'a policy of another namespace',
      { sources: { meshChoices: [chooser('Telemetry', { 'pod-template-hash': 'h1' }, 'web')] } },
      'policy-parity',
      'fine',
      'both versions or of neither',
    ],
    [
      'a policy for both',
      { sources: { meshChoices: [chooser('AuthorizationPolicy', { app: 'checkout' })] } },
      'policy-parity',
      'fine',
      'both versions or of neither',
    ],
    [
      'a network policy for the old version alone',
      { sources: { podChoices: [chooser('NetworkPolicy', { 'pod-template-hash': 'h1' })] } },
      'selector-parity',
      'warning',
      'NetworkPolicy shop/some',
    ],
    [
      'a network policy for all',
      { sources: { podChoices: [chooser('NetworkPolicy', {})] } },
      'selector-parity',
      'fine',
      'both versions or neither',
    ],
    [
      'another ServiceAccount that callees refuse',
      { ...newAccount, sources: { authorizationPolicies: [callee('cluster.local/ns/shop/sa/default')] } },
      'service-account',
      'blocking',
      'ServiceAccount next instead of default',
    ],
    [
      'another ServiceAccount that nobody asks for',
      { ...newAccount, sources: { authorizationPolicies: [callee('cluster.local/ns/web/sa/default')] } },
      'service-account',
      'warning',
      'No AuthorizationPolicy that can be read',
    ],
    [
      'another ServiceAccount that callees admit',
      {
        ...newAccount,
        sources: {
          authorizationPolicies: [callee('cluster.local/ns/shop/sa/default', 'cluster.local/ns/shop/sa/next')],
        },
      },
      'service-account',
      'warning',
      'No AuthorizationPolicy',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});
