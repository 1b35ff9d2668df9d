import { describe, expect, it } from 'vitest';
import { destinationRuleSchema, virtualServiceSchema } from '../../../tools/mesh/istio-objects.ts';
import {
  BEHAVIOUR_ANNOTATION,
  BEHAVIOURS_ANNOTATION,
  endpointSliceSchema,
  podSchema,
} from '../../../tools/mesh/objects.ts';
import { metadata, rawPod } from './builders.ts';

describe('endpointSliceSchema', () => {
  it('reads a slice without endpoints, which the API server sends as null', () => {
    const slice = endpointSliceSchema.parse({ metadata: metadata({}, 'empty'), endpoints: null });

    expect(slice).toMatchObject({ service: undefined, endpoints: [] });
  });

  it('takes an unsaid readiness for ready and leaves out what is no pod', () => {
    const endpoints = [
      { targetRef: { kind: 'Pod', name: 'a' } },
      { conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'b' } },
      { conditions: { ready: true } },
    ];

    const slice = endpointSliceSchema.parse({ metadata: metadata({}, 'mixed'), endpoints });

    expect(slice.endpoints).toEqual([
      { pod: 'a', ready: true },
      { pod: 'b', ready: false },
    ]);
  });
});

describe('podSchema', () => {
  it('reads the behaviour that the template chose', () => {
    const annotations = { [BEHAVIOUR_ANNOTATION]: '{"kind":"5xx","rate":0.2}', other: 'kept out' };

    const pod = podSchema.parse(rawPod('p', 'reviews-v2', { annotations }));

    expect(pod.behaviour).toEqual({ kind: '5xx', rate: 0.2, code: 500, errorRate: 0 });
  });

  it('reads the behaviour that the template chose for its image', () => {
    const annotations = { [BEHAVIOURS_ANNOTATION]: '{"reviews:bad":{"kind":"reset","share":1}}' };

    const [good, bad] = ['reviews:1', 'reviews:bad'].map((image) =>
      podSchema.parse(rawPod('p', 'reviews', { annotations, image })),
    );

    expect([good?.image, good?.behaviour]).toEqual(['reviews:1', undefined]);
    expect(bad?.behaviour).toEqual({ kind: 'reset', share: 1, errorRate: 0 });
  });

  it.each(['{"kind":"7xx"}', 'bad'])('refuses the behaviour %s and names the annotation', (text) => {
    const parsed = podSchema.safeParse(rawPod('p', 'reviews-v2', { annotations: { [BEHAVIOUR_ANNOTATION]: text } }));

    expect(parsed.error?.message).toContain(`annotation ${BEHAVIOUR_ANNOTATION} is not a behaviour`);
  });
});

describe('virtualServiceSchema', () => {
  it('reads an object without a spec as one that routes nothing', () => {
    expect(virtualServiceSchema.parse({ metadata: metadata({}, 'bare') })).toMatchObject({ hosts: [], http: [] });
  });

  it('takes a missing weight for 0 and a missing exportTo for everywhere', () => {
    const spec = { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }] };

    const found = virtualServiceSchema.parse({ metadata: metadata({}, 'plain'), spec });

    expect(found.exportTo).toEqual(['*']);
    expect(found.http[0]?.route[0]?.weight).toBe(0);
  });
});

describe('destinationRuleSchema', () => {
  it('tells a rule for some workloads only from one for all', () => {
    const spec = { host: 'reviews', workloadSelector: { matchLabels: { app: 'web' } } };

    const selective = destinationRuleSchema.parse({ metadata: metadata({}, 'some'), spec });
    const general = destinationRuleSchema.parse({ metadata: metadata({}, 'all'), spec: { host: 'reviews' } });

    expect([selective.selective, general.selective]).toEqual([true, false]);
  });
});
