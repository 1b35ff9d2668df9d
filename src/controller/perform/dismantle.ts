// What a managed rollout made is taken away: first the copies' pods, and when no route leads there any more the objects.
import { nextLine } from '../../domain/evidence.ts';
import type { MadeObject } from '../../domain/lanes.ts';
import { canaryStem, isStableCopy } from '../../domain/managed.ts';
import { moveBy, type Sight, save, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { isOurs } from './clean-up.ts';

/** How often the endpoints are looked at while pods go. */
const lookMs = 1_000;

/** Takes the copies' pods away, and waits until no Service lists one; the mesh then has to learn of it before routes may change. */
export async function drain(world: World, sight: Sight): Promise<Turn> {
  const { rollout, now } = sight;
  const { lanes } = rollout.status;
  const copies = own(sight).filter(({ kind }) => kind === 'Deployment');
  for (const { namespace, name } of copies) await world.copies.scale(namespace, name, 0);
  for (const { namespace, name } of copies) {
    if (lanes === undefined || !(await world.copies.isListed(namespace, name, lanes.hosts))) continue;
    const message = `${rollout.status.message.replace(/ The pods of \S+ are taken away\.$/, '')} The pods of ${name} are taken away.`;
    return stay(world, sight, { reason: rollout.status.reason, message, stalled: false }, nextLine(now, lookMs));
  }
  return save(world, sight, { ...rollout.status, cleanUp: 'settleDrained', writtenAt: now });
}

/** Deletes what was made. Where stable is a copy that has to go on serving, the rollout is held instead of ending. */
export async function remove(world: World, sight: Sight): Promise<Turn> {
  const { id, spec, status } = sight.rollout;
  const made = own(sight);
  await world.mesh.undefine(made);
  for (const { kind, namespace, name } of made) {
    if (kind === 'Deployment') await world.copies.remove(namespace, name);
  }
  if (status.phase === 'finalizing' && status.promotedHash !== undefined)
    await world.targets.mark(id.namespace, spec.target.name, { stable: status.promotedHash });
  const staysOnCopy = status.phase === 'rollingBack' && isStableCopy(spec) && isOurs(sight);
  if (!staysOnCopy) return save(world, sight, { ...status, cleanUp: 'release' });
  const message =
    `${status.message} ${spec.target.name} itself runs nothing that was judged good, so all traffic stays on ${spec.stable.workload}. ` +
    'Apply another template, or the one that copy runs.';
  const lanes = status.lanes === undefined ? {} : { lanes: { ...status.lanes, made: left(sight, made) } };
  return moveBy(world, sight, { type: 'STUCK' }, { reason: status.reason, message }, lanes);
}

/** What this rollout made. One that carries on another's lanes leaves the other's objects, unless it takes everything away at last. */
function own({ rollout: { spec, status } }: Sight): readonly MadeObject[] {
  const made = status.lanes?.made ?? [];
  if (status.phase !== 'rollingBack' || !isStableCopy(spec)) return made;
  return made.filter(
    ({ name }) => name === spec.canary.workload || name.startsWith(`${canaryStem(spec.canary.hash)}-`),
  );
}

function left({ rollout: { status } }: Sight, gone: readonly MadeObject[]): readonly MadeObject[] {
  return (status.lanes?.made ?? []).filter(({ name }) => !gone.some((each) => each.name === name));
}
