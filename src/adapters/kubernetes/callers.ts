// Who callers are and what they may do, asked of the API server: TokenReview and SubjectAccessReview.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Callers } from '../../controller/people-port.ts';
import type { Clock } from '../../controller/ports.ts';
import type { Caller, Right } from '../../domain/permission.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import type { ClusterRequests } from './connection.ts';
import { refused } from './refused.ts';

const tokenReview = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    user: z
      .object({
        username: z.string().default(''),
        uid: z.string().default(''),
        groups: z.array(z.string()).nullish(),
        extra: z.record(z.string(), z.array(z.string())).nullish(),
      })
      .nullish(),
  }),
});

const accessReview = z.object({ status: z.object({ allowed: z.boolean().default(false) }) });

/** How long it is believed whose a token is, and that it is nobody's. */
const believedMs: Millis = 60_000;
const disbelievedMs: Millis = 5_000;
const mostRemembered = 1_000;
/** Longer than any token of a cluster; what is longer is not worth asking about. */
const longestToken = 16 * 1_024;

interface Remembered {
  readonly caller: Promise<Caller | undefined>;
  readonly until: Instant;
}

/** Callers as the cluster knows them. The controller's account needs to create tokenreviews and subjectaccessreviews. */
export function clusterCallers(cluster: ClusterRequests, { clock }: { readonly clock: Clock }): Callers {
  const remembered = new Map<string, Remembered>();

  function authenticate(token: string): Promise<Caller | undefined> {
    if (token === '' || token.length > longestToken) return Promise.resolve(undefined);
    const key = createHash('sha256').update(token).digest('base64');
    const before = remembered.get(key);
    if (before !== undefined && clock.now() < before.until) return before.caller;
    const caller = whose(cluster, token);
    remember(key, { caller, until: clock.now() + believedMs });
    caller.then(
      (found) => {
        if (found === undefined) remember(key, { caller, until: clock.now() + disbelievedMs });
      },
      () => remembered.delete(key),
    );
    return caller;
  }

  /** The oldest is forgotten first. */
  function remember(key: string, entry: Remembered): void {
    remembered.delete(key);
    remembered.set(key, entry);
    const [oldest] = remembered.keys();
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
  }

  return { authenticate, may: (caller, right, namespace) => mayOf(cluster, caller, right, namespace) };
}

async function whose(cluster: ClusterRequests, token: string): Promise<Caller | undefined> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const answer = await cluster.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body });
  if (answer.status !== 201) throw refused('Asking the cluster whose a token is', answer);
  const { authenticated, user } = tokenReview.parse(answer.body).status;
  if (!authenticated || user === undefined || user === null || user.username === '') return undefined;
  const { username: name, uid, groups, extra } = user;
  return {
    name,
    groups: groups ?? [],
    ...(uid === '' ? {} : { uid }),
    ...(extra === undefined || extra === null ? {} : { extra }),
  };
}

async function mayOf(cluster: ClusterRequests, caller: Caller, verb: Right, namespace?: string): Promise<boolean> {
  const { name: user, uid, groups, extra } = caller;
  const where = namespace === undefined ? {} : { namespace };
  const spec = {
    user,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
    resourceAttributes: { group: 'serin.dev', resource: 'canaryrollouts', verb, ...where },
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const answer = await cluster.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body });
  if (answer.status !== 201) throw refused('Asking the cluster what a caller may do', answer);
  return accessReview.parse(answer.body).status.allowed;
}
