// Objects of Istio, of the Gateway API and of other controllers as the examination reads them: the few fields it looks at.
import { z } from 'zod';
import { labels, listOf, metadata, orElse, selector, text, texts } from './fields.ts';

const destination = z.object({
  host: z.string(),
  subset: text,
  port: z.object({ number: z.number().nullish() }).nullish(),
});

const weighted = listOf(z.object({ destination, weight: z.number().nullish() }));
const present = z.unknown().optional();

const httpRoute = z.object({
  name: text,
  match: listOf(z.record(z.string(), z.unknown())),
  route: weighted,
  redirect: present,
  directResponse: present,
  delegate: z.object({ name: text, namespace: text }).nullish(),
  timeout: text,
  retries: z.object({ attempts: z.number().nullish(), retryOn: text }).nullish(),
  fault: present,
  mirror: destination.nullish(),
  mirrors: listOf(z.object({ destination })),
  mirrorPercent: present,
  mirror_percent: present,
});

const plainRoutes = listOf(z.object({ route: weighted }));

/** Parses what the API server says of a group. */
export const groupSchema = z.object({ name: z.string() });

/** Parses a VirtualService. */
export const virtualServiceSchema = z.object({
  metadata,
  spec: orElse(
    z.object({
      hosts: texts,
      gateways: texts,
      exportTo: texts,
      http: listOf(httpRoute),
      tls: plainRoutes,
      tcp: plainRoutes,
    }),
    { hosts: [], gateways: [], exportTo: [], http: [], tls: [], tcp: [] },
  ),
});

const tls = z.object({ mode: text }).nullish();

const trafficPolicy = z
  .object({
    loadBalancer: z
      .object({
        simple: text,
        consistentHash: z.record(z.string(), z.unknown()).nullish(),
        warmupDurationSecs: present,
      })
      .nullish(),
    outlierDetection: z.record(z.string(), z.unknown()).nullish(),
    tls,
    portLevelSettings: listOf(z.object({ port: z.object({ number: z.number().nullish() }).nullish(), tls })),
  })
  .nullish();

/** Parses a DestinationRule. */
export const destinationRuleSchema = z.object({
  metadata,
  spec: z.object({
    host: z.string(),
    exportTo: texts,
    workloadSelector: present,
    trafficPolicy,
    subsets: listOf(z.object({ name: z.string(), labels, trafficPolicy })),
  }),
});

/** Parses a Gateway of networking.istio.io. */
export const gatewaySchema = z.object({
  metadata,
  spec: z.object({
    servers: listOf(z.object({ port: z.object({ number: z.number() }).nullish(), hosts: texts })),
  }),
});

/** Parses a Sidecar. */
export const sidecarSchema = z.object({
  metadata,
  spec: orElse(z.object({ egress: z.array(z.object({ hosts: texts })).nullish() }), {}),
});

const chosen = z.object({
  selector: z.object({ matchLabels: labels }).nullish(),
  workloadSelector: z.object({ labels, matchLabels: labels }).nullish(),
  podSelector: selector.nullish(),
});

/** Parses whatever chooses pods by their labels, in one of the three spellings there are. */
export const choosingSchema = z.object({
  metadata,
  spec: orElse(chosen, {}),
});

/** Parses a PeerAuthentication. */
export const peerAuthenticationSchema = z.object({
  metadata,
  spec: orElse(
    z.object({
      selector: z.object({ matchLabels: labels }).nullish(),
      mtls: z.object({ mode: text }).nullish(),
      portLevelMtls: orElse(z.record(z.string(), z.object({ mode: text })), {}),
    }),
    { selector: null, mtls: null, portLevelMtls: {} },
  ),
});

const source = z.object({ principals: texts, serviceAccounts: texts });

/** Parses an AuthorizationPolicy. */
export const authorizationPolicySchema = z.object({
  metadata,
  spec: orElse(
    z.object({
      selector: z.object({ matchLabels: labels }).nullish(),
      rules: listOf(z.object({ from: listOf(z.object({ source: source.nullish() })) })),
    }),
    { selector: null, rules: [] },
  ),
});

const override = z.object({
  match: z.object({ metric: text }).nullish(),
  disabled: orElse(z.boolean(), false),
  tagOverrides: orElse(z.record(z.string(), z.object({ operation: text, value: text })), {}),
});

/** Parses a Telemetry. */
export const telemetrySchema = z.object({
  metadata,
  spec: orElse(
    z.object({
      selector: z.object({ matchLabels: labels }).nullish(),
      metrics: listOf(z.object({ overrides: listOf(override) })),
    }),
    { selector: null, metrics: [] },
  ),
});

const reference = z.object({ kind: text, name: text, namespace: text });

/** Parses an HTTPRoute or GRPCRoute of the Gateway API. */
export const apiRouteSchema = z.object({
  metadata,
  spec: z.object({
    parentRefs: listOf(reference),
    rules: listOf(z.object({ backendRefs: listOf(reference) })),
  }),
});

/** Parses what other controllers of releases point at a Deployment or VirtualService with. */
export const releaserSchema = z.object({
  kind: text,
  metadata,
  spec: orElse(
    z.object({
      targetRef: reference.nullish(),
      workloadRef: reference.nullish(),
      objectRef: z.object({ workloadRef: reference.nullish() }).nullish(),
      strategy: z.unknown().optional(),
    }),
    { targetRef: null, workloadRef: null, objectRef: null, strategy: undefined },
  ),
});

export type VirtualService = z.output<typeof virtualServiceSchema>;
export type HttpRoute = z.output<typeof httpRoute>;
export type DestinationRule = z.output<typeof destinationRuleSchema>;
export type TrafficPolicy = NonNullable<z.output<typeof trafficPolicy>>;
export type Choosing = z.output<typeof choosingSchema>;
export type PeerAuthentication = z.output<typeof peerAuthenticationSchema>;
export type ApiRoute = z.output<typeof apiRouteSchema>;
export type Releaser = z.output<typeof releaserSchema>;
export type Telemetry = z.output<typeof telemetrySchema>;
export type AuthorizationPolicy = z.output<typeof authorizationPolicySchema>;
export type Gateway = z.output<typeof gatewaySchema>;
export type Sidecar = z.output<typeof sidecarSchema>;
