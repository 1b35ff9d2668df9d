// Reads of the cluster, each of which may be refused or find its kind unknown without spoiling the others.
import { z } from 'zod';
import type { ClusterAnswer } from '../requests.ts';
import type { Reading } from './facts.ts';

/** Requests to the API server; every one has a time-out, and a failing network throws. POST is for reviews of access alone. */
export interface DoctorRequests {
  request(
    method: 'GET' | 'POST',
    path: string,
    options?: { readonly body?: unknown; readonly query?: Readonly<Record<string, string>> },
  ): Promise<ClusterAnswer>;
}

/** The same requests, where a read that several ask for is made once. */
export function remembering(requests: DoctorRequests): DoctorRequests {
  const answers = new Map<string, Promise<ClusterAnswer>>();
  return {
    request(method, path, options) {
      if (method !== 'GET') return requests.request(method, path, options);
      const key = JSON.stringify([path, options?.query]);
      const answer = answers.get(key) ?? requests.request(method, path, options);
      answers.set(key, answer);
      return answer;
    },
  };
}

/** A kind, in the versions that are understood, the preferred first. */
export interface Kind {
  /** Empty for Kubernetes' oldest kinds. */
  readonly group: string;
  readonly versions: readonly [string, ...string[]];
  readonly plural: string;
}

const pageSize = 500;
const mostPages = 40;

const page = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(z.unknown()).nullish(),
});

/** Reads one object; `undefined` as its value when there is none. */
export async function readOne<T>(
  requests: DoctorRequests,
  path: string,
  schema: z.ZodType<T>,
): Promise<Reading<T | undefined>> {
  return guarded(path, async () => {
    const answer = await requests.request('GET', path);
    if (answer.status === 404) return { kind: 'read', value: undefined };
    if (answer.status !== 200) return refused(path, answer);
    return { kind: 'read', value: schema.parse(answer.body) };
  });
}

/** Reads all objects of a kind in a namespace; a kind that the cluster does not know has none. */
export async function readIn<T>(
  requests: DoctorRequests,
  kind: Kind,
  namespace: string,
  schema: z.ZodType<T>,
): Promise<Reading<readonly T[]>> {
  return listed(requests, kind, `namespaces/${encodeURIComponent(namespace)}/`, schema);
}

/**
 * Reads all objects of a kind in every namespace; where the account may not, those of the namespaces given, as far as it may read
 * the first of them.
 */
export async function readAround<T>(
  requests: DoctorRequests,
  kind: Kind,
  namespaces: readonly [string, ...string[]],
  schema: z.ZodType<T>,
): Promise<Reading<readonly T[]>> {
  const everywhere = await listed(requests, kind, '', schema);
  if (everywhere.kind === 'read') return everywhere;
  const [own, ...others] = await Promise.all(namespaces.map((namespace) => readIn(requests, kind, namespace, schema)));
  if (own?.kind !== 'read') return everywhere;
  return { kind: 'read', value: [...own.value, ...others.flatMap((each) => (each.kind === 'read' ? each.value : []))] };
}

/** Reads the objects of a kind in all namespaces, or in none; those that a field selector chooses, where one is given. */
export async function readAll<T>(
  requests: DoctorRequests,
  kind: Kind,
  schema: z.ZodType<T>,
  fieldSelector?: string,
): Promise<Reading<readonly T[]>> {
  return listed(requests, kind, '', schema, fieldSelector === undefined ? {} : { fieldSelector });
}

/** Tries the versions in turn: a cluster that does not serve the first may serve an older one. */
async function listed<T>(
  requests: DoctorRequests,
  { group, versions, plural }: Kind,
  place: string,
  schema: z.ZodType<T>,
  query: Readonly<Record<string, string>> = {},
): Promise<Reading<readonly T[]>> {
  for (const version of versions) {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const reading = await guarded(plural, () => pagesOf(requests, `${root}/${place}${plural}`, schema, query));
    if (reading.kind === 'unread' || reading.value !== 'notServed') return reading as Reading<readonly T[]>;
  }
  return { kind: 'read', value: [] };
}

async function pagesOf<T>(
  requests: DoctorRequests,
  path: string,
  schema: z.ZodType<T>,
  chosen: Readonly<Record<string, string>>,
): Promise<Reading<readonly T[] | 'notServed'>> {
  const found: T[] = [];
  let next = '';
  for (let pages = 0; pages < mostPages; pages += 1) {
    const answer = await requests.request('GET', path, {
      query: { ...chosen, limit: `${pageSize}`, ...(next === '' ? {} : { continue: next }) },
    });
    if (answer.status === 404) return { kind: 'read', value: 'notServed' };
    if (answer.status !== 200) return refused(path, answer);
    const { metadata, items } = page.parse(answer.body);
    found.push(...(items ?? []).map((item) => schema.parse(item)));
    next = metadata?.continue ?? '';
    if (next === '') return { kind: 'read', value: found };
  }
  return { kind: 'unread', why: `there are more than ${mostPages * pageSize} objects at ${path}.` };
}

/** What cannot be reached or understood is not known either. */
async function guarded<T>(what: string, read: () => Promise<Reading<T>>): Promise<Reading<T>> {
  try {
    return await read();
  } catch (cause) {
    const said = cause instanceof z.ZodError ? 'the answer is not what its definition says' : wordsOf(cause);
    return { kind: 'unread', why: `${what} could not be read: ${said}.` };
  }
}

function wordsOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
}

const statusSchema = z.object({ message: z.string() });

/** The API server's own sentence names the account, the verb and the kind. */
function refused(path: string, { status, body }: ClusterAnswer): { readonly kind: 'unread'; readonly why: string } {
  const said = statusSchema.safeParse(body);
  const why = said.success ? said.data.message : `${path} was answered with ${status}`;
  return { kind: 'unread', why: `${why.replace(/\.$/, '')}.` };
}

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Asks whether an account may do something, or, without one, whether the caller may. */
export async function mayDo(
  requests: DoctorRequests,
  attributes: Readonly<Record<string, string>>,
  account: string | undefined,
): Promise<Reading<boolean>> {
  const kind = account === undefined ? 'SelfSubjectAccessReview' : 'SubjectAccessReview';
  const who = account === undefined ? {} : { user: account, groups: groupsOf(account) };
  const path = `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`;
  return guarded(path, async () => {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec: { resourceAttributes: attributes, ...who } };
    const answer = await requests.request('POST', path, { body });
    if (answer.status !== 201 && answer.status !== 200) return refused(path, answer);
    return { kind: 'read', value: reviewSchema.parse(answer.body).status.allowed };
  });
}

/** Groups that every ServiceAccount is in; of another user only that it is somebody. */
function groupsOf(account: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(account) ?? [];
  const own = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return [...own, 'system:authenticated'];
}
