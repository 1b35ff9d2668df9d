// Ends one rollout from where the command runs, for when no controller runs any more.

import type { RouteChange } from '../controller/mesh-port.ts';
import type { Workload } from '../controller/ports.ts';
import type { Lanes } from '../domain/lanes.ts';
import { isStableCopy, toPromote } from '../domain/managed.ts';
import { isAbortable, type Rollout, type Track, trackOf } from '../domain/rollout.ts';
import { prefix } from '../domain/settings-keys.ts';
import { formatDuration, type Millis } from '../domain/time.ts';
import type { CliParts, WholeCluster } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

const again = 'serin uninstall --yes --without-controller';
const settleMs: Millis = 5_000;
const lookEveryMs: Millis = 1_000;
const mostTries = 5;

/**
 * Puts traffic back where it was, or leaves the end weights of a pair that was promoting, takes away what was made, and removes the
 * rollout. Throws a sentence when stable does not serve, and then has taken nothing away.
 */
export async function takeBack(
  parts: CliParts,
  cluster: WholeCluster,
  rollout: Rollout,
  timeoutMs: Millis,
): Promise<void> {
  const { id, status } = rollout;
  if (status.lanes !== undefined) await takeBackLanes(parts, cluster, rollout, status.lanes, timeoutMs);
  else if (status.route !== undefined) {
    const back = isAbortable(status.phase) || status.phase === 'rollingBack';
    await change(parts, cluster, rollout, { kind: back ? 'restore' : 'unclaim' });
    await disown(cluster, rollout, status.route);
  }
  await cluster.rollouts.release(rollout);
  await cluster.rollouts.remove(rollout);
  parts.terminal.err(`${id.namespace}/${id.name}: the route is put back and the rollout removed.\n`);
}

async function takeBackLanes(
  parts: CliParts,
  cluster: WholeCluster,
  rollout: Rollout,
  lanes: Lanes,
  timeoutMs: Millis,
): Promise<void> {
  const { id, spec, status } = rollout;
  const isBack = isAbortable(status.phase) || status.phase === 'rollingBack';
  if (isBack && isStableCopy(spec)) throw noStable(rollout);
  const serving = isBack ? undefined : await promoted(parts, cluster, rollout, timeoutMs);
  await allRestorable(cluster, rollout, lanes, serving);
  if (isBack) {
    const claim = { rollout: `${id.namespace}/${id.name}`, epoch: status.epoch + 1 };
    await change(parts, cluster, rollout, { kind: 'weights', canary: 0, claim });
    await parts.pause(settleMs);
    await drain(parts, cluster, lanes, timeoutMs);
    await parts.pause(settleMs);
  }
  await change(parts, cluster, rollout, { kind: 'restore' });
  await parts.pause(settleMs);
  await drain(parts, cluster, lanes, timeoutMs);
  await cluster.mesh.undefine(lanes.made.filter(({ kind }) => kind === 'DestinationRule'));
  for (const { namespace, name } of copies(lanes)) await cluster.copies.remove(namespace, name);
  await disown(cluster, rollout, lanes);
}

/** The user's own Deployment once it runs the version that its copy was judged by, let go for it where it is still held. */
async function promoted(
  parts: CliParts,
  cluster: WholeCluster,
  rollout: Rollout,
  timeoutMs: Millis,
): Promise<Workload> {
  const { id, spec, status } = rollout;
  const judged = toPromote(spec, status);
  const until = parts.clock.now() + timeoutMs;
  for (;;) {
    const target = await cluster.workloads.get(id.namespace, spec.target.name);
    if (target === undefined || target.revision !== judged.hash) throw noStable(rollout);
    if (target.complete && target.hash !== undefined && target.replicas > 0) return target;
    if (target.paused) await cluster.holds.lift(target);
    if (parts.interrupted.aborted || parts.clock.now() >= until) throw noStable(rollout);
    await parts.pause(lookEveryMs);
  }
}

function noStable({ id, spec, status }: Rollout): CliError {
  const { name } = spec.target;
  const copy = isAbortable(status.phase) ? spec.stable.workload : toPromote(spec, status).workload;
  const message =
    `${id.namespace}/${id.name} is ${status.phase}: all traffic is on ${copy}, and Deployment ${name} does not run that version by itself. ` +
    `Nothing of it was taken away. Give ${name} the pod template of ${copy} and see it running, then try again:`;
  return new CliError(exitCodes.internal, message, again);
}

/** A destination that would lead to no pod is told before anything is changed. */
async function allRestorable(
  cluster: WholeCluster,
  { id, spec }: Rollout,
  lanes: Lanes,
  serving: Workload | undefined,
): Promise<void> {
  const labels = serving?.podLabels ?? (await stableLabels(cluster, { id, spec }));
  const problem = labels === undefined ? undefined : await cluster.mesh.unrestorable(lanes, labels);
  if (problem !== undefined)
    throw new CliError(exitCodes.internal, `${id.namespace}/${id.name}: ${problem.message}`, again);
}

async function stableLabels(
  cluster: WholeCluster,
  { id, spec }: Pick<Rollout, 'id' | 'spec'>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const target = await cluster.workloads.get(id.namespace, spec.target.name);
  if (target === undefined) return undefined;
  const recorded = target.annotations[`${prefix}stable`] ?? spec.stable.hash;
  return (await cluster.workloads.generations(target)).find(({ hash }) => hash === recorded)?.podLabels;
}

/** The copies' pods go, and are absent from every Service. */
async function drain(parts: CliParts, cluster: WholeCluster, lanes: Lanes, timeoutMs: Millis): Promise<void> {
  const until = parts.clock.now() + timeoutMs;
  for (const { namespace, name } of copies(lanes)) {
    await cluster.copies.scale(namespace, name, 0);
    while (await cluster.copies.isListed(namespace, name, lanes.hosts)) {
      if (parts.interrupted.aborted || parts.clock.now() >= until) {
        const message = `The pods of ${namespace}/${name} have not gone within ${formatDuration(timeoutMs)}. Try again:`;
        throw new CliError(exitCodes.timedOut, message, again);
      }
      await parts.pause(lookEveryMs);
    }
  }
}

function copies(lanes: Lanes): Lanes['made'] {
  return lanes.made.filter(({ kind }) => kind === 'Deployment');
}

/** Changes the routes; what is gone needs no change. */
async function change(
  parts: CliParts,
  cluster: WholeCluster,
  { id, status }: Rollout,
  wanted: RouteChange,
): Promise<void> {
  const track = trackOf(status);
  if (track === undefined) return;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const viewed = await cluster.mesh.view(track);
    if (viewed.kind === 'problem') return parts.terminal.err(`${id.name}: ${viewed.problem.message}\n`);
    if ((await cluster.mesh.change(track, viewed.view, wanted)).kind === 'written') return;
  }
  throw changedMeanwhile(id);
}

async function disown(cluster: WholeCluster, { id }: Rollout, track: Track): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    if ((await cluster.mesh.disown(track)).kind === 'written') return;
  }
  throw changedMeanwhile(id);
}

function changedMeanwhile({ namespace, name }: Rollout['id']): CliError {
  return new CliError(
    exitCodes.internal,
    `The route of ${namespace}/${name} changed again and again meanwhile. Try again:`,
    again,
  );
}
