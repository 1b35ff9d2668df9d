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
    method: 'GET' | 'PATCH',
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
  /** Sends a JSON Patch of a VirtualService in Serin's name and gives the answer whatever it is. */
  patch(namespace: string, name: string, operations: readonly unknown[], fieldOwner: string): Promise<ClusterAnswer>;
}

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
