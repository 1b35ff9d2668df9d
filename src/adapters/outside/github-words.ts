// What a letter says as a deployment status on GitHub, and which commit a rollout releases.
import type { HappeningWord } from '../../domain/happening.ts';
import type { Letter } from '../../domain/mail.ts';
import type { Cause, Rollout } from '../../domain/rollout.ts';
import { shortened } from '../../domain/shortened.ts';

/** The states of a deployment that a rollout shows. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive' | 'error';

/** The state that a letter puts the deployment into. */
export function stateOf({ status }: Pick<Rollout, 'status'>, { event, phase }: Letter): DeploymentState {
  if (phase === 'promoted') return 'success';
  if (phase === 'rolledBack') return endOf(status.cause);
  return event === 'stalled' || phase === 'held' ? 'error' : 'in_progress';
}

/** A version that was overtaken has not failed; one that people or gates turned down has. */
function endOf(cause: Cause | undefined): DeploymentState {
  switch (cause) {
    case 'superseded':
    case 'stableChanged':
      return 'inactive';
    case 'gate':
    case 'health':
    case 'person':
    case 'deadline':
    case 'undecided':
    case 'approval':
    case undefined:
      return 'failure';
  }
}

const quiet: readonly HappeningWord[] = ['pending', 'baking', 'finalizing'];

/** Whether a status of its own would say nothing: nothing moved, or the next letter says the same state with newer words. */
export function isQuiet(rollout: Rollout, letter: Letter, next: Letter | undefined): boolean {
  if (quiet.includes(letter.event)) return true;
  return next !== undefined && !quiet.includes(next.event) && stateOf(rollout, letter) === stateOf(rollout, next);
}

const mostLetters = 140;

/** The description of a status: the sentence, cut to what GitHub takes. */
export function descriptionOf({ message }: Pick<Letter, 'message'>): string {
  return shortened(message, mostLetters);
}

/** The commit that is released: the one that was named, or the one that a tag of the first image with one looks like. */
export function refOf({ plan, canary }: Rollout['spec']): string | undefined {
  return plan.github?.ref ?? canary.images.map(commitIn).find((commit) => commit !== undefined);
}

/** A tag that is a full hash, or `sha-` and a hash, or a short hash that can be no date or number. */
function commitIn(image: string): string | undefined {
  const [name = ''] = image.split('@');
  const tag = /:([\w.-]+)$/.exec(name)?.[1] ?? '';
  const [, named, hash = ''] = /^(sha-|git-)?([0-9a-f]{7,64})$/.exec(tag) ?? [];
  if (hash.length === 40 || hash.length === 64) return hash;
  if (hash.length > 40 || hash === '') return undefined;
  return named !== undefined || (/[a-f]/.test(hash) && /\d/.test(hash)) ? hash : undefined;
}

/** The environment of a rollout: where it runs, as people call that. */
export function environmentOf({ id }: Pick<Rollout, 'id'>, cluster: string | undefined): string {
  return cluster === undefined ? id.namespace : `${cluster}/${id.namespace}`;
}
