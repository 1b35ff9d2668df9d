// A revision that was released or rejected before, or is on trial: nothing would begin, and its routes may not be as a rollout begins with.
import type { Workload } from '../controller/ports.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import type { Settings } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { ofRevision } from './appear.ts';
import type { CliCluster } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';

/** Why nothing would begin. */
export interface Ended {
  readonly kind: 'promoted' | 'rejected' | 'underWay';
  /** What became of the revision. */
  readonly message: string;
  /** How there would be another rollout. */
  readonly advice: string;
  /** Of a command that was asked whether one can begin. */
  readonly code: ExitCode;
}

/** What became of the Deployment's present revision, where nothing would begin by itself because of that. */
export async function endedOf(cluster: CliCluster, target: Workload, settings: Settings): Promise<Ended | undefined> {
  const rollout = await ofRevision(cluster, target, settings);
  if (rollout?.status.phase === 'rolledBack') return rejected(rollout);
  if (settings.mode === 'managed') return undefined;
  if (rollout?.status.phase === 'promoted') return promoted(target, `, in ${rollout.id.name}`);
  return rollout === undefined && isMarkedPromoted(target) ? promoted(target, '') : undefined;
}

/** The rollout that is moving the route of a pair at present; undefined while it only looks, and for a managed Deployment. */
export async function movingOf(cluster: CliCluster, target: Workload, settings: Settings): Promise<Ended | undefined> {
  if (settings.mode === 'managed') return undefined;
  const rollout = await ofRevision(cluster, target, settings);
  if (rollout === undefined || isFinal(rollout.status.phase) || rollout.status.phase === 'pending') return undefined;
  const { id, status } = rollout;
  return {
    kind: 'underWay',
    message: `A rollout of ${target.name} is under way: ${id.name} (${status.phase}). Its route is not as a rollout begins with, so that it is not examined now.`,
    advice: `See: serin status ${id.name} -n ${id.namespace}`,
    code: exitCodes.reached,
  };
}

/** Whether the Deployment itself remembers that its revision was promoted, for when the rollout's record is gone. */
function isMarkedPromoted({ annotations, hash }: Workload): boolean {
  const [outcome, canary] = (annotations[`${prefix}last`] ?? '').split(' ');
  return outcome === 'promoted' && canary !== undefined && canary === hash;
}

function rejected({ id, spec, status }: Rollout): Ended {
  const { name } = spec.target;
  return {
    kind: 'rejected',
    message: `Nothing would begin: this revision of ${name} was rolled back (${status.cause ?? 'no cause'}) in ${id.name}. ${status.message}`,
    advice: `It is not tried again by itself. To begin it again: serin retry ${name} -n ${id.namespace}`,
    code: exitCodes.internal,
  };
}

function promoted({ name }: Workload, where: string): Ended {
  return {
    kind: 'promoted',
    message: `This revision of ${name} is already promoted${where}: it serves all traffic, and nothing would begin.`,
    advice: `The next release is a Deployment of its own with ${prefix}canary-of=${name}, and a route that names it beside ${name}.`,
    code: exitCodes.reached,
  };
}
