// serin plan of a managed Deployment: what its change would do, or what the next one would.

import type { Surveyed } from '../controller/mesh-port.ts';
import type { Generation, Workload } from '../controller/ports.ts';
import { canaryStem, stableStem } from '../domain/managed.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { ManagedSettings } from '../domain/settings.ts';
import type { Standing } from '../domain/standing.ts';
import { pausedByPerson, standing } from './appear.ts';
import type { CliParts, MetricsSource, WholeCluster } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { planFacts } from './render/plan.ts';
import { type ManagedPlan, managedLines } from './render/plan-managed.ts';
import { textOf } from './terminal.ts';
import { trafficOf } from './traffic.ts';

/** What stands for the revision of a template that nobody has written yet. */
const unwritten = '<revision>';

/** What there is at present. */
interface Present {
  readonly live: Rollout | undefined;
  readonly source: MetricsSource | undefined;
}

/** Prints the plan. While a rollout is under way the lanes are split, and nothing is looked for. */
export async function planManaged(
  parts: CliParts,
  cluster: WholeCluster,
  target: Workload,
  settings: ManagedSettings,
  { live, source }: Present,
): Promise<ExitCode> {
  if (live !== undefined) {
    parts.terminal.out(textOf(planFacts({ mode: 'managed', plan: live.spec.plan })));
    return exitCodes.reached;
  }
  const stands = await standing(cluster, target);
  if (stands.kind === 'empty') return letThrough(parts, target);
  const plan = { ...planned(target, settings, stands), automatic: await isAutomatic(cluster, target) };
  const surveyed = await survey(cluster, plan);
  if (surveyed.kind === 'problem') {
    parts.terminal.out(textOf(planFacts(settings)));
    parts.terminal.err(`\nNo rollout can begin (${surveyed.problem.reason}): ${surveyed.problem.message}\n`);
    return exitCodes.internal;
  }
  const traffic =
    source === undefined ? undefined : await trafficOf(await cluster.metrics(source), target, parts.clock.now());
  parts.terminal.out(textOf(managedLines({ ...plan, traffic }, surveyed.lanes)));
  const note = noteOn(target, stands);
  if (note !== undefined) parts.terminal.err(`\n${note}\n`);
  return exitCodes.reached;
}

function planned(
  target: Workload,
  { plan }: ManagedSettings,
  stands: Standing<Generation>,
): Omit<ManagedPlan, 'automatic' | 'traffic'> {
  const changes = stands.kind === 'changed' || stands.kind === 'pausedByPerson';
  const own = { hash: target.hash ?? '<hash>', images: target.images, podLabels: target.podLabels };
  const stable = stands.kind === 'changed' || stands.kind === 'rejected' ? stands.stable : own;
  return { target, stable, plan, revision: changes ? target.revision : unwritten };
}

/** Asked of the cluster by a dry run, which not everybody may make: undefined then, and before anything is adopted. */
async function isAutomatic(cluster: WholeCluster, target: Workload): Promise<boolean | undefined> {
  if (target.annotations['serin.dev/stable'] === undefined) return undefined;
  return await cluster.holds.isAutomatic(target).catch(() => undefined);
}

function survey(
  cluster: WholeCluster,
  { target, stable, plan, revision }: Omit<ManagedPlan, 'traffic'>,
): Promise<Surveyed> {
  const { 'pod-template-hash': _, ...stableLabels } = stable.podLabels;
  return cluster.mesh.survey({
    namespace: target.namespace,
    target: target.name,
    stableLabels,
    canaryLabels: target.podLabels,
    names: { stable: stableStem(stable.hash), canary: canaryStem(revision === unwritten ? '0000000000' : revision) },
    rollout: `${target.namespace}/${target.name}`,
    ...(plan.testers === undefined ? {} : { testers: plan.testers }),
  });
}

function letThrough(parts: CliParts, { name }: Workload): ExitCode {
  parts.terminal.out(
    `Deployment ${name} is scaled to 0: nothing serves and nothing can be judged, so that its new pod template is let through.\n`,
  );
  return exitCodes.reached;
}

function noteOn({ name, namespace }: Workload, stands: Standing<Generation>): string | undefined {
  switch (stands.kind) {
    case 'unsettled':
      return `${name} is not adopted yet: it is in the middle of a rolling update of its own, which has to end first.`;
    case 'pausedByPerson':
      return pausedByPerson(name, namespace);
    case 'rejected':
      return `The pod template it has was rejected, and is not tried again by itself; the plan is that of the next one. To try again: serin retry ${name} -n ${namespace}`;
    case 'adopt':
    case 'rest':
    case 'changed':
    case 'empty':
      return undefined;
  }
}
