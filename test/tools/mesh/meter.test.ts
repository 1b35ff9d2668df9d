import { describe, expect, it } from 'vitest';
import { sourceLabels } from '../../../tools/mesh/labels.ts';
import { BUCKET_BOUNDS_MS, newMeter, page, record } from '../../../tools/mesh/meter.ts';
import { aLoad, aPod } from './builders.ts';

const service = { host: 'reviews.shop.svc.cluster.local', name: 'reviews', namespace: 'shop' };

function labelsFor(code: number, version = 'v2'): ReturnType<typeof sourceLabels> {
  const pod = aPod('v2-a', 'reviews-v2', { labels: { version } });
  const answer = { code, grpcStatus: '' };
  return sourceLabels('web', aLoad(), { kind: 'answered', service, pod, answer, flags: '-', durationMs: 0 });
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads Prometheus' text format as its documentation defines it; throws at the first line that is none. */
function samples(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => !/^# TYPE [a-z_]+ (counter|gauge|histogram)$/.test(line)).map(sample);
}

function sample(line: string): Sample {
  const [, name = '', inner = '', value = ''] = /^([a-z_]+)\{(.*)\} (\d+)$/.exec(line) ?? [];
  const pairs = [...inner.matchAll(/([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g)];
  if (name === '' || pairs.map(([whole]) => whole).join('') !== inner) throw new Error(`not a sample: ${line}`);
  return { name, labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text])), value: Number(value) };
}

describe('page', () => {
  it('tells only the version of a sidecar without traffic', () => {
    expect(samples(page(newMeter()))).toEqual([
      { name: 'istio_build', labels: { component: 'proxy', tag: '1.31.0' }, value: 1 },
    ]);
  });

  it('has a counter for each set of labels', () => {
    const meter = newMeter();
    for (const code of [200, 200, 200, 503]) record(meter, labelsFor(code), 12);

    const counters = samples(page(meter)).filter(({ name }) => name === 'istio_requests_total');

    expect(counters.map(({ labels, value }) => [labels['response_code'], value])).toEqual([
      ['200', 3],
      ['503', 1],
    ]);
    expect(Object.keys(counters[0]?.labels ?? {})).toHaveLength(25);
  });

  it('has a cumulative histogram with the bounds of Envoy, inclusive and in whole milliseconds', () => {
    const meter = newMeter();
    for (const ms of [0.9, 5, 5.9, 6, 240, 5_000_000]) record(meter, labelsFor(200), ms);

    const all = samples(page(meter));
    const buckets = all.filter(({ name }) => name.endsWith('_bucket'));
    const bounded = Object.fromEntries(buckets.map(({ labels, value }) => [labels['le'], value]));

    expect(buckets.map(({ labels }) => labels['le'])).toEqual([...BUCKET_BOUNDS_MS.map(String), '+Inf']);
    expect(bounded).toMatchObject({ '0.5': 1, '1': 1, '5': 3, '10': 4, '250': 5, '3600000': 5, '+Inf': 6 });
    expect(all.find(({ name }) => name.endsWith('_sum'))?.value).toBe(0 + 5 + 5 + 6 + 240 + 5_000_000);
    expect(all.find(({ name }) => name.endsWith('_count'))?.value).toBe(6);
  });

  it('escapes label values', () => {
    const meter = newMeter();
    record(meter, labelsFor(200, 'a"b\\c\nd'), 1);

    const counter = samples(page(meter)).find(({ name }) => name === 'istio_requests_total');

    expect(counter?.labels['destination_version']).toBe('a\\"b\\\\c\\nd');
  });
});
