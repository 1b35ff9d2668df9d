// The one attempt that a pipeline waits for: what it released, and nothing that was released before or after.
import type { Workload } from '../controller/ports.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { type Present, presentRollout } from './appear.ts';
import type { CliCluster } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { findRollout, matching } from './find.ts';

/** What names the attempt, as typed; without either it is the revision that the Deployment has when the waiting begins. */
export interface PinFlags {
  /** An image of the pod template. */
  readonly image?: string;
  /** A revision as `serin get -o wide` shows it, or a pod-template hash. */
  readonly revision?: string;
}

/** What there is for the pinned attempt. */
export type Pinned =
  | Present
  /** The Deployment has another revision by now, and no rollout of the pinned one is under way. */
  | { readonly kind: 'superseded'; readonly why: string };

/** Looks for the pinned attempt of one Deployment; each look may know more than the one before. */
export type PinnedLook = () => Promise<Pinned>;

/** A look at the attempt that the flags name. What the first look sees is what later ones hold on to. */
export function pinOn(cluster: CliCluster, name: string, flags: PinFlags): PinnedLook {
  let seen: Pick<Workload, 'revision' | 'hash'> | undefined;
  return async () => {
    const workload = await cluster.workloads.get(cluster.namespace, name);
    if (workload === undefined) return withoutDeployment(cluster, name);
    if (seen === undefined && isMeant(workload, flags)) seen = workload;
    if (workload.revision === seen?.revision) return presentRollout(cluster, workload);
    return seen === undefined ? awaitedOrOver(cluster, workload, flags) : replaced(cluster, workload, seen);
  };
}

function isMeant({ images, revision, hash }: Workload, flags: PinFlags): boolean {
  if (flags.image !== undefined && !images.includes(flags.image)) return false;
  return flags.revision === undefined || flags.revision === revision || flags.revision === hash;
}

/** A rollout whose Deployment is gone can only be rolled back; what ended before proves nothing. */
async function withoutDeployment(cluster: CliCluster, name: string): Promise<Pinned> {
  const rollout = await findRollout(cluster, cluster.namespace, [name]);
  if (!isFinal(rollout.status.phase)) return { kind: 'rollout', rollout };
  const message = `There is no Deployment ${name} in namespace ${cluster.namespace} any more; its newest rollout, ${rollout.id.name}, has ended.`;
  throw new CliError(exitCodes.notFound, message, `serin history ${name} -n ${cluster.namespace}`);
}

/** The Deployment is not at what was named: it will be, or it was. */
async function awaitedOrOver(cluster: CliCluster, workload: Workload, flags: PinFlags): Promise<Pinned> {
  const own = (await rolloutsOf(cluster, workload)).filter(({ spec }) => isCanary(spec.canary, flags));
  const live = own.find(({ status }) => !isFinal(status.phase));
  if (live !== undefined) return { kind: 'rollout', rollout: live };
  const [last] = own;
  const isOver = last?.status.cause === 'superseded' || (last !== undefined && flags.revision !== undefined);
  if (isOver) return superseded(workload, `${last.id.name} has ended`);
  return { kind: 'awaited', why: `${workload.name} does not have ${pinWords(flags)} yet; it has ${has(workload)}.` };
}

/** The revision that was waited for is not the present one any more: its rollout ends with that, or it never began. */
async function replaced(
  cluster: CliCluster,
  workload: Workload,
  { revision, hash }: Pick<Workload, 'revision' | 'hash'>,
): Promise<Pinned> {
  const live = (await rolloutsOf(cluster, workload)).find(
    ({ spec, status }) => [revision, hash].includes(spec.canary.hash) && !isFinal(status.phase),
  );
  return live === undefined
    ? superseded(workload, `no rollout of revision ${revision} is under way`)
    : { kind: 'rollout', rollout: live };
}

function superseded(workload: Workload, how: string): Pinned {
  const why = `${workload.name} has another revision by now (${workload.revision}, ${has(workload)}), and ${how}.`;
  return { kind: 'superseded', why };
}

async function rolloutsOf(cluster: CliCluster, { namespace, name, uid }: Workload): Promise<readonly Rollout[]> {
  const all = matching(await cluster.rollouts.list(namespace), { kind: 'deployment', name });
  return all.filter(({ spec }) => spec.target.uid === uid);
}

function isCanary({ hash, images }: Rollout['spec']['canary'], flags: PinFlags): boolean {
  if (flags.revision !== undefined && flags.revision !== hash) return false;
  return flags.image === undefined || images.includes(flags.image);
}

function pinWords({ image, revision }: PinFlags): string {
  const parts = [
    ...(image === undefined ? [] : [`the image ${image}`]),
    ...(revision === undefined ? [] : [`the revision ${revision}`]),
  ];
  return parts.join(' and ');
}

function has({ images }: Workload): string {
  return images.length === 0 ? 'no image' : images.join(', ');
}
