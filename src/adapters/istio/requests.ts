// The Kubernetes API as this folder uses it, and the objects of Istio read through it.
import { z } from 'zod';
import {
  type DestinationRule,
  destinationRuleSchema,
  rootNamespace,
  type Service,
  serviceSchema,
} from './surroundings.ts';
import { type VirtualService, virtualServiceSchema } from './virtual-service.ts';

/** An answer of the API server; any HTTP status is a value. */
export interface ClusterAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Requests to the API server. Every one has a time-out; a failing network and a time-out throw. */
export interface ClusterRequests {
  request(
    method: 'GET' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    options?: {
      readonly body?: unknown;
      readonly contentType?: string;
      readonly query?: Readonly<Record<string, string>>;
    },
  ): Promise<ClusterAnswer>;
}

/** The reads and the one kind of write that routes need. What cannot be read for another reason than absence throws with the server's words. */
export interface IstioObjects {
  /** VirtualServices of a namespace; `notServed` when the cluster has no Istio. */
  virtualServices(namespace: string): Promise<readonly VirtualService[] | 'notServed'>;
  /** One VirtualService; undefined when there is none. */
  virtualService(namespace: string, name: string): Promise<VirtualService | undefined>;
  /** DestinationRules of a namespace. */
  destinationRules(namespace: string): Promise<readonly DestinationRule[]>;
  /** Services of a namespace. */
  services(namespace: string): Promise<readonly Service[]>;
  /** Everything of a kind in all namespaces, or in the one given where the account may not look further; as it came. */
  everywhere(
    plural: 'virtualservices' | 'destinationrules',
    namespace: string,
  ): Promise<readonly unknown[] | 'notServed'>;
  /** One object as it came; undefined when there is none. */
  read(plural: 'virtualservices' | 'destinationrules', namespace: string, name: string): Promise<unknown>;
  /** Creates an object in Serin's name and gives the answer whatever it is. */
  create(plural: 'virtualservices' | 'destinationrules', namespace: string, body: unknown): Promise<ClusterAnswer>;
  /** Deletes an object if it is of the version given, and gives the answer whatever it is. */
  remove(
    plural: 'virtualservices' | 'destinationrules',
    namespace: string,
    name: string,
    resourceVersion: string,
  ): Promise<ClusterAnswer>;
  /** Pods of a namespace by a label selector. */
  pods(namespace: string, selector: Readonly<Record<string, string>>): Promise<readonly Pod[]>;
  /** Routes of the Gateway API in all namespaces; none where it is not served or not permitted. */
  gatewayRoutes(): Promise<readonly unknown[]>;
  /** Sends a JSON Patch of a VirtualService in Serin's name and gives the answer whatever it is. */
  patch(namespace: string, name: string, operations: readonly unknown[], fieldOwner: string): Promise<ClusterAnswer>;
}

const podSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }))
      .default([]),
  }),
  status: z.looseObject({ phase: z.string().default('') }).prefault({}),
});

/** A pod as far as its owner goes. */
export type Pod = z.output<typeof podSchema>;

const group = '/apis/networking.istio.io';
const fallbackVersions = ['v1', 'v1beta1', 'v1alpha3'];

/** Reads Istio's objects in version v1, or in the newest older one that the cluster serves; the schemas are identical. */
export function istioObjects(requests: ClusterRequests): IstioObjects {
  let version: string | undefined;

  async function pathOf(namespace: string, ...words: readonly string[]): Promise<string | undefined> {
    version ??= await servedVersion(requests);
    if (version === undefined) return undefined;
    return [group, version, 'namespaces', ...[namespace, ...words].map(encodeURIComponent)].join('/');
  }

  return {
    virtualServices: async (namespace) => {
      const path = await pathOf(namespace, 'virtualservices');
      return path === undefined
        ? 'notServed'
        : itemsOf(await requests.request('GET', path), virtualServiceSchema, path);
    },
    virtualService: async (namespace, name) => {
      const path = await pathOf(namespace, 'virtualservices', name);
      if (path === undefined) return undefined;
      const answer = await requests.request('GET', path);
      return answer.status === 404 ? undefined : parsed(virtualServiceSchema, answer, path);
    },
    destinationRules: async (namespace) => {
      const path = await pathOf(namespace, 'destinationrules');
      if (path === undefined) return [];
      const answer = await requests.request('GET', path);
      // A controller that is confined to a namespace may not look into the root; rules there are few.
      if (answer.status === 403 && namespace === rootNamespace) return [];
      return itemsOf(answer, destinationRuleSchema, path);
    },
    services: async (namespace) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`;
      return itemsOf(await requests.request('GET', path), serviceSchema, path);
    },
    everywhere: async (plural, namespace) => {
      const path = await pathOf(namespace, plural);
      if (path === undefined) return 'notServed';
      const all = path.replace(/\/namespaces\/[^/]+/, '');
      const answer = await requests.request('GET', all);
      const seen = answer.status === 403 ? await requests.request('GET', path) : answer;
      return itemsOf(seen, z.unknown(), answer.status === 403 ? path : all);
    },
    read: async (plural, namespace, name) => {
      const path = await pathOf(namespace, plural, name);
      if (path === undefined) return undefined;
      const answer = await requests.request('GET', path);
      return answer.status === 404 ? undefined : parsed(z.unknown(), answer, path);
    },
    create: async (plural, namespace, body) => {
      const path = await pathOf(namespace, plural);
      if (path === undefined) return { status: 404, body: undefined };
      const versioned = { apiVersion: `networking.istio.io/${version}`, ...(body as object) };
      return requests.request('POST', path, { body: versioned, query: { fieldManager: 'serin' } });
    },
    remove: async (plural, namespace, name, resourceVersion) => {
      const path = await pathOf(namespace, plural, name);
      if (path === undefined) return { status: 404, body: undefined };
      return requests.request('DELETE', path, { body: { preconditions: { resourceVersion } } });
    },
    pods: async (namespace, selector) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
      const labelSelector = Object.entries(selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
      return itemsOf(await requests.request('GET', path, { query: { labelSelector } }), podSchema, path);
    },
    gatewayRoutes: async () => {
      const kinds = ['httproutes', 'grpcroutes'].map(async (plural) => {
        const path = `/apis/gateway.networking.k8s.io/v1/${plural}`;
        const answer = await requests.request('GET', path);
        return answer.status === 404 || answer.status === 403 ? [] : itemsOf(answer, z.unknown(), path);
      });
      return (await Promise.all(kinds)).flat();
    },
    patch: async (namespace, name, operations, fieldOwner) => {
      const path = await pathOf(namespace, 'virtualservices', name);
      if (path === undefined) return { status: 404, body: undefined };
      const contentType = 'application/json-patch+json';
      return requests.request('PATCH', path, { body: operations, contentType, query: { fieldManager: fieldOwner } });
    },
  };
}

const groupSchema = z.looseObject({ versions: z.array(z.looseObject({ version: z.string() })) });

async function servedVersion(requests: ClusterRequests): Promise<string | undefined> {
  const answer = await requests.request('GET', group);
  if (answer.status === 404) return undefined;
  const served = parsed(groupSchema, answer, group).versions.map(({ version }) => version);
  return fallbackVersions.find((version) => served.includes(version));
}

function itemsOf<T>(answer: ClusterAnswer, item: z.ZodType<T>, path: string): readonly T[] {
  return parsed(z.looseObject({ items: z.array(item) }), answer, path).items;
}

/** Reads an answer that has to be a success. Throws with the path, the status and the server's words otherwise. */
export function parsed<T>(schema: z.ZodType<T>, answer: ClusterAnswer, path: string): T {
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`The API server answered ${answer.status} for ${path}: ${messageOf(answer.body)}`);
  }
  const result = schema.safeParse(answer.body);
  if (result.success) return result.data;
  throw new Error(
    `The API server's answer for ${path} is not what Istio's definitions say: ${z.prettifyError(result.error)}`,
  );
}

const statusSchema = z.looseObject({ message: z.string() });

function messageOf(body: unknown): string {
  const status = statusSchema.safeParse(body);
  return status.success ? status.data.message : 'no message';
}
