// One turn of a tick: what was read, what came of it, and the one way to save.

import type { RolloutEvent } from '../../machines/rollout.ts';
import { nextLine } from '../domain/evidence.ts';
import type { Frozen } from '../domain/freeze.ts';
import { withMail } from '../domain/mail.ts';
import { withOutbox } from '../domain/outbox.ts';
import type { Rollout, RolloutStatus } from '../domain/rollout.ts';
import type { Instant } from '../domain/time.ts';
import { announceFreeze, announceMove, announceStall } from './announce.ts';
import type { RouteProblem, RouteView } from './mesh-port.ts';
import { type Because, move, sentence } from './move.ts';
import type { Workload } from './ports.ts';
import type { World } from './world.ts';

/** Everything a turn decides from, read in this order: the route, then the rollout, then the Deployments. */
export interface Sight {
  readonly rollout: Rollout;
  /** The route as viewed before the rollout was read; absent while no route is known. */
  readonly view?: RouteView;
  /** Why the route could not be viewed. */
  readonly routeProblem?: RouteProblem;
  /** The user's Deployment under rollout; of a pair, the canary's. */
  readonly target?: Workload;
  readonly stable?: Workload;
  readonly canary?: Workload;
  /** Why nothing may move forward now; rollbacks may always. */
  readonly frozen?: Frozen;
  readonly now: Instant;
}

/** What comes after a turn. */
export type Turn =
  /** Something was saved: go round again from there. */
  | { readonly kind: 'again'; readonly rollout: Rollout }
  /** A race was lost: begin the tick anew with fresh reads. */
  | { readonly kind: 'restart' }
  /** Nothing to do before `due`; without it, before something changes. */
  | { readonly kind: 'until'; readonly due?: Instant }
  /** The rollout is no more. */
  | { readonly kind: 'gone' };

/** Saves a status by compare-and-set and announces what changed. */
export async function save(world: World, sight: Sight, status: RolloutStatus): Promise<Turn> {
  const before = sight.rollout;
  const checkpoint = { ...status, checkpointAt: sight.now };
  const next = withMail(before, checkpoint, sight.now, world.mailing ?? []);
  const saved = await world.rollouts.save(
    before,
    world.announcing === true ? withOutbox(before, next, sight.now) : next,
  );
  if (saved.kind === 'gone') return { kind: 'gone' };
  if (saved.kind === 'stale') return { kind: 'restart' };
  if (before.status.phase !== status.phase) await announceMove(world, before, status);
  else {
    await announceStall(world, before, status);
    await announceFreeze(world, before, status);
  }
  return { kind: 'again', rollout: saved.rollout };
}

/** Applies an event and saves; a late event that no longer applies is logged and the tick begins anew. */
export async function moveBy(
  world: World,
  sight: Sight,
  event: RolloutEvent,
  because: Because,
  extra: Partial<RolloutStatus> = {},
): Promise<Turn> {
  const base: Rollout = { ...sight.rollout, status: { ...sight.rollout.status, ...extra } };
  const status = move(base, event, because, sight.now);
  if (status === undefined) {
    world.log.warn('An event does not apply to the phase and is left out', {
      ...fieldsOf(base),
      event: event.type,
      phase: base.status.phase,
    });
    return { kind: 'until', due: nextLine(sight.now, world.slotMs) };
  }
  return save(world, sight, status);
}

/**
 * Stays in the phase and says why. Saves only when the reason, the stall or the sentence of a stall changed; `due` is when
 * to look again.
 */
export async function stay(
  world: World,
  sight: Sight,
  because: Because & { readonly stalled: boolean },
  due: Instant,
): Promise<Turn> {
  const { status } = sight.rollout;
  const words = sentence(because);
  const isSame = status.reason === words.reason && (words.reason !== 'Frozen' || status.message === words.message);
  if (isSame && status.stalled?.message === (because.stalled ? words.message : undefined))
    return { kind: 'until', due };
  const { stalled: _, ...kept } = status;
  const turn = await save(world, sight, { ...kept, ...words, due, ...(because.stalled ? { stalled: words } : {}) });
  return turn.kind === 'again' ? { kind: 'until', due } : turn;
}

/** The fields every log line about a rollout carries. */
export function fieldsOf(rollout: Rollout): Readonly<Record<string, unknown>> {
  return { namespace: rollout.id.namespace, rollout: rollout.id.name, step: rollout.status.step };
}
