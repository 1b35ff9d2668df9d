// Which rollout concerns the revision that a Deployment has now; an earlier one's success must never pass for its own.
import type { Workload } from '../controller/ports.ts';
import type { Rollout } from '../domain/rollout.ts';
import { type ParsedSettings, parseSettings, policyOf, prefix } from '../domain/settings.ts';
import type { CliCluster } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { findRollout, matching } from './find.ts';

/**
 * The rollout of the Deployment's present revision against its present stable; undefined while the controller has not begun
 * it. An error when the Deployment is not there, asks for no canary, or asks for one that cannot be understood.
 */
export async function presentRollout(
  cluster: CliCluster,
  namespace: string,
  name: string,
): Promise<Rollout | undefined> {
  const workload = await cluster.workloads.get(namespace, name);
  if (workload === undefined) return await findRollout(cluster, namespace, [name]);
  const [newest] = matching(await cluster.rollouts.list(namespace), { kind: 'deployment', name });
  const settings = await settingsOf(cluster, workload);
  if (newest !== undefined && (await isPresent(cluster, newest, workload, settings))) return newest;
  switch (settings.kind) {
    case 'settings':
      return undefined;
    case 'none':
      throw new CliError(
        exitCodes.notFound,
        `Deployment ${name} in namespace ${namespace} asks for no canary.`,
        `kubectl annotate deployment/${name} -n ${namespace} serin.dev/canary-of=<the Deployment that serves now>`,
      );
    case 'problems': {
      const sentences = settings.problems.map(({ message }) => message).join(' ');
      throw new CliError(
        exitCodes.notFound,
        `No rollout of ${name} can begin: ${sentences}`,
        `serin plan ${name} -n ${namespace}`,
      );
    }
  }
}

/** Reads a Deployment's settings with the policy it names. */
export async function settingsOf(cluster: CliCluster, workload: Workload): Promise<ParsedSettings> {
  const policy = policyOf(workload.annotations);
  if (policy === undefined) return parseSettings(workload.name, workload.annotations);
  const fields = await cluster.policies.get(workload.namespace, policy);
  if (fields !== undefined) return parseSettings(workload.name, workload.annotations, fields);
  const message = `${prefix}policy is "${policy}", but namespace ${workload.namespace} has no CanaryPolicy of that name. Create it or remove the annotation.`;
  return { kind: 'problems', problems: [{ key: 'policy', value: policy, message }] };
}

async function isPresent(
  cluster: CliCluster,
  { id, spec, status }: Rollout,
  workload: Workload,
  settings: ParsedSettings,
): Promise<boolean> {
  if (workload.uid !== spec.target.uid || workload.hash !== spec.canary.hash) return false;
  if (status.phase === 'promoted') return true;
  if (settings.kind === 'settings' && settings.settings.stable !== spec.stable.workload) return false;
  if (status.phase !== 'rolledBack') return true;
  const stable = await cluster.workloads.get(id.namespace, spec.stable.workload);
  return stable?.hash === undefined || stable.hash === spec.stable.hash;
}
