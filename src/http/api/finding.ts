// The rollouts that a call is about.
import { namedRollout, newestFirst, type Wanted } from '../../domain/named.ts';
import type { Rollout, RolloutId } from '../../domain/rollout.ts';
import { nearest } from '../../domain/spelling.ts';
import { fromCluster } from './door.ts';
import type { ApiParts } from './parts.ts';
import { Problem } from './problem.ts';

/** The rollout of that name, or the newest of that Deployment; undefined when there is none as wanted. */
export async function look(parts: ApiParts, place: RolloutId, wanted: Wanted = {}): Promise<Rollout | undefined> {
  within(parts, place.namespace);
  return fromCluster(parts.log, `which rollouts of ${place.name} there are`, async () => {
    const own = await parts.rollouts.get(place);
    if (own !== undefined) return namedRollout([own], place.name, wanted);
    return namedRollout(await parts.rollouts.list(place.namespace), place.name, wanted);
  });
}

/** The same; a problem that names the nearest when there is none. */
export async function find(parts: ApiParts, place: RolloutId, wanted: Wanted = {}): Promise<Rollout> {
  const found = await look(parts, place, wanted);
  if (found !== undefined) return found;
  throw await missing(parts, place);
}

/** Why there is nothing. */
export async function missing(parts: ApiParts, { namespace, name }: RolloutId): Promise<Problem> {
  const all = await fromCluster(parts.log, 'which rollouts there are', () => parts.rollouts.list(namespace));
  const names = [...new Set(all.flatMap(({ id, spec }) => [spec.target.name, id.name]))];
  const next = `GET /v1/rollouts?namespace=${namespace} lists those there are.`;
  if (names.includes(name)) {
    return new Problem(
      'not-found',
      `No rollout of "${name}" in namespace ${namespace} is of that revision and image.`,
      next,
    );
  }
  const guess = nearest(name, names);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return new Problem('not-found', `There is no rollout of "${name}" in namespace ${namespace}.${hint}`, next);
}

/** Which of them are wanted. */
export interface ListWanted {
  readonly namespace?: string | undefined;
  readonly phase?: string | undefined;
  readonly target?: string | undefined;
}

/** All that are wanted, newest first, those of the same moment by their uid: every call sees the same order. */
export async function findAll(parts: ApiParts, wanted: ListWanted): Promise<readonly Rollout[]> {
  const { namespace = parts.namespace, phase, target } = wanted;
  if (namespace !== undefined) within(parts, namespace);
  const all = await fromCluster(parts.log, 'which rollouts there are', () => parts.rollouts.list(namespace));
  const fitting = all.filter(
    ({ spec, status }) =>
      (phase === undefined || status.phase === phase) && (target === undefined || spec.target.name === target),
  );
  return newestFirst(fitting.toSorted((a, b) => (a.uid < b.uid ? -1 : 1)));
}

/** A problem for a namespace that this controller does not look after. */
export function within(parts: ApiParts, namespace: string): void {
  if (parts.namespace === undefined || parts.namespace === namespace) return;
  throw new Problem(
    'not-found',
    `This controller looks after namespace ${parts.namespace} alone.`,
    `Ask the controller that looks after ${namespace}.`,
  );
}
