import { describe, expect, it } from 'vitest';
import { asksTheSame, doneBefore, stepMeant } from '../../src/domain/asked-before.ts';
import type { Request, Verb } from '../../src/domain/people.ts';
import type { Phase } from '../../src/domain/rollout.ts';
import { aRollout, dawn } from '../support/builders.ts';

function request(parts: Partial<Request> = {}): Request {
  return { id: 'a', verb: 'promote', step: 0, actor: 'ada', surface: 'slack', time: dawn, ...parts };
}

describe('two requests', () => {
  it('are the same whoever asks, from wherever, and why', () => {
    expect(asksTheSame(request(), request({ id: 'b', actor: 'bob', surface: 'http', reason: 'fine' }))).toBe(true);
  });

  it.each<Partial<Request>>([{ verb: 'approve' }, { step: 1 }, { overrideFreeze: true }])(
    'are not where one asks for %j',
    (other) => {
      expect(asksTheSame(request(), request(other))).toBe(false);
    },
  );
});

describe('a request for what was done before', () => {
  const moved = { status: { phase: 'baking', step: 1, answers: [] } } as const;

  it('is answered with that, without being written', () => {
    expect(doneBefore(aRollout(moved), request(), dawn)).toEqual({
      id: 'a',
      outcome: 'repeated',
      message: 'Step 1 was left already; the rollout is at step 2.',
      time: dawn,
    });
  });

  it('is not answered while another is open, which may change it', () => {
    const rollout = aRollout({ ...moved, spec: { requests: [request({ id: 'b', verb: 'pause' })] } });

    expect(doneBefore(rollout, request(), dawn)).toBeUndefined();
  });

  it('is not answered where it would do something, or be refused', () => {
    expect(doneBefore(aRollout(moved), request({ step: 1 }), dawn)).toBeUndefined();
    expect(doneBefore(aRollout(moved), request({ step: 2 }), dawn)).toBeUndefined();
  });
});

describe('the step that somebody means who names none', () => {
  it.each<[Verb, Phase, number, number | 'unclear' | undefined]>([
    ['promote', 'baking', 1, 1],
    ['promote', 'shifting', 1, 'unclear'],
    ['promote', 'shifting', 0, 0],
    ['approve', 'awaitingApproval', 2, 2],
    ['promoteFull', 'shifting', 1, undefined],
    ['abort', 'baking', 1, undefined],
  ])('%s while %s at step %i is %s', (verb, phase, step, meant) => {
    expect(stepMeant(aRollout({ status: { phase, step } }), verb)).toBe(meant);
  });
});
