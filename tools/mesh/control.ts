// The control interface's words: what a test may ask of the mesh and what it reads back. Shared by the server, which
// parses with these schemas, and the client, which is typed by them.
import { z } from 'zod';

const share = z.number().min(0).max(1);
const errorRate = share.default(0);
const factor = z.number().positive();

/** Traffic from virtual client pods to one host, `rps` requests per second in all. */
export const loadSchema = z.strictObject({
  /** As the client writes it: `reviews`, `reviews.shop.svc.cluster.local`. A short name means the load's namespace. */
  host: z.string().min(1),
  /** The Service's port; the first one when left out. */
  port: z.int().min(1).max(65_535).optional(),
  rps: z.number().min(0).max(20_000),
  protocol: z.enum(['http', 'grpc']).default('http'),
  /** A client without a sidecar ignores VirtualServices and reports nothing. */
  meshed: z.boolean().default(true),
  /** The client is the gateway of that name, as VirtualServices write it, and obeys those bound to it in place of the mesh's. */
  gateway: z.string().min(1).optional(),
  clientWorkload: z.string().min(1),
  clientReplicas: z.int().min(1).max(200).default(1),
  headers: z.record(z.string(), z.string()).default({}),
  path: z.string().startsWith('/').default('/'),
  seed: z.int().min(0).max(0x7fffffff).default(1),
});

/** A load with every default filled in. */
export type Load = Readonly<z.output<typeof loadSchema>>;

/** A load as a caller writes it. */
export type LoadInput = Readonly<z.input<typeof loadSchema>>;

/** How the pods of one workload answer. `errorRate` adds plain failures (500, gRPC 13) to any kind. */
export const behaviourSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('good'), errorRate }),
  z.strictObject({ kind: z.literal('5xx'), rate: share, code: z.int().min(500).max(599).default(500), errorRate }),
  /** A share of the answers takes `factor` times as long, or exactly `ms` milliseconds when that is given. */
  z.strictObject({
    kind: z.literal('slow-tail'),
    share,
    factor: factor.default(20),
    ms: z.number().positive().optional(),
    errorRate,
  }),
  z.strictObject({ kind: z.literal('slow'), factor, errorRate }),
  /** Concerns gRPC requests only; HTTP ones are answered well. */
  z.strictObject({
    kind: z.literal('grpc-failures'),
    rate: share,
    status: z.int().min(1).max(16).default(14),
    errorRate,
  }),
  z.strictObject({ kind: z.literal('403'), rate: share.default(1), errorRate }),
  /** The connection is refused: UF at the client, nothing at the pod. */
  z.strictObject({ kind: z.literal('unreachable'), share: share.default(1), errorRate }),
  /** Requests succeed, but the pod's metrics page is empty. */
  z.strictObject({ kind: z.literal('silent'), errorRate }),
  /** The stream ends before a response began: code 0, flag DC. */
  z.strictObject({ kind: z.literal('reset'), share, errorRate }),
]);

/** A behaviour with every default filled in. */
export type Behaviour = Readonly<z.output<typeof behaviourSchema>>;

/** A behaviour as a caller writes it. */
export type BehaviourInput = Readonly<z.input<typeof behaviourSchema>>;

const scope = z.string().min(1).optional();

/** How metrics pages answer, for the pods of one namespace or of all: as usual, with 503, or late. */
export const scrapeSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('normal'), namespace: scope }),
  z.strictObject({ mode: z.literal('gap'), namespace: scope }),
  z.strictObject({ mode: z.literal('slow'), ms: z.number().min(0).max(60_000), namespace: scope }),
]);

/** A scrape mode with its scope. */
export type Scrape = Readonly<z.output<typeof scrapeSchema>>;

/** How many milliseconds a change in the cluster takes to reach the clients of one namespace, or of all; of one kind, or any. */
export const propagationSchema = z.strictObject({
  ms: z.number().min(0).max(60_000),
  kind: z.enum(['routes', 'subsets', 'endpoints']).optional(),
  namespace: scope,
});

/** A propagation delay with its scope. */
export type Propagation = Readonly<z.output<typeof propagationSchema>>;

/** Requests of one load that ended the same way at the same workload. */
const countSchema = z.object({
  load: z.string(),
  /** Name of the workload whose pod was picked; `unknown` when none was. */
  workload: z.string(),
  workloadNamespace: z.string(),
  /** Envoy's response flags; `-` when none. */
  flags: z.string(),
  /** The HTTP code; 0 when no response began. */
  code: z.int(),
  /** The gRPC status; empty for HTTP. */
  grpcStatus: z.string(),
  /** The image of the first container of the pod that was picked; empty when none was. */
  image: z.string(),
  /** When the first of them ended, in milliseconds since 1970. */
  firstAt: z.number(),
  requests: z.int(),
});

/** Requests of one load that ended the same way at the same workload. */
export type Count = Readonly<z.output<typeof countSchema>>;

/** The answer of `GET /v1/counts/{namespace}`. */
export const countsSchema = z.object({ counts: z.array(countSchema) });
