// Letters as deployment statuses on GitHub: one deployment for each rollout, found again by the rollout's uid in its payload.
// https://docs.github.com/en/rest/deployments
import { z } from 'zod';
import type { Carried, Carrier } from '../../controller/carrier.ts';
import type { Letter } from '../../domain/mail.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { descriptionOf, environmentOf, isQuiet, refOf, stateOf } from './github-words.ts';
import { type Receipt, type Send, sendMs } from './send.ts';

/** What GitHub takes. */
export interface GithubOptions {
  readonly send: Send;
  /** Asked anew for each letter, so that a rotated token takes effect. */
  readonly token: () => Promise<string>;
  /** Where its REST API answers, without a slash at the end. */
  readonly apiUrl: string;
  readonly cluster?: string;
}

type Failed = Exclude<Carried, { readonly kind: 'taken' }>;

/** Where a rollout stands, whether it was known before or found now; or why that is not to be had. */
type Place = { readonly kind: 'place'; readonly at: string } | Failed;

const deployment = z.object({ id: z.int().min(1), payload: z.unknown() });
const deployments = z.array(deployment.catch({ id: 0, payload: undefined }));
const complaint = z.object({ message: z.string() });

/** The deployments of a plan's repository. */
export function githubCarrier(options: GithubOptions): Carrier {
  return {
    target: 'github',
    // Looking for the deployment, making it, and its status.
    longestMs: 3 * sendMs,
    isIdempotent: false,
    waitsTogether: true,
    skips: isQuiet,
    async carry(rollout, letter, at) {
      const { github } = rollout.spec.plan;
      const ref = refOf(rollout.spec);
      if (github === undefined || ref === undefined) return { kind: 'never', message: noCommit(rollout) };
      const token = await options.token().catch(() => undefined);
      if (token === undefined)
        return { kind: 'refused', message: 'The file of --github-token-file cannot be read. Mount it again.' };
      const repository = callerOf(options, token, github.repository);
      const place =
        at === undefined ? await placeOf(repository, rollout, ref, options.cluster) : { kind: 'place' as const, at };
      if (place.kind !== 'place') return place;
      const told = await sayStatus(repository, rollout, letter, place.at);
      // A place that was only just found and takes no status would be found again.
      if (told.kind === 'gone' && at === undefined)
        return {
          kind: 'refused',
          at: place.at,
          message: `${github.repository} takes no status for its own deployment.`,
        };
      return told.kind === 'gone' ? told : { ...told, at: place.at };
    },
  };
}

function noCommit({ spec }: Rollout): string {
  return `No commit is known for ${spec.target.name}: neither serin.dev/github-ref names one, nor does the image's tag. GitHub is not told of it.`;
}

/** Calls of one repository's deployments; `path` begins behind `/deployments`. */
type Call = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Receipt>;

function callerOf({ send, apiUrl }: GithubOptions, token: string, repository: string): Call {
  return (method, path, body) =>
    send({
      method,
      url: `${apiUrl}/repos/${repository}/deployments${path}`,
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** The rollout's deployment: the one that is there, or a new one. */
async function placeOf(call: Call, rollout: Rollout, ref: string, cluster: string | undefined): Promise<Place> {
  const environment = environmentOf(rollout, cluster);
  const query = new URLSearchParams({ ref, environment, task: 'deploy', per_page: '100' });
  const listed = await call('GET', `?${query}`);
  if (listed.kind !== 'answer' || listed.status !== 200) return failedBy(listed, 'listing deployments');
  const found = parsed(listed.text, deployments);
  if (found === undefined) return { kind: 'later', message: 'GitHub gave an answer that could not be understood.' };
  const mine = found.find(({ payload }) => uidIn(payload) === rollout.uid);
  return mine === undefined ? makePlace(call, rollout, ref, environment) : { kind: 'place', at: String(mine.id) };
}

async function makePlace(call: Call, rollout: Rollout, ref: string, environment: string): Promise<Place> {
  const { id, uid, spec } = rollout;
  const made = await call('POST', '', {
    ref,
    task: 'deploy',
    auto_merge: false,
    required_contexts: [],
    environment,
    description: descriptionOf({
      message: `${spec.target.name}, attempt ${spec.attempt}: released by Serin as a canary`,
    }),
    payload: { serin: { uid, namespace: id.namespace, name: id.name } },
  });
  if (made.kind === 'unsure' || (made.kind === 'answer' && made.status >= 500))
    return {
      kind: 'later',
      unsure: true,
      message: 'GitHub did not say whether it made a deployment; it is looked for.',
    };
  if (made.kind !== 'answer' || made.status !== 201) return failedBy(made, `making a deployment of ${ref}`);
  const answered = parsed(made.text, deployment);
  if (answered !== undefined) return { kind: 'place', at: String(answered.id) };
  return { kind: 'later', unsure: true, message: 'GitHub made a deployment and did not say which; it is looked for.' };
}

async function sayStatus(call: Call, rollout: Rollout, letter: Letter, at: string): Promise<Carried> {
  const said = await call('POST', `/${at}/statuses`, {
    state: stateOf(rollout, letter),
    description: descriptionOf(letter),
  });
  if (said.kind === 'answer' && said.status === 201) return { kind: 'taken' };
  if (said.kind === 'answer' && said.status === 404) return { kind: 'gone' };
  if (said.kind === 'unsure') return { kind: 'later', unsure: true, message: said.message };
  return failedBy(said, 'writing a deployment status');
}

function failedBy(receipt: Receipt, what: string): Failed {
  if (receipt.kind === 'forbidden') return { kind: 'refused', message: receipt.message };
  if (receipt.kind !== 'answer') return { kind: 'later', message: receipt.message };
  const { status, afterMs, text } = receipt;
  const words = `GitHub answered ${what} with HTTP status ${status}`;
  if (afterMs !== undefined) return { kind: 'later', message: `${words}.`, afterMs };
  if (status >= 500 || status === 408 || status === 429) return { kind: 'later', message: `${words}.` };
  return { kind: 'refused', message: `${words}${advice(status, text)}` };
}

function advice(status: number, text: string): string {
  if (status >= 300 && status < 400)
    return ', a redirect, which is not followed. Was the repository renamed? Correct serin.dev/github.';
  if (status === 401) return '. Put a valid token into the file of --github-token-file.';
  if (status === 403 || status === 404)
    return '. The token needs write access to the deployments of the repository in serin.dev/github.';
  const said = parsed(text, complaint)?.message;
  return said === undefined ? '.' : `: ${said.slice(0, 200)}`;
}

function uidIn(payload: unknown): string | undefined {
  const read = typeof payload === 'string' ? parsed(payload, z.unknown()) : payload;
  const known = z.object({ serin: z.object({ uid: z.string() }) }).safeParse(read);
  return known.success ? known.data.serin.uid : undefined;
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    const outcome = schema.safeParse(JSON.parse(text));
    return outcome.success ? outcome.data : undefined;
  } catch {
    return undefined;
  }
}
