// What stands at several places of a stored status: weights, and claims to speak for a rollout.
import type { Cursor } from '../../domain/mail.ts';
import type { RolloutStatus } from '../../domain/rollout.ts';
import { formatInstant } from '../../domain/time.ts';
import type { ParsedStatus, StoredStatus } from './rollout-status-object.ts';

type Weight = RolloutStatus['weight'];
type StoredClaim = NonNullable<NonNullable<StoredStatus['slack']>['claim']>;

/** The weight of a parsed status; what was not observed is null. */
export function readWeight({ intended, observed }: ParsedStatus['weight']): Weight {
  return { intended, observed: observed ?? null };
}

/** A weight as it is stored. */
export function writeWeight({ intended, observed }: Weight): StoredStatus['weight'] {
  return { intended, ...(observed === null ? {} : { observed }) };
}

/** A claim under its key as it is stored; nothing when there is none. */
export function writeClaim(claim: Cursor['claim']): { readonly claim?: StoredClaim } {
  return claim === undefined ? {} : { claim: { ...claim, until: formatInstant(claim.until) } };
}
