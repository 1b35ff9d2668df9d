import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../tools/mesh/exchange.ts';
import { destinationLabels, sourceLabels } from '../../../tools/mesh/labels.ts';
import { aLoad, aPod } from './builders.ts';

const service = { host: 'reviews.shop.svc.cluster.local', name: 'reviews', namespace: 'shop' };
const pod = aPod('v2-a', 'reviews-v2', { labels: { version: 'v2', 'app.kubernetes.io/version': '2.0' } });
const ok = { answer: { code: 200, grpcStatus: '' }, flags: '-', durationMs: 20 } as const;
const failed = { answer: { code: 503, grpcStatus: '' }, durationMs: 1 } as const;

const ANSWERED: Exchange = { kind: 'answered', service, pod, ...ok };
const UF: Exchange = { kind: 'unanswered', service, pod, arrived: false, ...failed, flags: 'UF' };
const DC: Exchange = {
  kind: 'unanswered',
  service,
  pod,
  arrived: true,
  answer: { code: 0, grpcStatus: '' },
  flags: 'DC',
  durationMs: 3,
};
const UH: Exchange = { kind: 'unplaced', service, ...failed, flags: 'UH' };
const NC: Exchange = { kind: 'unrouted', ...failed, flags: 'NC' };

const KNOWN = {
  destination_workload: 'reviews-v2',
  destination_workload_namespace: 'shop',
  destination_canonical_service: 'reviews',
  destination_canonical_revision: '2.0',
  destination_cluster: 'Kubernetes',
};
const UNKNOWN = {
  destination_workload: 'unknown',
  destination_workload_namespace: 'unknown',
  destination_canonical_service: 'unknown',
  destination_canonical_revision: 'latest',
  destination_cluster: 'unknown',
  destination_app: 'unknown',
  destination_version: 'unknown',
  destination_principal: 'unknown',
};
const FQDN = {
  destination_service: 'reviews.shop.svc.cluster.local',
  destination_service_name: 'reviews',
  destination_service_namespace: 'shop',
};

describe('sourceLabels', () => {
  it.each([
    [
      'an answer',
      ANSWERED,
      { ...KNOWN, ...FQDN, destination_version: '2.0', destination_app: 'reviews', response_code: '200' },
    ],
    [
      'UF',
      UF,
      {
        ...KNOWN,
        ...FQDN,
        destination_version: 'unknown',
        destination_app: 'unknown',
        response_flags: 'UF',
        response_code: '503',
      },
    ],
    ['DC', DC, { ...KNOWN, ...FQDN, destination_version: 'unknown', response_flags: 'DC', response_code: '0' }],
    ['UH', UH, { ...UNKNOWN, ...FQDN, response_flags: 'UH' }],
    [
      'NC',
      NC,
      {
        ...UNKNOWN,
        destination_service: 'reviews',
        destination_service_name: 'reviews',
        destination_service_namespace: 'unknown',
        response_flags: 'NC',
      },
    ],
  ])('names on %s exactly what survives it', (_, exchange, expected) => {
    const labels = sourceLabels('web', aLoad(), exchange);

    expect(labels).toMatchObject({
      ...expected,
      reporter: 'source',
      source_workload: 'web',
      source_workload_namespace: 'web',
      connection_security_policy: 'unknown',
    });
  });

  it('knows principals only where there was a connection', () => {
    const [answered, refused] = [sourceLabels('web', aLoad(), ANSWERED), sourceLabels('web', aLoad(), UF)];

    expect(answered).toMatchObject({
      source_principal: 'spiffe://cluster.local/ns/web/sa/default',
      destination_principal: 'spiffe://cluster.local/ns/shop/sa/reviewer',
    });
    expect(refused).toMatchObject({ source_principal: 'unknown', destination_principal: 'unknown' });
  });

  it('has the 25 labels of the request metrics', () => {
    expect(Object.keys(sourceLabels('web', aLoad(), ANSWERED))).toHaveLength(25);
  });

  it('falls back to the host header as sent where no cluster was chosen', () => {
    const load = aLoad({ host: 'reviews', headers: { host: 'reviews:9080' } });

    expect(sourceLabels('web', load, NC).destination_service).toBe('reviews:9080');
  });
});

describe('destinationLabels', () => {
  it('reports the pod as it knows itself, over mutual TLS', () => {
    const labels = destinationLabels('web', aLoad(), ANSWERED, service);

    expect(labels).toMatchObject({
      ...KNOWN,
      ...FQDN,
      reporter: 'destination',
      destination_version: 'v2',
      source_workload: 'web',
      source_principal: 'spiffe://cluster.local/ns/web/sa/default',
      connection_security_policy: 'mutual_tls',
      response_flags: '-',
    });
  });

  it('knows nothing of a client without a sidecar', () => {
    const labels = destinationLabels('web', aLoad({ meshed: false }), ANSWERED, service);

    expect(labels).toMatchObject({
      source_workload: 'unknown',
      source_workload_namespace: 'unknown',
      source_principal: 'unknown',
      source_canonical_revision: 'latest',
      source_cluster: 'unknown',
      destination_principal: 'unknown',
      destination_workload: 'reviews-v2',
      connection_security_policy: 'none',
    });
  });

  it('names the Service of the inbound cluster, which need not be the one that was called', () => {
    const inbound = { host: 'reviews-canary.shop.svc.cluster.local', name: 'reviews-canary', namespace: 'shop' };

    expect(destinationLabels('web', aLoad(), ANSWERED, inbound)?.destination_service_name).toBe('reviews-canary');
  });

  it('sees a cut stream, but nothing of what never arrived', () => {
    expect(destinationLabels('web', aLoad(), DC, service)).toMatchObject({ response_code: '0', response_flags: 'DC' });
    for (const missed of [UF, UH, NC]) expect(destinationLabels('web', aLoad(), missed, service)).toBeUndefined();
  });
});
