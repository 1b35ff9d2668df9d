// Of several processes one tells at a time: it claims, tells, and saves what it told over what others saved meanwhile.
import type { Rollout, RolloutStatus, Told } from '../domain/rollout.ts';
import type { Instant } from '../domain/time.ts';
import type { Clock, RolloutStore } from './ports.ts';

type Claim = Told['claim'];

/** The process that asks, and its clock. */
export interface Process {
  readonly clock: Clock;
  /** This process, unlike every other and every earlier one. */
  readonly by: string;
}

const saveTries = 10;

/** When the claim of another process ends; undefined while none holds. */
export function claimedElsewhere({ clock, by }: Process, claim: Claim): Instant | undefined {
  return claim !== undefined && claim.by !== by && claim.until > clock.now() ? claim.until : undefined;
}

/** Whether another process left its claim while it may have posted something: it may come to stand twice. */
export function leftInDoubt({ by }: Pick<Process, 'by'>, claim: Claim): boolean {
  return claim?.posting === true && claim.by !== by;
}

/**
 * Saves what follows from each status that is met, until that is saved or needless: `next` gives undefined, or the rollout is no more.
 * False when others were first ten times. `saved` is called once it is saved. Errors of the store pass through.
 */
export async function saveOver(
  rollouts: Pick<RolloutStore, 'get' | 'save'>,
  from: Rollout,
  next: (rollout: Rollout) => RolloutStatus | undefined,
  saved: () => void,
): Promise<boolean> {
  let rollout: Rollout | undefined = from;
  for (let attempt = 0; attempt < saveTries; attempt += 1) {
    const status = next(rollout);
    if (status === undefined) return true;
    const outcome = await rollouts.save(rollout, status);
    if (outcome.kind === 'saved') saved();
    if (outcome.kind !== 'stale') return true;
    rollout = await rollouts.get(from.id);
    if (rollout === undefined || rollout.uid !== from.uid) return true;
  }
  return false;
}
