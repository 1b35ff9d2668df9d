// serin uninstall: ends every rollout under way, waits until routes are as they were, and lets go of every object.
import type { Workload } from '../controller/ports.ts';
import { isAbortable, isFinal, type Rollout } from '../domain/rollout.ts';
import { prefix } from '../domain/settings-keys.ts';
import { formatDuration, type Millis } from '../domain/time.ts';
import { standing } from './appear.ts';
import { write } from './ask.ts';
import type { CliParts, WholeCluster } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { farewell, gaveUpLines, type Left, wouldBe } from './render/uninstall.ts';
import { takeBack } from './take-back.ts';
import { textOf } from './terminal.ts';

/** How far to go. */
export interface UninstallFlags {
  /** Without it nothing is done but to say what would be. */
  readonly yes: boolean;
  /** Puts routes back from here, for when no controller runs any more. */
  readonly withoutController: boolean;
  /** Only this namespace; every one when left out. */
  readonly namespace?: string;
  readonly timeoutMs: Millis;
}

const lookEveryMs = 1_000;

/** Ends what is under way, then takes the finalizer off every rollout. What could not be ended keeps its finalizer. */
export async function runUninstall(parts: CliParts, cluster: WholeCluster, flags: UninstallFlags): Promise<ExitCode> {
  const adopted = await cluster.adoptions.list(flags.namespace);
  if (!flags.yes) return announce(parts, await cluster.rollouts.list(flags.namespace), adopted, flags);
  for (const { namespace, name } of adopted) await cluster.adoptions.end(namespace, name);
  if (flags.withoutController) await takeAllBack(parts, cluster, flags);
  else if (!(await endAll(parts, cluster, flags))) return exitCodes.timedOut;
  const paused = await letGo(parts, cluster, adopted, flags);
  const all = await cluster.rollouts.list(flags.namespace);
  for (const each of all) await cluster.rollouts.release(each);
  parts.terminal.out(textOf(farewell(all.length, paused, flags.namespace)));
  return exitCodes.reached;
}

function isLive({ status }: Rollout): boolean {
  return !isFinal(status.phase);
}

/** Nothing to end is no question, and so no wrong usage. */
function announce(
  parts: CliParts,
  all: readonly Rollout[],
  adopted: readonly Left[],
  { namespace }: UninstallFlags,
): ExitCode {
  const live = all.filter(isLive);
  parts.terminal.err(textOf(wouldBe(live, all.length, adopted, namespace)));
  return live.length + adopted.length === 0 ? exitCodes.reached : exitCodes.usage;
}

async function takeAllBack(parts: CliParts, cluster: WholeCluster, flags: UninstallFlags): Promise<void> {
  const live = (await cluster.rollouts.list(flags.namespace)).filter(isLive);
  for (const rollout of live) await takeBack(parts, cluster, rollout, flags.timeoutMs);
}

/** Asks for an abort of every live rollout, newly begun ones too, until none is live or the time is up. */
async function endAll(parts: CliParts, cluster: WholeCluster, flags: UninstallFlags): Promise<boolean> {
  const asked = new Set<string>();
  const until = parts.clock.now() + flags.timeoutMs;
  for (;;) {
    const live = (await cluster.rollouts.list(flags.namespace)).filter(isLive);
    if (live.length === 0) return true;
    for (const rollout of live.filter(({ uid }) => !asked.has(uid))) {
      asked.add(rollout.uid);
      parts.terminal.err(`Ending ${rollout.id.namespace}/${rollout.id.name} (${rollout.status.phase}).\n`);
      if (isAbortable(rollout.status.phase)) await abort(parts, cluster, rollout);
    }
    if (parts.interrupted.aborted)
      throw new CliError(exitCodes.interrupted, 'Interrupted before every rollout had ended.', again(flags));
    if (parts.clock.now() >= until) return gaveUp(parts, live, flags);
    await parts.pause(lookEveryMs);
  }
}

async function abort(parts: CliParts, cluster: WholeCluster, rollout: Rollout): Promise<void> {
  await write(cluster, rollout, { id: parts.newId(), verb: 'abort', surface: 'serin', reason: 'uninstall' });
}

function again({ namespace }: UninstallFlags): string {
  return `serin uninstall --yes${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

function gaveUp(parts: CliParts, live: readonly Rollout[], flags: UninstallFlags): false {
  parts.terminal.err(textOf(gaveUpLines(live, formatDuration(flags.timeoutMs), flags.namespace)));
  return false;
}

/**
 * Waits until no Deployment is held that runs what it is told to, or lifts those holds from here. Gives those that stay paused, because
 * going on would run a pod template that was not judged.
 */
async function letGo(
  parts: CliParts,
  cluster: WholeCluster,
  adopted: readonly Left[],
  flags: UninstallFlags,
): Promise<readonly Left[]> {
  const until = parts.clock.now() + flags.timeoutMs;
  const paused: Left[] = [];
  for (const left of adopted) {
    for (;;) {
      const workload = await cluster.workloads.get(left.namespace, left.name);
      if (workload === undefined || !workload.held || !workload.paused) break;
      if (!(await runsItsTemplate(cluster, workload)) || parts.interrupted.aborted || parts.clock.now() >= until) {
        paused.push(left);
        break;
      }
      if (flags.withoutController) await cluster.holds.lift(workload);
      else await parts.pause(lookEveryMs);
    }
  }
  return paused;
}

async function runsItsTemplate(cluster: WholeCluster, workload: Workload): Promise<boolean> {
  if (workload.annotations[`${prefix}stable`] === undefined) return workload.complete;
  return (await standing(cluster, workload)).kind === 'rest';
}
