// Pod templates: what of one is looked at, and a hash of all of it that is Serin's own.
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The label that the Deployment controller adds to a ReplicaSet's template. */
export const hashKey = 'pod-template-hash';

/** The label by which the pods of a copy differ from all others. */
export const revisionLabel = 'serin.dev/revision';

const addedLabels = new Set([hashKey, revisionLabel]);
const digits = 10;

/** A pod template, whole. */
export const templateSchema = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string().optional() })) }),
});

/** A pod template as the cluster stores it. */
export type PodTemplate = z.output<typeof templateSchema>;

/**
 * Ten hex digits of a hash over the template. The same for a Deployment, for the ReplicaSet made of it and for a copy: labels that
 * those add are left out, and so is what is null.
 */
export function revisionOf(template: PodTemplate): string {
  const labels = Object.entries(template.metadata?.labels ?? {}).filter(([key]) => !addedLabels.has(key));
  const plain = { ...template, metadata: { ...template.metadata, labels: Object.fromEntries(labels) } };
  return createHash('sha256').update(canonical(plain)).digest('hex').slice(0, digits);
}

/** The labels that the template's author gave its pods, and a copy's own. */
export function podLabelsOf(template: PodTemplate): Readonly<Record<string, string>> {
  const { [hashKey]: _, ...labels } = template.metadata?.labels ?? {};
  return labels;
}

/** The images of its containers, in their order. */
export function imagesOf(template: PodTemplate): readonly string[] {
  return template.spec.containers.map(({ image }) => image ?? '');
}

/** JSON with sorted keys and without nulls, so that equal values give equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(
          Object.entries(part)
            .filter(([, each]) => each !== null)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part,
  );
}
