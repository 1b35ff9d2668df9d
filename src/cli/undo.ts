// serin undo and serin restart: changes of a managed Deployment's pod template, which Serin then releases like any other.
import type { Workload } from '../controller/ports.ts';
import { toPromote } from '../domain/managed.ts';
import { isAbortable, isFinal, type Rollout } from '../domain/rollout.ts';
import { prefix } from '../domain/settings-keys.ts';
import { settingsOf } from './appear.ts';
import type { CliParts, PastTemplate, WholeCluster } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { deploymentGuess, matching, readName } from './find.ts';

/** Which template to put back. */
export interface UndoFlags {
  /** The revision that `kubectl rollout history` shows; when left out what serves, or, where that is the template, the one before. */
  readonly toRevision?: number;
}

/** How often a write is tried anew that met a change made meanwhile. */
const mostTries = 5;

/** Puts a template back that the Deployment has run, and says what comes of it. */
export async function runUndo(
  parts: CliParts,
  cluster: WholeCluster,
  words: readonly string[],
  flags: UndoFlags,
): Promise<ExitCode> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const target = await managedNamed(cluster, words, 'undo');
    const live = await liveRollout(cluster, target);
    const wanted = await chosen(cluster, target, live, flags);
    const outcome = await cluster.templates.putBack(target, wanted.hash);
    if (outcome === 'gone') throw forgotten(target, wanted);
    if (outcome === 'conflict') continue;
    const what = outcome === 'same' ? 'is already' : 'is again';
    parts.terminal.out(
      `The pod template of ${target.name} ${what} that of revision ${wanted.number} (${wanted.images.join(',')}).\n`,
    );
    if (outcome === 'changed') parts.terminal.out(`${afterUndo(target, live, wanted)}\n`);
    return exitCodes.reached;
  }
  throw changedAgainAndAgain(words);
}

/** Makes every pod a new one, as `kubectl rollout restart` does, and says what comes of it. */
export async function runRestart(parts: CliParts, cluster: WholeCluster, words: readonly string[]): Promise<ExitCode> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const target = await managedNamed(cluster, words, 'restart');
    const live = await liveRollout(cluster, target);
    if ((await cluster.templates.restart(target, parts.clock.now())) === 'conflict') continue;
    parts.terminal.out(`The pod template of ${target.name} asks for new pods.\n${afterChange(target, live)}\n`);
    return exitCodes.reached;
  }
  throw changedAgainAndAgain(words);
}

async function managedNamed(
  cluster: WholeCluster,
  words: readonly string[],
  verb: 'undo' | 'restart',
): Promise<Workload> {
  const named = readName(words);
  const { namespace } = cluster;
  const [rollout] = named.kind === 'deployment' ? [] : matching(await cluster.rollouts.list(namespace), named);
  const name = rollout?.spec.target.name ?? named.name;
  const target = await cluster.workloads.get(namespace, name);
  if (target === undefined) {
    const message = `There is no Deployment "${name}" in namespace ${namespace}.${await deploymentGuess(cluster, name)}`;
    throw new CliError(exitCodes.notFound, message, `kubectl get deployments -n ${namespace}`);
  }
  const settings = await settingsOf(cluster, target);
  if (target.held || (settings.kind === 'settings' && settings.settings.mode === 'managed')) return target;
  const message = `Deployment ${name} is not managed by Serin (it has no ${prefix}canary=enabled).`;
  throw new CliError(exitCodes.usage, message, `kubectl rollout ${verb} deployment/${name} -n ${namespace}`);
}

async function liveRollout(cluster: WholeCluster, { namespace, name }: Workload): Promise<Rollout | undefined> {
  const rollouts = matching(await cluster.rollouts.list(namespace), { kind: 'deployment', name });
  return rollouts.find(({ status }) => !isFinal(status.phase));
}

async function chosen(
  cluster: WholeCluster,
  target: Workload,
  live: Rollout | undefined,
  { toRevision }: UndoFlags,
): Promise<PastTemplate> {
  const past = await cluster.templates.past(target);
  const found =
    toRevision === undefined
      ? (serving(past, target, live) ?? past.find(({ revision }) => revision !== target.revision))
      : past.find(({ number }) => number === toRevision);
  if (found !== undefined) return found;
  const known = past.map(({ number, images }) => `${number} (${images.join(',')})`).join(', ');
  const message =
    toRevision === undefined
      ? `Deployment ${target.name} has run no other pod template that the cluster still knows.`
      : `Deployment ${target.name} has no revision ${toRevision}. Known are ${known === '' ? 'none' : known}.`;
  throw new CliError(
    exitCodes.notFound,
    message,
    `kubectl rollout history deployment/${target.name} -n ${target.namespace}`,
  );
}

/** What serves, where the Deployment is told to run something else: the version being promoted, else the recorded stable. */
function serving(past: readonly PastTemplate[], target: Workload, live: Rollout | undefined): PastTemplate | undefined {
  const judged =
    live === undefined || isAbortable(live.status.phase) ? undefined : toPromote(live.spec, live.status).hash;
  const candidates = [
    past.find(({ revision }) => revision === judged),
    past.find(({ hash }) => hash === target.annotations[`${prefix}stable`]),
  ];
  return candidates.find((each) => each !== undefined && each.revision !== target.revision);
}

function afterUndo(target: Workload, live: Rollout | undefined, { hash, revision }: PastTemplate): string {
  const runs = hash === target.annotations[`${prefix}stable`];
  if (live !== undefined && isAbortable(live.status.phase) && runs)
    return `${live.id.name} is rolled back, and no pod of ${target.name} is touched. See: serin status ${at(target)}`;
  if (live?.status.phase === 'held' && toPromote(live.spec, live.status).hash === revision)
    return `Its promotion is tried again. See: serin status ${at(target)}`;
  if (live === undefined && runs) return 'Its pods run that already: the hold is lifted, and no pod is touched.';
  return afterChange(target, live);
}

function afterChange(target: Workload, live: Rollout | undefined): string {
  if (target.replicas === 0)
    return 'It is scaled to 0, so that nothing can be judged: it will run that when it is scaled up.';
  if (live === undefined) return `It becomes a canary. Wait with: serin wait ${at(target)}`;
  const first = isAbortable(live.status.phase)
    ? `${live.id.name} is rolled back first`
    : `${live.id.name} is ${live.status.phase}, and its copy stays stable meanwhile`;
  return `It becomes a canary; ${first}. Wait with: serin wait ${at(target)}`;
}

function at({ name, namespace }: Workload): string {
  return `${name} -n ${namespace}`;
}

function forgotten({ name, namespace }: Workload, { number }: PastTemplate): CliError {
  const message = `The cluster has forgotten revision ${number} of Deployment ${name} meanwhile.`;
  return new CliError(exitCodes.notFound, message, `kubectl rollout history deployment/${name} -n ${namespace}`);
}

function changedAgainAndAgain(words: readonly string[]): CliError {
  return new CliError(
    exitCodes.internal,
    `Deployment ${words.join(' ')} was changed by somebody else ${mostTries} times meanwhile. Try again.`,
  );
}
