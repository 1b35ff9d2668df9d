// serin uninstall: ends every rollout under way, waits until routes are as they were, and lets go of every object.
import { isAbortable, isFinal, type Rollout } from '../domain/rollout.ts';
import { formatDuration, type Millis } from '../domain/time.ts';
import { write } from './ask.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { changeLine } from './render/status.ts';
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
export async function runUninstall(parts: CliParts, cluster: CliCluster, flags: UninstallFlags): Promise<ExitCode> {
  const live = (await cluster.rollouts.list(flags.namespace)).filter(isLive);
  if (!flags.yes) return announce(parts, live);
  if (flags.withoutController) for (const rollout of live) await takeBack(parts, cluster, rollout);
  else if (!(await endAll(parts, cluster, flags))) return exitCodes.timedOut;
  const all = await cluster.rollouts.list(flags.namespace);
  for (const { id } of all) await cluster.rollouts.release(id);
  parts.terminal.out(textOf(farewell(all.length)));
  return exitCodes.reached;
}

function isLive({ status }: Rollout): boolean {
  return !isFinal(status.phase);
}

function announce(parts: CliParts, live: readonly Rollout[]): ExitCode {
  parts.terminal.err(
    textOf([
      live.length === 0 ? 'No rollout is under way.' : 'These rollouts are under way and would be aborted:',
      ...live.map((rollout) => `  ${rollout.id.namespace}/${changeLine(rollout)}`),
      'Routes would be put back and every finalizer taken off. Say so with: serin uninstall --yes',
    ]),
  );
  return exitCodes.usage;
}

/** Asks for an abort of every live rollout, newly begun ones too, until none is live or the time is up. */
async function endAll(parts: CliParts, cluster: CliCluster, flags: UninstallFlags): Promise<boolean> {
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
      throw new CliError(exitCodes.interrupted, 'Interrupted before every rollout had ended.', 'serin uninstall --yes');
    if (parts.clock.now() >= until) return gaveUp(parts, live, flags);
    await parts.pause(lookEveryMs);
  }
}

async function abort(parts: CliParts, cluster: CliCluster, rollout: Rollout): Promise<void> {
  await write(cluster, rollout, { id: parts.newId(), verb: 'abort', surface: 'serin', reason: 'uninstall' });
}

function gaveUp(parts: CliParts, live: readonly Rollout[], flags: UninstallFlags): false {
  parts.terminal.err(
    textOf([
      `These have not ended within ${formatDuration(flags.timeoutMs)}; nothing was let go of:`,
      ...live.map((rollout) => `  ${rollout.id.namespace}/${changeLine(rollout)}`),
      'If no controller runs any more, put the routes back from here: serin uninstall --yes --without-controller',
    ]),
  );
  return false;
}

/** Puts the route back, or leaves the end weights of a rollout that was promoting, then removes the rollout. */
async function takeBack(parts: CliParts, cluster: CliCluster, rollout: Rollout): Promise<void> {
  const { id, status } = rollout;
  if (status.route !== undefined) {
    const viewed = await cluster.mesh.view(status.route);
    if (viewed.kind === 'problem') parts.terminal.err(`${id.name}: ${viewed.problem.message}\n`);
    else {
      const back = isAbortable(status.phase) || status.phase === 'rollingBack';
      const written = await cluster.mesh.change(status.route, viewed.view, { kind: back ? 'restore' : 'unclaim' });
      if (written.kind === 'conflict' || (await cluster.mesh.disown(status.route)).kind === 'conflict') {
        throw new CliError(
          exitCodes.internal,
          `The route of ${id.namespace}/${id.name} changed meanwhile. Try again:`,
          'serin uninstall --yes --without-controller',
        );
      }
    }
  }
  await cluster.rollouts.release(id);
  await cluster.rollouts.remove(id);
  parts.terminal.err(`${id.namespace}/${id.name}: the route is put back and the rollout removed.\n`);
}

function farewell(released: number): readonly string[] {
  return [
    `Nothing of Serin holds your objects any more; ${released === 1 ? 'one rollout was' : `${released} rollouts were`} let go of.`,
    'What is left, if you want it gone too:',
    '  kubectl annotate deployments --all -A serin.dev/canary-of- serin.dev/phase- serin.dev/rollout- serin.dev/last-',
    '  kubectl delete -k deploy/',
  ];
}
