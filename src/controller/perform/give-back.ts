// Giving back: traffic returns from the copy to the promoted Deployment in the plan's own weights, each part judged against the copy.

import { gridAfter } from '../../domain/evidence.ts';
import { beginStep } from '../../domain/judge.ts';
import { nextReturn, toPromote } from '../../domain/managed.ts';
import { formatDuration, type Instant } from '../../domain/time.ts';
import { judged as counting, type VerdictReason } from '../../domain/verdict.ts';
import { moveBy, type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { follow } from './capacity.ts';
import { guardLanes } from './guard.ts';
import { type JudgedNow, judgeNow, keep } from './judge.ts';
import { isTargetGone } from './promote.ts';
import { routeGone } from './weights.ts';

/**
 * Goes on with the next part once a slot of the present one was read and nothing failed. Requests decide only against: what serves was
 * judged before. A failure puts everything back on the copy. With all of it returned, the promoted pods bake once more.
 */
export async function giveBack(world: World, sight: Sight, after: Instant): Promise<Turn> {
  const { rollout, now } = sight;
  const { lanes, weight } = rollout.status;
  if (now < after) return { kind: 'until', due: after };
  if (lanes === undefined) return routeGone(world, sight);
  if (isTargetGone(sight)) return withoutTarget(world, sight);
  const turn = await guardLanes(world, sight);
  if (turn !== undefined) return turn;
  await follow(world, sight, 100);
  const judged = await judgeNow(world, sight, lanes);
  const failed = counting(judged.verdicts).find(({ verdict }) => verdict === 'fail');
  if (failed !== undefined) return condemned(world, sight, judged, failed.message);
  const returned = 100 - weight.intended;
  const next = nextReturn(rollout.spec.plan, returned);
  const mayGoOn = returned === 0 || (isSeen(world, sight, judged) && !isDoubtful(sight, judged, after));
  if (next !== undefined && mayGoOn) return returnPart(world, sight, judged, next);
  // Whoever promoted it in full has waived every bake; a slot is looked at all the same.
  const bakeMs = rollout.status.fullWarrant === undefined ? rollout.spec.plan.bakeMs : 0;
  const left = after + bakeMs - now;
  if (next === undefined && left <= 0 && mayGoOn) return returnedAll(world, sight, judged);
  return keep(world, sight, judged, because(sight, returned, next === undefined ? left : undefined));
}

/** There is nothing to give back to: what the rollout made goes the way of its Deployment. */
function withoutTarget(world: World, sight: Sight): Promise<Turn> {
  const { spec, status } = sight.rollout;
  const message = `Deployment ${spec.target.name} was deleted; what was made for its rollout goes too.`;
  return save(world, sight, { ...status, cleanUp: 'restore', reason: 'TargetDeleted', message });
}

/** Whether a whole slot of this part was read; on time alone, whether one has passed. */
function isSeen(world: World, { rollout, now }: Sight, judged: JudgedNow): boolean {
  const evidence = judged.evidence ?? rollout.status.evidence;
  if (evidence === undefined) return true;
  const through = rollout.spec.plan.analysis === 'off' ? now : evidence.through;
  return through >= evidence.stepStart + world.slotMs;
}

const looksWorseReasons: readonly VerdictReason[] = ['MarginNotMet', 'TooFewFailures', 'LooksAboveCeiling'];

/** What looks worse without being proven so is waited for, as long as a step may take. */
function isDoubtful({ rollout, now }: Sight, { verdicts }: JudgedNow, after: Instant): boolean {
  const looksWorse = counting(verdicts).some(({ reason }) => looksWorseReasons.includes(reason));
  return looksWorse && now - after < rollout.spec.plan.maxBakeMs;
}

function returnPart(world: World, sight: Sight, judged: JudgedNow, next: number): Promise<Turn> {
  const { status } = sight.rollout;
  const { writtenAt: _w, stalled: _s, ...kept } = status;
  const evidence = judged.evidence ?? status.evidence;
  const stepStart = gridAfter(sight.now + world.settleMs, world.slotMs) + world.slotMs;
  return save(world, sight, {
    ...kept,
    ...judged,
    ...(evidence === undefined ? {} : { evidence: beginStep(evidence, stepStart) }),
    epoch: status.epoch + 1,
    weight: { ...status.weight, intended: 100 - next },
    corrections: 0,
    reason: 'GivingBack',
    message: `${next}% of the traffic goes back to ${sight.rollout.spec.target.name}.`,
  });
}

function returnedAll(world: World, sight: Sight, judged: JudgedNow): Promise<Turn> {
  const { spec, status } = sight.rollout;
  const { writtenAt: _w, stalled: _s, ...kept } = status;
  const message = `${spec.target.name} serves everything with the new version; ${toPromote(spec, status).workload} is taken away.`;
  return save(world, sight, { ...kept, ...judged, cleanUp: 'drain', reason: 'CleaningUp', message });
}

function condemned(world: World, sight: Sight, judged: JudgedNow, why: string): Promise<Turn> {
  const { spec, status, id } = sight.rollout;
  const { name } = spec.target;
  const copy = toPromote(spec, status).workload;
  const message =
    `The pods of ${name} fail with the version that ${copy} serves well: ${why} (Canary means ${name} here, and stable the copy.) All traffic is back on ${copy}. Try again with ` +
    `serin retry ${name} -n ${id.namespace}, or apply another template, which is released with ${copy} as its stable.`;
  return moveBy(world, sight, { type: 'STUCK' }, { reason: 'PromotedPodsFailing', message }, judged);
}

function because(
  { rollout: { spec } }: Sight,
  returned: number,
  left: number | undefined,
): { readonly reason: string; readonly message: string; readonly stalled: boolean } {
  const { name } = spec.target;
  const message =
    left === undefined
      ? `${returned}% of the traffic is back on ${name}.`
      : `All traffic is back on ${name}; it bakes for ${formatDuration(Math.max(1_000, Math.ceil(left / 1_000) * 1_000))} more.`;
  return { reason: 'GivingBack', message, stalled: false };
}
