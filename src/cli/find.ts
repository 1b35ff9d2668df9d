// From what a person typed to the rollout that is meant.
import { newestFirst } from '../domain/named.ts';
import type { Rollout } from '../domain/rollout.ts';
import { nearest } from '../domain/spelling.ts';
import type { CliCluster } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

/** What a person typed: `checkout`, `deployment/checkout`, `deployment checkout`, or a rollout's own name. */
export interface Named {
  readonly kind: 'deployment' | 'rollout' | 'any';
  readonly name: string;
}

const deploymentWords = ['deployment', 'deployments', 'deploy', 'deployment.apps', 'deployments.apps'];
const rolloutWords = [
  'canaryrollout',
  'canaryrollouts',
  'cro',
  'rollout',
  'canaryrollout.serin.dev',
  'canaryrollouts.serin.dev',
];

/** Reads `TYPE/NAME`, `TYPE NAME` or `NAME`; a usage error for anything else. */
export function readName(words: readonly string[]): Named {
  const [first = '', second, ...rest] = words.flatMap((word) => word.split('/'));
  if (rest.length > 0 || first === '' || second === '') {
    throw new CliError(
      exitCodes.usage,
      `"${words.join(' ')}" names no rollout. Write checkout, deployment/checkout, or the rollout's own name.`,
    );
  }
  if (second === undefined) return { kind: 'any', name: first };
  const type = first.toLowerCase();
  if (deploymentWords.includes(type)) return { kind: 'deployment', name: second };
  if (rolloutWords.includes(type)) return { kind: 'rollout', name: second };
  const guess = nearest(type, ['deployment', 'deploy', 'canaryrollout', 'cro']);
  const hint = guess === undefined ? 'Known are deployment and canaryrollout.' : `Did you mean ${guess}/${second}?`;
  throw new CliError(exitCodes.usage, `"${first}" is no type of object that Serin knows. ${hint}`);
}

/** The rollouts of a namespace's target or the one of that name, newest first. */
export function matching(rollouts: readonly Rollout[], named: Named): readonly Rollout[] {
  const own = named.kind === 'deployment' ? [] : rollouts.filter(({ id }) => id.name === named.name);
  if (own.length > 0 || named.kind === 'rollout') return own;
  return newestFirst(rollouts.filter(({ spec }) => spec.target.name === named.name));
}

/** The newest rollout of what was named; an error with the nearest name when there is none. */
export async function findRollout(cluster: CliCluster, namespace: string, words: readonly string[]): Promise<Rollout> {
  const named = readName(words);
  const rollouts = await cluster.rollouts.list(namespace);
  const [found] = matching(rollouts, named);
  if (found !== undefined) return found;
  throw await nothingFound(cluster, namespace, named, rollouts);
}

/** Why there is no such rollout, and what to type next. */
async function nothingFound(
  cluster: CliCluster,
  namespace: string,
  named: Named,
  rollouts: readonly Rollout[],
): Promise<CliError> {
  const { name } = named;
  if (named.kind !== 'rollout' && (await cluster.workloads.get(namespace, name)) !== undefined) {
    const message = `Deployment ${name} in namespace ${namespace} has had no rollout yet.`;
    return new CliError(exitCodes.notFound, message, `serin plan ${name} -n ${namespace}`);
  }
  const targets = named.kind === 'rollout' ? [] : rollouts.map(({ spec }) => spec.target.name);
  const own = named.kind === 'deployment' ? [] : rollouts.map(({ id }) => id.name);
  const managed = named.kind === 'rollout' ? [] : await managedNames(cluster, namespace);
  const guess = nearest(name, [...new Set([...targets, ...managed, ...own])]);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  const message = `There is no rollout of "${name}" in namespace ${namespace}.${hint}`;
  return new CliError(exitCodes.notFound, message, `serin get -n ${namespace}`);
}

/** Deployments that ask for canaries, for a guess: none where they cannot be listed. */
async function managedNames(cluster: CliCluster, namespace: string): Promise<readonly string[]> {
  const adopted = await cluster.adoptions.list(namespace).catch(() => []);
  return adopted.map(({ name }) => name);
}

/** What to say of a Deployment that is not there: the name that was likely meant, as a sentence after a blank, or nothing. */
export async function deploymentGuess(cluster: CliCluster, name: string): Promise<string> {
  const { namespace } = cluster;
  const targets = (await cluster.rollouts.list(namespace)).map(({ spec }) => spec.target.name);
  const guess = nearest(name, [...new Set([...targets, ...(await managedNames(cluster, namespace))])]);
  return guess === undefined ? '' : ` Did you mean "${guess}"?`;
}
