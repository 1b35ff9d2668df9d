// Objects of Kubernetes as the examination reads them: the few fields it looks at.
import { z } from 'zod';
import { count, labels, listOf, metadata, orElse, quantities, selector, text, texts } from './fields.ts';

const securityContext = z.object({ runAsUser: z.number().nullish() }).nullish();

const container = z.object({
  name: z.string(),
  image: text,
  securityContext,
  resources: z.object({ requests: quantities(), limits: quantities() }).nullish(),
});

const podSpec = z.object({
  serviceAccountName: text,
  securityContext,
  containers: listOf(container),
  initContainers: listOf(container),
});

const templateMetadata = orElse(z.object({ labels, annotations: labels }), { labels: {}, annotations: {} });

/** Parses a pod template. */
export const templateSchema = z.object({ metadata: templateMetadata, spec: podSpec });

/** Parses a Deployment. */
export const deploymentSchema = z.object({
  metadata,
  spec: z.object({
    replicas: orElse(z.number(), 1),
    paused: orElse(z.boolean(), false),
    selector,
    strategy: z
      .object({ rollingUpdate: z.object({ maxSurge: z.union([z.number(), z.string()]).nullish() }).nullish() })
      .nullish(),
    template: templateSchema,
  }),
  status: orElse(z.object({ readyReplicas: count }), { readyReplicas: 0 }),
});

/** Parses a ReplicaSet. */
export const replicaSetSchema = z.object({ metadata, spec: z.object({ replicas: count, template: templateSchema }) });

const noStatus = { phase: '', conditions: [] };
const condition = z.object({ type: z.string(), status: z.string(), message: text });

/** Parses a pod. */
export const podSchema = z.object({
  metadata: metadata.extend({ deletionTimestamp: z.string().nullish() }),
  spec: podSpec,
  status: orElse(z.object({ phase: text, conditions: listOf(condition) }), noStatus),
});

const servicePort = z.object({
  name: text,
  port: z.number(),
  protocol: text,
  appProtocol: text,
  targetPort: z.union([z.number(), z.string()]).nullish(),
});

/** Parses a Service. */
export const serviceSchema = z.object({
  metadata,
  spec: z.object({ selector: labels, ports: listOf(servicePort), clusterIP: text, sessionAffinity: text }),
});

/** Parses anything of which only the metadata matters. */
export const plainSchema = z.object({ metadata });

/** Parses a HorizontalPodAutoscaler. */
export const autoscalerSchema = z.object({
  metadata,
  spec: z.object({
    scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
    minReplicas: orElse(z.number(), 1),
    maxReplicas: count,
    behavior: z
      .object({ scaleDown: z.object({ stabilizationWindowSeconds: z.number().nullish() }).nullish() })
      .nullish(),
  }),
});

/** Parses a PodDisruptionBudget. */
export const budgetSchema = z.object({ metadata, spec: z.object({ selector: selector.nullish() }) });

/** Parses a ResourceQuota. */
export const quotaSchema = z.object({
  metadata,
  spec: orElse(z.object({ scopes: texts, scopeSelector: z.unknown().optional() }), {
    scopes: [],
    scopeSelector: undefined,
  }),
  status: orElse(z.object({ hard: quantities(), used: quantities() }), { hard: {}, used: {} }),
});

/** Parses a ValidatingWebhookConfiguration. */
export const webhookSchema = z.object({
  metadata,
  webhooks: listOf(z.object({ name: z.string(), failurePolicy: text, rules: listOf(z.object({ apiGroups: texts })) })),
});

export type Template = z.output<typeof templateSchema>;
export type Deployment = z.output<typeof deploymentSchema>;
export type ReplicaSet = z.output<typeof replicaSetSchema>;
export type Pod = z.output<typeof podSchema>;
export type Service = z.output<typeof serviceSchema>;
export type ServicePort = z.output<typeof servicePort>;
export type Autoscaler = z.output<typeof autoscalerSchema>;
export type Quota = z.output<typeof quotaSchema>;
export type Budget = z.output<typeof budgetSchema>;
export type Namespace = z.output<typeof plainSchema>;
export type Webhook = z.output<typeof webhookSchema>;
