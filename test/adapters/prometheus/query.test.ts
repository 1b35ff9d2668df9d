import { describe, expect, test } from 'vitest';
import { latencyQuery, requestsQuery, unmeshedQuery } from '../../../src/adapters/prometheus/query.ts';
import type { Subject } from '../../../src/domain/evidence.ts';

const slot = { start: 1_000_000, end: 1_015_000 };

function aSubject(more: Partial<Subject> = {}): Subject {
  return {
    namespace: 'shop',
    stable: 'cart-v1',
    canary: 'cart-v2',
    services: ['cart.shop.svc'],
    latency: false,
    ...more,
  };
}

describe('The query of a slot', () => {
  test('counts growth, or what is there after a reset or birth, and once more what is newborn on an unseen target', () => {
    const text = latencyQuery(slot, [aSubject({ latency: true })]);

    const bucket =
      'istio_request_duration_milliseconds_bucket{reporter=~"source|destination|waypoint",destination_workload_namespace=~"shop",destination_workload=~"cart-v1|cart-v2"}';
    const now = `last_over_time(${bucket}[30s])`;
    const before = `last_over_time(${bucket}[30s] offset 15s)`;
    const renamed = '(last_over_time(up[30s]) unless last_over_time(up[30s] offset 15s))';
    const scraped = `((max_over_time(up[30s] offset 15s) == 1) unless on (job, instance) ${renamed})`;
    expect(text).toBe(
      `sum by (reporter, destination_workload, destination_workload_namespace, le) ((${now} - ${before}) >= 0 or ${now})` +
        ' or label_replace(sum by (reporter, destination_workload, destination_workload_namespace, le, namespace, pod) ' +
        `(${now} unless ${before} unless on (job, instance) ${scraped}), "serin", "newborn", "", "")`,
    );
  });

  test('names every workload and service once, whatever the order of the subjects', () => {
    const [one, other] = [aSubject(), aSubject({ namespace: 'bar', canary: 'cart-v3' })];

    expect(requestsQuery(slot, [one, other])).toBe(requestsQuery(slot, [other, one, one]));
    expect(requestsQuery(slot, [one, other])).toContain('destination_workload=~"cart-v1|cart-v2|cart-v3"');
    expect(requestsQuery(slot, [one, other])).toContain('destination_workload_namespace=~"bar|shop"');
  });

  test('takes names literally', () => {
    const text = requestsQuery(slot, [aSubject({ services: ['a.b|c"d\\e'] })]);

    expect(text).toContain(String.raw`destination_service=~"a\\.b\\|c\"d\\\\e"`);
  });

  test('asks for latency only of subjects that judge it', () => {
    const judged = aSubject({ canary: 'timed', latency: true });

    expect(latencyQuery(slot, [aSubject()])).toBeUndefined();
    expect(latencyQuery(slot, [aSubject(), judged])).toContain('destination_workload=~"cart-v1|timed"');
  });

  test('spells widths that are no whole seconds in milliseconds', () => {
    expect(requestsQuery({ start: 0, end: 500 }, [aSubject()])).toContain('[1s] offset 500ms');
  });
});

describe('The query for the share from outside the mesh', () => {
  test('divides plain-text requests of unnamed clients by all, both as the pods themselves counted them', () => {
    const text = unmeshedQuery(slot, aSubject());

    const served =
      'reporter="destination",destination_workload_namespace=~"shop",destination_workload=~"cart-v1|cart-v2"';
    const count = (selector: string): string => {
      const now = `last_over_time(istio_requests_total{${selector}}[30s])`;
      const before = `last_over_time(istio_requests_total{${selector}}[30s] offset 15s)`;
      return `sum((${now} - ${before}) >= 0 or ${now})`;
    };
    const outside = `${served},connection_security_policy="none",source_workload="unknown"`;
    expect(text).toBe(`(${count(outside)} or vector(0)) / ${count(served)}`);
  });
});
