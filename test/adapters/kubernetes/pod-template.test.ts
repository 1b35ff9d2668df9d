import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PodTemplate, podLabelsOf, revisionOf } from '../../../src/adapters/kubernetes/pod-template.ts';

const labels = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.stringMatching(/^[a-z0-9]{0,5}$/), { maxKeys: 4 });
const container = fc.record(
  {
    image: fc.stringMatching(/^[a-z]{1,8}:[0-9]{1,3}$/),
    env: fc.array(fc.record({ name: fc.stringMatching(/^[A-Z]{1,4}$/), value: fc.string({ maxLength: 6 }) })),
    resources: fc.dictionary(fc.constantFrom('limits', 'requests'), fc.dictionary(fc.constant('cpu'), fc.string())),
  },
  { requiredKeys: ['image'] },
);
const templates: fc.Arbitrary<PodTemplate> = fc.record({
  metadata: fc.record({ labels }),
  spec: fc.record({ containers: fc.array(container, { minLength: 1, maxLength: 3 }) }),
});

/** The same value with its keys in the opposite order, as another writer might send it. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, reordered(part)]),
  );
}

function labelled(template: PodTemplate, more: Readonly<Record<string, string>>): PodTemplate {
  return { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...more } } };
}

describe('the revision of a pod template', () => {
  it('is ten hex digits, whatever the order of keys', () => {
    fc.assert(
      fc.property(templates, (template) => {
        expect(revisionOf(template)).toMatch(/^[0-9a-f]{10}$/);
        expect(revisionOf(reordered(template) as PodTemplate)).toBe(revisionOf(template));
      }),
    );
  });

  it('is that of the ReplicaSet made of it, and that of its copy', () => {
    fc.assert(
      fc.property(templates, fc.stringMatching(/^[a-z0-9]{5,10}$/), (template, hash) => {
        const revision = revisionOf(template);

        expect(revisionOf(labelled(template, { 'pod-template-hash': hash }))).toBe(revision);
        expect(revisionOf(labelled(template, { 'serin.dev/revision': revision, 'pod-template-hash': hash }))).toBe(
          revision,
        );
      }),
    );
  });

  it('is another for each other label, image, order of containers or deeper value', () => {
    fc.assert(
      fc.property(templates, (template) => {
        const [first, ...rest] = template.spec.containers;
        const others: readonly PodTemplate[] = [
          labelled(template, { added: 'x' }),
          { ...template, spec: { containers: [{ ...first, image: 'other' }, ...rest] } },
          { ...template, spec: { containers: [{ image: 'before' }, ...template.spec.containers] } },
          { ...template, spec: { containers: [...template.spec.containers, { image: 'before' }] } },
          { ...template, spec: { ...template.spec, securityContext: { fsGroup: 1 } } },
          { ...template, metadata: { ...template.metadata, annotations: { restartedAt: 'now' } } },
        ];

        expect(new Set([template, ...others].map(revisionOf)).size).toBe(1 + others.length);
      }),
    );
  });

  it('passes over what is null, as the server writes and leaves out at will', () => {
    const template: PodTemplate = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ image: 'a:1' }] } };

    const padded = {
      metadata: { creationTimestamp: null, ...template.metadata },
      spec: { ...template.spec, affinity: null },
    };

    expect(revisionOf(padded)).toBe(revisionOf(template));
    expect(revisionOf({ ...template, metadata: { labels: null } })).toBe(revisionOf({ ...template, metadata: null }));
  });
});

describe('the labels of pods', () => {
  it('are those of the template and of the copy, without the one that the cluster adds', () => {
    const template = labelled(
      { spec: { containers: [] } },
      { app: 'a', 'pod-template-hash': 'x', 'serin.dev/revision': 'y' },
    );

    expect(podLabelsOf(template)).toEqual({ app: 'a', 'serin.dev/revision': 'y' });
    expect(podLabelsOf({ spec: { containers: [] } })).toEqual({});
  });
});
