// What may keep a rollout back although nothing is wrong: a person's pause, a freeze, and the word of a person that the plan wants.
import {
  approvalAt,
  approvedBy,
  askingSentence,
  asksToStart,
  expiredSentence,
  isExpired,
  questionOf,
  reminderAt,
} from '../../domain/approval.ts';
import { nextLine } from '../../domain/evidence.ts';
import type { Frozen } from '../../domain/freeze.ts';
import type { Approval } from '../../domain/people.ts';
import type { Rollout, RolloutStatus } from '../../domain/rollout.ts';
import { isPaused } from '../../domain/status.ts';
import type { Instant } from '../../domain/time.ts';
import { sayOf, sayOfTarget } from '../announce.ts';
import { type Because, sentence } from '../move.ts';
import type { Announcement } from '../ports.ts';
import { moveBy, type Sight, save, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** How soon it is looked again when nothing rings. */
const lookAgainMs = 10_000;

/** Holds the first forward moves while a person has paused the rollout or in a freeze; undefined where neither is so. */
export async function holdBack(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, frozen } = sight;
  if (isPaused(rollout.spec, rollout.status)) return holdPaused(world, sight);
  return frozen === undefined ? undefined : holdFrozen(world, sight, frozen);
}

function holdPaused(world: World, sight: Sight): Promise<Turn> {
  const { id, spec } = sight.rollout;
  const message = `Paused before any weight has moved. Go on with: serin resume ${spec.target.name} -n ${id.namespace}`;
  return stay(world, sight, { reason: 'Paused', message, stalled: false }, nextLine(sight.now, lookAgainMs));
}

function holdFrozen(world: World, sight: Sight, frozen: Frozen): Promise<Turn> {
  const { until = Number.POSITIVE_INFINITY } = frozen;
  const due = Math.min(until, nextLine(sight.now, lookAgainMs));
  return stay(world, sight, { ...frozenBecause(frozen), stalled: frozen.until === undefined }, due);
}

/** The situation of a forward move that a freeze holds. What has no end of its own waits for a person. */
export function frozenBecause(frozen: Frozen, otherwise = ''): Because & { readonly stalled: boolean } {
  const message = `${frozen.message} ${otherwise}`.trim();
  return { reason: 'Frozen', message, stalled: frozen.until === undefined };
}

/** What keeps a rollout from its start that nothing else does: a pause, a freeze, or the approval it asks for. Undefined when none does. */
export async function beforeStart(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, now } = sight;
  const wanted = asksToStart(rollout.spec.plan);
  const approval = wanted ? approvalAt(rollout.status) : undefined;
  const unanswered = approval?.given === undefined ? approval : undefined;
  if (unanswered !== undefined && !isPaused(rollout.spec, rollout.status)) {
    const turn = (await remind(world, sight)) ?? (await silent(world, sight, unanswered));
    if (turn !== undefined) return turn;
  }
  const heldBack = await holdBack(world, sight);
  if (heldBack !== undefined) return heldBack;
  if (wanted && approval === undefined) return ask(world, sight);
  if (unanswered === undefined || isExpired(unanswered, now)) return undefined;
  const message = askingSentence(rollout, unanswered);
  return stay(world, sight, { reason: 'AwaitingApproval', message, stalled: false }, nextDue(unanswered, now));
}

function nextDue(approval: Approval, now: Instant): Instant {
  const { expiresAt = Number.POSITIVE_INFINITY } = approval;
  return Math.min(expiresAt, reminderAt(approval) ?? expiresAt, nextLine(now, lookAgainMs));
}

async function ask(world: World, sight: Sight): Promise<Turn> {
  const { rollout, now } = sight;
  const approval = questionOf(rollout.spec.plan, rollout.status.step, undefined, now);
  const words = sentence({ reason: 'AwaitingApproval', message: askingSentence(rollout, approval) });
  const { stalled: _, ...status } = rollout.status;
  return saveAndSay(world, sight, { ...status, ...words, approval }, { type: 'Normal', ...words });
}

/** Reminds people once, when half of the time-out is over; undefined when there is nothing to remind of now. */
export async function remind(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, now } = sight;
  const approval = approvalAt(rollout.status);
  const at = approval === undefined ? undefined : reminderAt(approval);
  if (approval === undefined || at === undefined || now < at || isExpired(approval, now)) return undefined;
  const status = { ...rollout.status, approval: { ...approval, remindedAt: now } };
  const message = `Half of the time is over. ${askingSentence(rollout, approval)}`;
  return saveAndSay(world, sight, status, { type: 'Warning', reason: 'ApprovalReminder', message });
}

/** Saves, and where that was done says it on the rollout and on the user's Deployment. */
export async function saveAndSay(
  world: World,
  sight: Sight,
  status: RolloutStatus,
  said: Omit<Announcement, 'about'>,
): Promise<Turn> {
  const turn = await save(world, sight, status);
  if (turn.kind !== 'again') return turn;
  await sayOf(world, sight.rollout, said);
  await sayOfTarget(world, sight.rollout, said);
  return turn;
}

/** What it comes to that nobody has answered before the start; undefined while there is time, and where silence means yes. */
async function silent(world: World, sight: Sight, approval: Approval): Promise<Turn | undefined> {
  const { id, spec } = sight.rollout;
  if (!isExpired(approval, sight.now)) return undefined;
  const message = expiredSentence(spec.plan, approval);
  switch (spec.plan.approval?.onTimeout ?? 'hold') {
    case 'advance':
      return undefined;
    case 'rollback':
      return moveBy(world, sight, { type: 'ROLL_BACK', cause: 'approval' }, { reason: 'ApprovalExpired', message });
    case 'hold': {
      const still = `${message} An approval still counts: serin approve ${spec.target.name} -n ${id.namespace}`;
      const because = { reason: 'ApprovalExpired', message: still, stalled: true };
      return stay(world, sight, because, nextLine(sight.now, lookAgainMs));
    }
  }
}

/** How the start came to be approved, to be added to its sentence; empty where nobody was asked. */
export function startWord({ spec, status }: Rollout): string {
  const approval = approvalAt(status);
  if (approval === undefined) return '';
  return ` ${approval.given === undefined ? expiredSentence(spec.plan, approval) : approvedBy(approval.given)}`;
}
