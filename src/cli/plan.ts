// serin plan: what would happen, without doing any of it.
import type { Workload } from '../controller/ports.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import type { PairSettings, Settings } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { askWith, settingsOf } from './appear.ts';
import type { CliParts, MetricsSource, WholeCluster } from './cluster.ts';
import { endedOf } from './ended.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { deploymentGuess, matching, readName } from './find.ts';
import { planManaged } from './plan-managed.ts';
import { planFacts, planLines } from './render/plan.ts';
import { trafficPage } from './render/plan-forecast.ts';
import { textOf } from './terminal.ts';
import { trafficOf } from './traffic.ts';

/** Prints the plan of a Deployment: 0 when it can be or is carried out, 1 with every reason when it cannot. */
export async function runPlan(
  parts: CliParts,
  cluster: WholeCluster,
  words: readonly string[],
  source?: MetricsSource,
): Promise<ExitCode> {
  const { name, kind } = readName(words);
  if (kind === 'rollout')
    throw new CliError(
      exitCodes.usage,
      `A plan is made for a Deployment, not for a rollout.`,
      `serin status ${name} -n ${cluster.namespace}`,
    );
  const target = await workloadNamed(cluster, name);
  const parsed = await settingsOf(cluster, target);
  switch (parsed.kind) {
    case 'none':
      parts.terminal.err(textOf(howToAsk(target)));
      return exitCodes.internal;
    case 'problems':
      parts.terminal.err(`The annotations of Deployment ${name} cannot be carried out:\n`);
      parts.terminal.err(textOf(parsed.problems.map(({ message }) => `  ${message}`)));
      return exitCodes.internal;
    case 'settings':
      return await planFor(parts, cluster, target, parsed.settings, source);
  }
}

function howToAsk({ name, namespace }: Workload): readonly string[] {
  return [
    `Deployment ${name} asks for no canary: it has neither ${prefix}canary nor ${prefix}canary-of.`,
    `To have each change of it released as a canary: ${askWith(name, namespace)}`,
    `To release it as the canary of another one: kubectl annotate deployment/${name} -n ${namespace} ${prefix}canary-of=<the Deployment that serves now>`,
  ];
}

async function planFor(
  parts: CliParts,
  cluster: WholeCluster,
  target: Workload,
  settings: Settings,
  source: MetricsSource | undefined,
): Promise<ExitCode> {
  const ended = await endedOf(cluster, target, settings);
  if (ended !== undefined) {
    parts.terminal.err(textOf([ended.message, ended.advice]));
    return ended.code;
  }
  if (settings.mode === 'pair') return planPair(parts, cluster, target, settings, source);
  const live = await liveRollout(cluster, target);
  const code = await planManaged(parts, cluster, target, settings, { live, source });
  return live === undefined ? code : mention(parts, live);
}

async function planPair(
  parts: CliParts,
  cluster: WholeCluster,
  target: Workload,
  settings: PairSettings,
  source: MetricsSource | undefined,
): Promise<ExitCode> {
  const stable = await workloadNamed(cluster, settings.stable);
  const located = await cluster.mesh.locate(stable, target, settings.route);
  const live = await liveRollout(cluster, target);
  if (located.kind === 'problem') {
    parts.terminal.out(textOf(planFacts(settings)));
    // A route that a rollout is moving is never as one begins with.
    if (live !== undefined) return mention(parts, live);
    parts.terminal.err(`\nNo rollout can begin (${located.problem.reason}): ${located.problem.message}\n`);
    return exitCodes.internal;
  }
  const traffic =
    source === undefined ? undefined : await trafficOf(await cluster.metrics(source), stable, parts.clock.now());
  parts.terminal.out(
    textOf([...planLines(target, stable, settings, located.route), ...trafficPage(settings.plan, traffic)]),
  );
  return live === undefined ? exitCodes.reached : mention(parts, live);
}

async function liveRollout(cluster: WholeCluster, { namespace, name }: Workload): Promise<Rollout | undefined> {
  const rollouts = matching(await cluster.rollouts.list(namespace), { kind: 'deployment', name });
  return rollouts.find(({ status }) => !isFinal(status.phase));
}

function mention(parts: CliParts, { id, status }: Rollout): ExitCode {
  parts.terminal.err(
    `\nA rollout is under way with the plan it began with: ${id.name} (${status.phase}). See: serin status ${id.name} -n ${id.namespace}\n`,
  );
  return exitCodes.reached;
}

async function workloadNamed(cluster: WholeCluster, name: string): Promise<Workload> {
  const { namespace } = cluster;
  const workload = await cluster.workloads.get(namespace, name);
  if (workload !== undefined) return workload;
  const message = `There is no Deployment "${name}" in namespace ${namespace}.${await deploymentGuess(cluster, name)}`;
  throw new CliError(exitCodes.notFound, message, `kubectl get deployments -n ${namespace}`);
}
