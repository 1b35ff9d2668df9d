// Which rollout concerns the revision that a Deployment has now; an earlier one's success must never pass for its own.
import type { Generation, Workload } from '../controller/ports.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { type ParsedSettings, policyOf, type Settings, settingsWith } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { type Standing, standingOf } from '../domain/standing.ts';
import type { CliCluster } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { matching } from './find.ts';

/** What there is for the present revision of a Deployment. */
export type Present =
  | { readonly kind: 'rollout'; readonly rollout: Rollout }
  /** The controller has not begun it yet; `why` where more can be said. */
  | { readonly kind: 'awaited'; readonly why?: string }
  /** A managed Deployment runs what it is told to run, or nobody could judge it. */
  | { readonly kind: 'nothing'; readonly why: string; readonly rejected: boolean };

/**
 * The rollout of the Deployment's present revision against its present stable. An error when it asks for no canary, or for one that
 * cannot be understood.
 */
export async function presentRollout(cluster: CliCluster, workload: Workload): Promise<Present> {
  const parsed = await settingsOf(cluster, workload);
  const rollout = await ofRevision(cluster, workload, parsed.kind === 'settings' ? parsed.settings : undefined);
  if (rollout !== undefined) return { kind: 'rollout', rollout };
  if (parsed.kind !== 'settings') throw nothingCanBegin(workload, parsed);
  return parsed.settings.mode === 'pair' ? { kind: 'awaited' } : absence(cluster, workload);
}

/** Reads a Deployment's settings with the policy it names. */
export async function settingsOf(cluster: CliCluster, workload: Workload): Promise<ParsedSettings> {
  const policy = policyOf(workload.annotations);
  const fields = policy === undefined ? undefined : await cluster.policies.get(workload.namespace, policy);
  return settingsWith(workload, fields);
}

/** How a managed Deployment stands between rollouts. */
export async function standing(cluster: CliCluster, workload: Workload): Promise<Standing<Generation>> {
  const stableHash = workload.annotations[`${prefix}stable`];
  const generations = await cluster.workloads.generations(workload);
  const known = stableHash === undefined ? {} : { stableHash };
  return standingOf({ ...workload, ...known, generations, rejected: rejectedMark(workload) });
}

/** The revision that the Deployment itself remembers as rejected, for when the rollout's record is gone. */
function rejectedMark({ annotations }: Workload): readonly string[] {
  const [outcome, revision] = (annotations[`${prefix}last`] ?? '').split(' ');
  return outcome === 'rolledBack' && revision !== undefined ? [revision] : [];
}

async function absence(cluster: CliCluster, workload: Workload): Promise<Present> {
  const { name, namespace } = workload;
  const stands = await standing(cluster, workload);
  switch (stands.kind) {
    case 'rest':
      return nothing(`${name} runs the pod template it has, so that there is nothing to release.`);
    case 'empty':
      return nothing(`${name} is scaled to 0: nothing serves, so that nothing can be judged.`);
    case 'rejected':
      return {
        ...nothing(`The pod template of ${name} was rejected before, and is not tried again by itself.`),
        rejected: true,
      };
    case 'pausedByPerson':
      return { kind: 'awaited', why: pausedByPerson(name, namespace) };
    case 'unsettled':
      return {
        kind: 'awaited',
        why: `${name} is in the middle of a rolling update of its own, which has to end first.`,
      };
    case 'adopt':
    case 'changed':
      return { kind: 'awaited' };
  }
}

/** What a person's own pause means, and what ends it. */
export function pausedByPerson(name: string, namespace: string): string {
  return `${name} is paused by a person, and its change is released once they resume it: kubectl rollout resume deployment/${name} -n ${namespace}`;
}

function nothing(why: string): Present & { readonly kind: 'nothing' } {
  return { kind: 'nothing', why, rejected: false };
}

function nothingCanBegin(
  { name, namespace }: Workload,
  parsed: Exclude<ParsedSettings, { readonly kind: 'settings' }>,
): CliError {
  if (parsed.kind === 'none') {
    const message = `Deployment ${name} in namespace ${namespace} asks for no canary.`;
    return new CliError(exitCodes.notFound, message, askWith(name, namespace));
  }
  const sentences = parsed.problems.map(({ message }) => message).join(' ');
  const message = `No rollout of ${name} can begin: ${sentences}`;
  return new CliError(exitCodes.failedToStart, message, `serin plan ${name} -n ${namespace}`);
}

/** What asks for canaries of a Deployment. */
export function askWith(name: string, namespace: string): string {
  return `kubectl annotate deployment/${name} -n ${namespace} ${prefix}canary=enabled`;
}

/** The newest rollout of the Deployment's present revision against its present stable. */
export async function ofRevision(
  cluster: CliCluster,
  workload: Workload,
  settings: Settings | undefined,
): Promise<Rollout | undefined> {
  const { namespace, name } = workload;
  for (const rollout of matching(await cluster.rollouts.list(namespace), { kind: 'deployment', name })) {
    if (await isPresent(cluster, rollout, workload, settings)) return rollout;
  }
  return undefined;
}

async function isPresent(
  cluster: CliCluster,
  rollout: Rollout,
  workload: Workload,
  settings: Settings | undefined,
): Promise<boolean> {
  const { spec, status } = rollout;
  if (workload.uid !== spec.target.uid) return false;
  if ((spec.mode === 'pair' ? workload.hash : workload.revision) !== spec.canary.hash) return false;
  if (spec.mode === 'pair' && status.phase === 'promoted') return true;
  if (settings !== undefined && settings.mode !== spec.mode) return false;
  if (settings?.mode === 'pair' && settings.stable !== spec.stable.workload) return false;
  if (!isFinal(status.phase)) return true;
  if (spec.mode === 'pair') return await isSameStable(cluster, rollout);
  const { hash } = status.phase === 'promoted' ? spec.canary : spec.stable;
  return await isRecorded(cluster, workload, status.phase === 'promoted' ? status.promotedHash : hash, hash);
}

async function isSameStable(cluster: CliCluster, { id, spec }: Rollout): Promise<boolean> {
  const stable = await cluster.workloads.get(id.namespace, spec.stable.workload);
  return stable?.hash === undefined || stable.hash === spec.stable.hash;
}

/** Whether a version is what the Deployment has recorded as its stable: by its hash, or, of what was a copy, by its revision. */
async function isRecorded(
  cluster: CliCluster,
  workload: Workload,
  hash: string | undefined,
  revision: string,
): Promise<boolean> {
  const recorded = workload.annotations[`${prefix}stable`];
  if (recorded === undefined || recorded === hash) return true;
  const generations = await cluster.workloads.generations(workload);
  return generations.some((generation) => generation.hash === recorded && generation.revision === revision);
}
