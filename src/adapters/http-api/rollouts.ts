// Rollouts as the API gives them: as the cluster stores them, so that nothing that is shown of them differs.
import { z } from 'zod';
import type { Clock } from '../../controller/ports.ts';
import type { Rollout, RolloutId } from '../../domain/rollout.ts';
import type { Calls } from './calls.ts';
import { type Followed, followed, pathOf } from './followed.ts';
import { ApiRefused } from './refused.ts';

/** What reading rollouts needs. */
export interface Reading {
  readonly calls: Calls;
  readonly clock: Clock;
  /** Reads an object; throws when it is no rollout. */
  readonly decode: (object: unknown) => Rollout;
}

/** Rollouts of a controller. Rejects with `ApiRefused`. */
export interface ApiRollouts extends Followed {
  list(namespace?: string): Promise<readonly Rollout[]>;
}

const pageSchema = z.object({ objects: z.array(z.unknown()), continue: z.string().optional() });
const pageOf = 100;
const mostPages = 100;

/** Reads of rollouts through the API. */
export function apiRollouts({ calls, clock, decode }: Reading): ApiRollouts {
  async function list(namespace?: string): Promise<readonly Rollout[]> {
    const where = { form: 'object', limit: String(pageOf), ...(namespace === undefined ? {} : { namespace }) };
    const objects: unknown[] = [];
    let mark: string | undefined;
    for (let turn = 0; turn < mostPages; turn += 1) {
      const query = { ...where, ...(mark === undefined ? {} : { continue: mark }) };
      const page = understood(pageSchema, await calls.send({ method: 'GET', path: '/v1/rollouts', query }));
      objects.push(...page.objects);
      mark = page.continue;
      if (mark === undefined) return inOrder(objects.flatMap((object) => decoded(decode, object)));
    }
    throw new ApiRefused(`There are more than ${pageOf * mostPages} rollouts. Choose a namespace with -n.`);
  }

  async function read(id: RolloutId): Promise<Rollout | undefined> {
    const object = await orNothing(calls.send({ method: 'GET', path: pathOf(id), query: { form: 'object' } }));
    if (object === undefined) return undefined;
    const rollout = decode(object);
    // A name that is a Deployment's stands for its newest rollout there; here it is the rollout's own.
    return rollout.id.name === id.name ? rollout : undefined;
  }

  return { list, ...followed({ calls, read, decode, clock }) };
}

/** One that cannot be read is left out of a list, as it is by whoever reads the cluster itself. */
function decoded(decode: Reading['decode'], object: unknown): readonly Rollout[] {
  try {
    return [decode(object)];
  } catch {
    return [];
  }
}

/** The order of the cluster: by namespace and name. */
function inOrder(rollouts: readonly Rollout[]): readonly Rollout[] {
  const place = ({ id }: Rollout): string => `${id.namespace}/${id.name}`;
  return rollouts.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** What came, or undefined where the API says that there is no such thing. */
export async function orNothing(coming: Promise<unknown>): Promise<unknown> {
  try {
    return await coming;
  } catch (error) {
    if (error instanceof ApiRefused && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** What came, parsed; a sentence when it is something else. Keys that are not known are let be. */
export function understood<Schema extends z.ZodType>(schema: Schema, came: unknown): z.output<Schema> {
  const parsed = schema.safeParse(came);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new ApiRefused(
    `The API answered with something else than was asked for${where}: it is of another version than this command, or none of Serin's.`,
  );
}
