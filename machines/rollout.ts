// Which phase follows which event, and nothing else. No actions but assign, no timers, no invoked promises:
// what is owed in a phase is read from it by dutyOf, and done by the controller.
import { assign, type SnapshotFrom, setup, transition } from 'xstate';
import type { Cause, Phase, Warrant } from '../src/domain/rollout.ts';

/** What moves a rollout from phase to phase. */
export type RolloutEvent =
  /** Nothing stands in the way of starting. */
  | { readonly type: 'START'; readonly warrant: Warrant }
  /** Canary pods are ready and the route is pinned. */
  | { readonly type: 'READY' }
  /** The intended weight is written and the settle time is over. */
  | { readonly type: 'SETTLED' }
  /** A forward move of the present step is warranted. */
  | { readonly type: 'ADVANCE'; readonly warrant: Warrant }
  /** The plan wants a person's word before the present step is left. */
  | { readonly type: 'ASK' }
  /** Back to stable. */
  | { readonly type: 'ROLL_BACK'; readonly cause: Cause }
  /** The stable workload runs the new version. */
  | { readonly type: 'STABLE_UPDATED' }
  /** Promotion cannot go on by itself. */
  | { readonly type: 'STUCK' }
  /** What held the promotion is gone. */
  | { readonly type: 'UNSTUCK' }
  /** Nothing of Serin's is left in the user's objects. */
  | { readonly type: 'CLEAN' }
  /** The rollout of a newer template has taken the lanes and the healthy copy. */
  | { readonly type: 'HAND_OVER' };

/** The part of a rollout that the machine moves. */
export interface Progress {
  readonly phase: Phase;
  readonly step: number;
  readonly warrant?: Warrant;
  readonly cause?: Cause;
}

interface Context {
  readonly step: number;
  readonly steps: number;
  readonly warrant: Warrant | undefined;
  readonly cause: Cause | undefined;
}

const rollBack = { target: 'rollingBack', actions: 'recordCause' } as const;

const forward = [
  { guard: 'warrantedAndLast', target: 'promoting', actions: 'recordWarrant' },
  { guard: 'warranted', target: 'shifting', actions: ['recordWarrant', 'nextStep'] },
] as const;

/** An end that keeps what the rollout had come to: a rejected canary stays rejected, also when its stable is promoted later. */
const end = [{ guard: 'rejected', target: 'rolledBack' }, { target: 'promoted' }] as const;

/** Whether the event carries a warrant for the very step the rollout stands at. */
function warrants(context: Context, event: RolloutEvent): boolean {
  return (event.type === 'ADVANCE' || event.type === 'START') && event.warrant.step === context.step;
}

/** The rollout machine; evaluated with `advance`, never run as an actor. */
export const rolloutMachine = setup({
  types: { context: {} as Context, events: {} as RolloutEvent, input: {} as { steps: number } },
  guards: {
    warranted: ({ context, event }) => warrants(context, event),
    warrantedAndLast: ({ context, event }) => warrants(context, event) && context.step >= context.steps - 1,
    rejected: ({ context }) => context.cause !== undefined,
  },
  actions: {
    recordWarrant: assign({
      warrant: ({ context, event }) =>
        event.type === 'ADVANCE' || event.type === 'START' ? event.warrant : context.warrant,
    }),
    nextStep: assign({ step: ({ context }) => context.step + 1 }),
    recordCause: assign({ cause: ({ context, event }) => (event.type === 'ROLL_BACK' ? event.cause : context.cause) }),
  },
}).createMachine({
  id: 'rollout',
  context: ({ input }) => ({ step: 0, steps: input.steps, warrant: undefined, cause: undefined }),
  initial: 'pending',
  states: {
    pending: {
      on: { START: { guard: 'warranted', target: 'preparing', actions: 'recordWarrant' }, ROLL_BACK: rollBack },
    },
    preparing: { on: { READY: 'shifting', ROLL_BACK: rollBack } },
    shifting: { on: { SETTLED: 'baking', ROLL_BACK: rollBack } },
    baking: { on: { ADVANCE: forward, ASK: 'awaitingApproval', ROLL_BACK: rollBack } },
    awaitingApproval: { on: { ADVANCE: forward, ROLL_BACK: rollBack } },
    promoting: { on: { STABLE_UPDATED: 'finalizing', STUCK: 'held', HAND_OVER: end } },
    finalizing: { on: { CLEAN: end, STUCK: 'held' } },
    held: { on: { UNSTUCK: 'promoting', HAND_OVER: end } },
    rollingBack: { on: { CLEAN: 'rolledBack', STUCK: 'held' } },
    promoted: { type: 'final' },
    rolledBack: { type: 'final' },
  },
});

/**
 * The progress after an event; the same reference when the event does not apply, so that a late or repeated one is
 * told from a move. `steps` is the number of steps in the plan.
 */
export function advance<P extends Progress>(progress: P, steps: number, event: RolloutEvent): P | Progress {
  const before = rolloutMachine.resolveState({
    value: progress.phase,
    context: { step: progress.step, steps, warrant: progress.warrant, cause: progress.cause },
  });
  const [after, actions] = transition(rolloutMachine, before, event);
  if (actions.length > 0)
    throw new Error(`The rollout machine must have no effects, yet ${event.type} gave ${actions.length}.`);
  if (after === before) return progress;
  const { step, warrant, cause } = after.context;
  return {
    phase: after.value,
    step,
    ...(warrant === undefined ? {} : { warrant }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** The machine's own state names; a test holds them equal to the domain's phases. */
export type MachinePhase = SnapshotFrom<typeof rolloutMachine>['value'];
