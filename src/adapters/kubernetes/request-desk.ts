// Requests of people and pipelines, appended to a rollout's spec.
import { z } from 'zod';
import type { Appended, RequestDesk } from '../../controller/people-port.ts';
import type { Clock } from '../../controller/ports.ts';
import { asksTheSame, type Wish } from '../../domain/asked-before.ts';
import type { Request } from '../../domain/people.ts';
import { refusalOf, rightOf, rights } from '../../domain/permission.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Answer, ClusterRequests } from './connection.ts';
import { refused, sentenceOf } from './refused.ts';
import { rolloutPath, writeRequest } from './rollout-codec.ts';
import { mostRequests } from './rollout-object.ts';

const reviewSchema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });

/** The list as it is stored, which a patch has to find again, and what was answered of it. */
const requestsSchema = z.object({
  spec: z.object({ requests: z.array(z.looseObject({ id: z.string() })).default([]) }),
  status: z.object({ answers: z.array(z.object({ id: z.string() })).default([]) }).prefault({}),
});

const wishSchema = z.object({
  verb: z.string(),
  step: z.number().optional(),
  overrideFreeze: z.literal(true).optional(),
});

interface Stored {
  readonly requests: z.output<typeof requestsSchema>['spec']['requests'];
  readonly answered: readonly string[];
}

const tries = 5;

/**
 * A desk that signs requests with the name by which the cluster knows us. Throws when the cluster cannot be reached, or when the
 * requests of others came first every time.
 */
export function clusterRequestDesk(cluster: ClusterRequests, { clock }: { readonly clock: Clock }): RequestDesk {
  let name: Promise<string> | undefined;

  function whoAmI(): Promise<string> {
    name ??= askName(cluster).catch((error: unknown) => {
      name = undefined;
      throw error;
    });
    return name;
  }

  async function stored(id: RolloutId): Promise<Stored | undefined> {
    const answer = await cluster.request('GET', rolloutPath(id));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`Reading CanaryRollout ${id.namespace}/${id.name}`, answer);
    const { spec, status } = requestsSchema.parse(answer.body);
    return { requests: spec.requests, answered: status.answers.map((each) => each.id) };
  }

  function write(id: RolloutId, { requests }: Stored, request: Request): Promise<Answer> {
    const body = [
      { op: 'test', path: '/spec/requests', value: requests },
      { op: 'add', path: '/spec/requests/-', value: writeRequest(request) },
    ];
    const contentType = 'application/json-patch+json';
    return cluster.request('PATCH', rolloutPath(id), { body, contentType, query: { fieldManager: 'serin' } });
  }

  async function append(id: RolloutId, request: Omit<Request, 'actor' | 'time'>, as?: string): Promise<Appended> {
    const actor = as ?? (await whoAmI());
    const signed = { ...request, actor, time: clock.now() };
    let before = await stored(id);
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (before === undefined) return { kind: 'gone' };
      const known = knownOf(before, request);
      if (known !== undefined) return known;
      const answer = await write(id, before, signed);
      if (answer.status === 200) return { kind: 'appended' };
      if (answer.status === 404) return { kind: 'gone' };
      if (answer.status === 403) return { kind: 'refused', message: forbidden(answer, id, signed) };
      const now = await stored(id);
      // The list is what it was, so that the request itself is what the cluster does not take.
      if (answer.status === 422 && JSON.stringify(now?.requests) === JSON.stringify(before.requests))
        return { kind: 'refused', message: sentenceOf(answer.body) };
      if (answer.status !== 409 && answer.status !== 422) throw refused('Writing the request', answer);
      before = now;
    }
    throw new Error(`The requests of ${id.namespace}/${id.name} changed ${tries} times meanwhile. Ask again.`);
  }

  return { append };
}

/** What is known without writing: it is there, the same is asked and not answered yet, or there is no room. */
function knownOf({ requests, answered }: Stored, request: Wish & Pick<Request, 'id'>): Appended | undefined {
  if (requests.some(({ id }) => id === request.id)) return { kind: 'appended' };
  const twin = requests.find((each) => !answered.includes(each.id) && isTwin(each, request));
  if (twin !== undefined) return { kind: 'behind', id: twin.id };
  return requests.length >= mostRequests ? { kind: 'full' } : undefined;
}

/** Whether a stored request asks the same. One that cannot be read asks something else. */
function isTwin(stored: unknown, request: Wish): boolean {
  const wish = wishSchema.safeParse(stored).data;
  return wish !== undefined && asksTheSame(wish, request);
}

/** The sentence that everybody without the right reads; the cluster's own where something else stands in the way. */
function forbidden({ body }: Answer, { namespace }: RolloutId, { actor, verb }: Request): string {
  const said = sentenceOf(body);
  const named = rights.map((right) => refusalOf({ name: actor }, right, namespace)).find((each) => said.includes(each));
  return (
    named ?? (said.includes('cannot patch resource') ? refusalOf({ name: actor }, rightOf(verb), namespace) : said)
  );
}

async function askName(cluster: ClusterRequests): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const answer = await cluster.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
  if (answer.status !== 201) throw refused('Asking the cluster who we are', answer);
  return reviewSchema.parse(answer.body).status.userInfo.username;
}
