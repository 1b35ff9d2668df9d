// Pods of a template that was never judged: they started while somebody had lifted the pause, and no lane leads to them. Before the
// routes lead to every pod again they have to be gone.
import { nextLine } from '../../domain/evidence.ts';
import { type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { podsMs } from './capacity.ts';

/**
 * Keeps the lanes of a rollout that goes back on stable while the Deployment has pods of the rejected template. With the running
 * template put back they are rolled away by the Deployment itself. Undefined when there are none, or a newer template is next.
 */
export async function awaitStrays(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, target, now } = sight;
  const { id, spec, status } = rollout;
  if (target === undefined || target.deleting || status.phase !== 'rollingBack') return undefined;
  const isPutBack = target.hash === spec.stable.hash;
  if (!isPutBack && target.revision !== spec.canary.hash) return undefined;
  const strays = (await world.workloads.generations(target)).filter(
    ({ hash, replicas }) => hash !== spec.stable.hash && replicas > 0,
  );
  if (strays.length === 0) return undefined;
  if (isPutBack && target.held && (await world.holds.lift(target)) === 'conflict') return { kind: 'restart' };
  const count = strays.reduce((sum, { replicas }) => sum + replicas, 0);
  const message =
    `${target.name} has ${count} pods of a template that was not judged good, which started while its pause was lifted. The routes stay split, so that ` +
    `nobody is served by them. Put the running template back: serin undo ${target.name} -n ${id.namespace}`;
  // Why the rollout goes back stays what it says of itself; this is only why it is not over.
  const due = nextLine(now, podsMs);
  if (status.stalled?.message === message) return { kind: 'until', due };
  const turn = await save(world, sight, { ...status, due, stalled: { reason: 'UnjudgedPods', message } });
  return turn.kind === 'again' ? { kind: 'until', due } : turn;
}
