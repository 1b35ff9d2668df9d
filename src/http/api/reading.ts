// Answers to those who read: a list, page by page, and one rollout, at once or when it has come as far as was wanted.
import type { z } from 'zod';
import type { Caller } from '../../domain/permission.ts';
import { recordOf } from '../../domain/record.ts';
import { isFinal, type Rollout, type RolloutId } from '../../domain/rollout.ts';
import { find, findAll, look, missing } from './finding.ts';
import type { ApiParts } from './parts.ts';
import type { Places } from './places.ts';
import { Problem } from './problem.ts';
import type { listQuerySchema, oneQuerySchema, oneSchema, pageSchema } from './schemas.ts';
import { waitUntil } from './waiting.ts';

const pageOf = 100;
const waitMs = 30_000;

/** One page of a list. */
export async function listed(
  parts: ApiParts,
  query: z.output<typeof listQuerySchema>,
): Promise<z.input<typeof pageSchema>> {
  const all = await findAll(parts, query);
  const rest = query.continue === undefined ? all : after(all, query.continue);
  const page = rest.slice(0, query.limit ?? pageOf);
  const last = page.at(-1);
  const more = last === undefined || page.length === rest.length ? {} : { continue: markOf(last) };
  return query.form === 'object'
    ? { schema: 'serin.dev/objects/v1', objects: page.map(parts.objectOf), ...more }
    : { schema: 'serin.dev/rollouts/v1', rollouts: page.map(recordOf), ...more };
}

/** Where a page ends, for whoever goes on: it holds when rollouts come and go meanwhile. */
function markOf({ createdAt, spec, uid }: Rollout): string {
  return Buffer.from(`${createdAt} ${spec.attempt} ${uid}`).toString('base64url');
}

function after(all: readonly Rollout[], mark: string): readonly Rollout[] {
  const [, at, attempt, last] = /^(\d+) (\d+) (\S+)$/.exec(Buffer.from(mark, 'base64url').toString()) ?? [];
  if (last === undefined) {
    const next = 'Send the `continue` of the answer before as it is, or begin the list anew without one.';
    throw new Problem('bad-request', 'query.continue: This is the end of no list.', next);
  }
  return all.filter(({ createdAt, spec, uid }) => {
    if (createdAt !== Number(at)) return createdAt < Number(at);
    if (spec.attempt !== Number(attempt)) return spec.attempt < Number(attempt);
    return uid > last;
  });
}

/** A rollout as it is sent. */
export function inForm(
  { objectOf }: ApiParts,
  form: 'record' | 'object' | undefined,
  rollout: Rollout,
): z.input<typeof oneSchema> {
  return form === 'object' ? objectOf(rollout) : recordOf(rollout);
}

/** How one rollout is read. */
export interface OneAsked {
  readonly place: RolloutId;
  readonly query: z.output<typeof oneQuerySchema>;
  readonly caller: Caller;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

/** One rollout, at once, or when it has come as far as was wanted, or when the time is over. */
export async function one(parts: ApiParts, waits: Places, asked: OneAsked): Promise<z.input<typeof oneSchema>> {
  const { place, query } = asked;
  if (query.waitFor === undefined) {
    if (query.timeout === undefined) return inForm(parts, query.form, await find(parts, place, wantedOf(query)));
    throw new Problem('bad-request', 'query.timeout: It is for waiting.', 'Add waitFor=finished or waitFor=promoted.');
  }
  if (query.form === 'object')
    throw new Problem('bad-request', 'query.form: It is for reading at once.', 'Leave it out, or waitFor.');
  const leave = waits.take(asked.caller.name);
  try {
    const rollout = await awaited(parts, asked);
    if (rollout === undefined) throw await missing(parts, place);
    const reached = query.waitFor === 'promoted' ? rollout.status.phase === 'promoted' : isFinal(rollout.status.phase);
    return { ...recordOf(rollout), reached };
  } finally {
    leave();
  }
}

/** What was found first is followed to its end: a newer rollout of the same Deployment is another matter. */
async function awaited(parts: ApiParts, { place, query, signal }: OneAsked): Promise<Rollout | undefined> {
  const wanted = wantedOf(query);
  const isPinned = query.revision !== undefined || query.image !== undefined;
  if (!isPinned) await find(parts, place);
  let followed = place;
  let last: Rollout | undefined;
  await waitUntil(
    { news: parts.news, clock: parts.clock, lookEveryMs: parts.limits.lookEveryMs },
    {
      namespace: place.namespace,
      look: async () => {
        const seen = await look(parts, followed, wanted);
        if (seen !== undefined) followed = seen.id;
        if (seen === undefined && last !== undefined) return 'gone';
        last = seen;
        return seen;
      },
      isEnough: (seen) => seen === 'gone' || (seen !== undefined && isFinal(seen.status.phase)),
      withinMs: query.timeout ?? waitMs,
      signal,
    },
  );
  return last;
}

function wantedOf({ revision, image }: z.output<typeof oneQuerySchema>) {
  return { ...(revision === undefined ? {} : { revision }), ...(image === undefined ? {} : { image }) };
}
