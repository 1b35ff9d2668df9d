// The machine on every path of a bounded plan, and on random walks through longer ones.
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { getShortestPaths, getSimplePaths } from 'xstate/graph';
import {
  advance,
  type MachinePhase,
  type Progress,
  type RolloutEvent,
  rolloutMachine,
} from '../../machines/rollout.ts';
import { isAbortable, isFinal, type Phase, phases } from '../../src/domain/rollout.ts';
import { aWarrant } from '../support/builders.ts';

interface Move {
  readonly before: Progress;
  readonly event: RolloutEvent;
  readonly after: Progress;
}

const start: Progress = { phase: 'pending', step: 0 };
const planLengths = [1, 2, 3];

describe.each(planLengths)('on every path through a plan of %d steps', (steps) => {
  const moves = getSimplePaths(rolloutMachine, { events: everyEvent(steps), input: { steps } }).flatMap((path) =>
    replay(path.steps.map(({ event }) => event).filter(isRolloutEvent), steps),
  );

  it('every phase is reached', () => {
    const reached = new Set(moves.map(({ after }) => after.phase));

    expect([...phases].filter((phase) => phase !== 'pending' && !reached.has(phase))).toEqual([]);
  });

  it('no move breaks a promise', () => {
    expect(moves.flatMap((move) => broken(move, steps))).toEqual([]);
  });

  it('every live state can reach an end', () => {
    const states = getShortestPaths(rolloutMachine, { events: everyEvent(steps), input: { steps } });

    const stuck = states.filter(({ state }) => {
      const ends = getShortestPaths(rolloutMachine, {
        events: everyEvent(steps),
        fromState: state,
        toState: ({ status }) => status === 'done',
      });
      return ends.length === 0;
    });

    expect(states.length).toBeGreaterThan(phases.length);
    expect(stuck.map(({ state }) => state.value)).toEqual([]);
  });
});

describe('on a random walk', () => {
  it('no event, however late or repeated, breaks a promise', () => {
    const walks = fc
      .integer({ min: 1, max: 20 })
      .chain((steps) =>
        fc.tuple(fc.constant(steps), fc.array(fc.constantFrom(...everyEvent(steps)), { maxLength: 200 })),
      );
    fc.assert(
      fc.property(walks, ([steps, events]) => {
        expect(replay(events, steps).flatMap((move) => broken(move, steps))).toEqual([]);
      }),
    );
  });

  it('a plan that is warranted step by step visits every step in turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (steps) => {
        const shifts = replay(goodWalk(steps), steps).filter(({ after }) => after.phase === 'shifting');

        expect(shifts.map(({ after }) => after.step)).toEqual(Array.from({ length: steps }, (_, step) => step));
        expect(replay(goodWalk(steps), steps).at(-1)?.after.phase).toBe('promoted');
      }),
    );
  });
});

describe('a plan that is asked about', () => {
  it('at every step and approved each time visits every step in turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (steps) => {
        const asked = goodWalk(steps).flatMap((event): readonly RolloutEvent[] =>
          event.type === 'ADVANCE' ? [{ type: 'ASK' }, event] : [event],
        );
        const moves = replay(asked, steps);

        expect(moves.filter(({ after }) => after.phase === 'awaitingApproval').map(({ after }) => after.step)).toEqual(
          Array.from({ length: steps }, (_, step) => step),
        );
        expect(moves.at(-1)?.after.phase).toBe('promoted');
        expect(moves.flatMap((move) => broken(move, steps))).toEqual([]);
      }),
    );
  });

  it('is refused from where it waits, with that cause', () => {
    const back = advance({ phase: 'awaitingApproval', step: 1 }, 3, { type: 'ROLL_BACK', cause: 'approval' });

    expect(back).toEqual({ phase: 'rollingBack', step: 1, cause: 'approval' });
  });
});

describe('ROLL_BACK', () => {
  it.each(phases)('in %s is accepted up to the last bake and ignored after', (phase) => {
    const progress: Progress = { phase, step: 0 };

    const after = advance(progress, 3, { type: 'ROLL_BACK', cause: 'gate' });

    expect(after).toEqual(isAbortable(phase) ? { phase: 'rollingBack', step: 0, cause: 'gate' } : progress);
  });

  it('keeps the first cause', () => {
    const back = advance({ phase: 'baking', step: 0 }, 3, { type: 'ROLL_BACK', cause: 'gate' });

    expect(advance(back, 3, { type: 'ROLL_BACK', cause: 'person' })).toBe(back);
  });
});

describe('advance', () => {
  it('gives the same reference for an event that does not apply', () => {
    for (const phase of phases) {
      for (const event of everyEvent(3)) {
        const progress = Object.freeze({ phase, step: 1, warrant: Object.freeze(aWarrant(0)) });

        const after = advance(progress, 3, event);

        expect(after === progress).toBe(after.phase === phase);
      }
    }
  });

  it('does not change what it is given', () => {
    const progress = Object.freeze({ phase: 'baking' as const, step: 0, warrant: Object.freeze(aWarrant(0, 'start')) });

    const after = advance(
      progress,
      2,
      Object.freeze({ type: 'ADVANCE' as const, warrant: Object.freeze(aWarrant(0)) }),
    );

    expect(after).toEqual({ phase: 'shifting', step: 1, warrant: aWarrant(0) });
    expect(progress).toEqual({ phase: 'baking', step: 0, warrant: aWarrant(0, 'start') });
  });

  it('goes on from what was saved as JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...everyEvent(3)), { maxLength: 60 }), (events) => {
        let direct = start;
        let saved = start;
        for (const event of events) {
          direct = advance(direct, 3, event);
          saved = JSON.parse(JSON.stringify(advance(saved, 3, event))) as Progress;
        }

        expect(saved).toEqual(direct);
      }),
    );
  });
});

it('has the phases of the domain, no more and no fewer', () => {
  expectTypeOf<MachinePhase>().toEqualTypeOf<Phase>();

  expect(Object.keys(rolloutMachine.states).sort()).toEqual([...phases].sort());
});

function everyEvent(steps: number): RolloutEvent[] {
  const warrants = Array.from({ length: steps + 1 }, (_, step) => aWarrant(step));
  return [
    ...warrants.map((warrant) => ({ type: 'ADVANCE', warrant }) as const),
    { type: 'START', warrant: aWarrant(0, 'start') },
    { type: 'START', warrant: aWarrant(1, 'start') },
    { type: 'READY' },
    { type: 'SETTLED' },
    { type: 'ASK' },
    { type: 'ROLL_BACK', cause: 'gate' },
    { type: 'ROLL_BACK', cause: 'approval' },
    { type: 'STABLE_UPDATED' },
    { type: 'STUCK' },
    { type: 'UNSTUCK' },
    { type: 'CLEAN' },
    { type: 'HAND_OVER' },
  ];
}

function goodWalk(steps: number): readonly RolloutEvent[] {
  const bakes = Array.from({ length: steps }, (_, step): readonly RolloutEvent[] => [
    { type: 'SETTLED' },
    { type: 'ADVANCE', warrant: aWarrant(step) },
  ]);
  const first: readonly RolloutEvent[] = [{ type: 'START', warrant: aWarrant(0, 'start') }, { type: 'READY' }];
  return [...first, ...bakes.flat(), { type: 'STABLE_UPDATED' }, { type: 'CLEAN' }];
}

/** The graph's paths begin with xstate's own event, which is none of ours. */
function isRolloutEvent(event: { readonly type: string }): event is RolloutEvent {
  return !event.type.startsWith('xstate.');
}

function replay(events: readonly RolloutEvent[], steps: number): readonly Move[] {
  const moves: Move[] = [];
  let before = start;
  for (const event of events) {
    const after = advance(before, steps, event);
    moves.push({ before, event, after });
    before = after;
  }
  return moves;
}

/** The promises that a move breaks, as sentences; empty when it keeps them all. */
function broken({ before, event, after }: Move, steps: number): readonly string[] {
  if (after === before) return [];
  const leavesStep = after.step !== before.step || (after.phase === 'promoting' && before.phase !== 'held');
  const warranted = event.type === 'ADVANCE' && event.warrant.step === before.step;
  const onTheWayBack = before.phase === 'rollingBack';
  const promises: readonly (readonly [string, boolean])[] = [
    ['a step was left without a warrant for it', !leavesStep || warranted],
    [
      'a rollout was started without a warrant',
      before.phase !== 'pending' || after.phase === 'rollingBack' || event.type === 'START',
    ],
    ['a step was skipped or repeated', after.step === before.step || after.step === before.step + 1],
    ['a step beyond the plan was reached', after.step < steps],
    [
      'promotion of a canary began before the last step',
      after.phase !== 'promoting' || after.step === steps - 1 || after.cause !== undefined,
    ],
    ['a rejected canary was promoted', after.phase !== 'promoted' || after.cause === undefined],
    ['a cause was forgotten', before.cause === undefined || after.cause === before.cause],
    [
      'the way back led elsewhere than to its end, or to being held',
      !onTheWayBack || after.phase === 'rolledBack' || after.phase === 'held',
    ],
    ['a final state was left', !isFinal(before.phase)],
    [
      'a person was asked about something else than a step that bakes',
      after.phase !== 'awaitingApproval' || (before.phase === 'baking' && after.step === before.step),
    ],
    [
      'the question was left without a warrant for its step or a way back',
      before.phase !== 'awaitingApproval' || warranted || after.phase === 'rollingBack',
    ],
    ['an approval let a rollout start again', before.phase !== 'awaitingApproval' || after.phase !== 'preparing'],
    ['a rollback has no cause', after.phase !== 'rollingBack' || after.cause !== undefined],
    ['a rollback began after promotion had', after.phase !== 'rollingBack' || isAbortable(before.phase)],
    ['a forward move is not on record', !warranted || after.warrant === event.warrant],
  ];
  return promises
    .filter(([, kept]) => !kept)
    .map(([promise]) => `${promise}: ${before.phase} ${before.step} -> ${event.type} -> ${after.phase} ${after.step}`);
}
