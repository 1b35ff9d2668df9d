import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedBy, type RequestOutcome } from '../../src/domain/desk.ts';
import { type Request, verbs } from '../../src/domain/people.ts';
import { answerRequest, openRequests } from '../../src/domain/requests.ts';
import { isAbortable, type Phase, phases, type RolloutSpec, type RolloutStatus } from '../../src/domain/rollout.ts';
import { aRequest, aRollout, aSpec, aStatus, aWarrant, dawn } from '../support/builders.ts';

describe('promote', () => {
  it('warrants the present step in the name of who asked', () => {
    const outcome = ask(aRequest('promote', { step: 1, reason: 'looks fine' }), { phase: 'baking', step: 1 });

    const message = 'Promoted past step 2 by ada from serin: looks fine.';
    expect(outcome).toEqual({
      answer: { id: 'promote-1', outcome: 'done', message, time: dawn },
      effect: { kind: 'warrant', warrant: { kind: 'person', step: 1, message }, full: false },
    });
  });

  it('of a step that was left already is answered, not done', () => {
    const outcome = ask(aRequest('promote', { step: 0 }), { phase: 'baking', step: 1 });

    expect(said(outcome)).toEqual(['repeated', 'Step 1 was left already; the rollout is at step 2.', 'none']);
  });

  it('of a step to come is refused', () => {
    const outcome = ask(aRequest('promote', { step: 3 }), { phase: 'baking', step: 1 });

    expect(said(outcome)).toEqual(['refused', 'The rollout is at step 2, not yet at step 4.', 'none']);
  });

  it.each<Phase>(['preparing', 'shifting'])('waits in %s for the bake', (phase) => {
    expect(ask(aRequest('promote', { step: 0 }), { phase })).toBeUndefined();
  });

  it('of a rollout that has not started is refused with what it waits for', () => {
    const outcome = ask(aRequest('promote'), { phase: 'pending', message: 'Waiting for rollout a.' });

    expect(said(outcome)).toEqual(['refused', 'The rollout has not started: Waiting for rollout a.', 'none']);
  });

  it('of a paused rollout is refused with the way out', () => {
    const outcome = ask(aRequest('promote', { step: 0 }), { phase: 'baking', pausedBy: 'bob' });

    expect(said(outcome)).toEqual([
      'refused',
      'The rollout is paused. Resume it first: serin resume reviews-v2 -n shop',
      'none',
    ]);
  });

  it.each<Phase>(['promoting', 'finalizing', 'promoted'])('of a rollout that is %s says since when', (phase) => {
    const outcome = ask(aRequest('promote', { time: dawn + 90_000 }), { phase });

    expect(said(outcome)).toEqual(['repeated', 'It is promoted already, 1m30s ago.', 'none']);
  });

  it('of a held rollout is refused with what it is held at, and the way on', () => {
    const outcome = ask(aRequest('promoteFull'), { phase: 'held', message: 'Its pods do not start.' });

    expect(said(outcome)).toEqual([
      'refused',
      'The rollout is held: Its pods do not start. To try again: serin retry reviews-v2 -n shop',
      'none',
    ]);
  });

  it.each<Phase>(['rollingBack', 'rolledBack'])('does not override a rollout that is %s', (phase) => {
    const outcome = ask(aRequest('promoteFull'), { phase, message: 'The errors gate says fail.' });

    expect(said(outcome)).toEqual([
      'refused',
      `The rollout is ${phase}: The errors gate says fail. Nothing overrides that.`,
      'none',
    ]);
  });
});

describe('promote --full', () => {
  it.each<Phase>(['preparing', 'shifting', 'baking', 'awaitingApproval'])(
    'warrants all remaining steps in %s',
    (phase) => {
      const outcome = ask(aRequest('promoteFull'), { phase, step: 1 });

      expect(outcome?.answer.outcome).toBe('done');
      expect(outcome?.effect).toMatchObject({ kind: 'warrant', full: true, warrant: { kind: 'person', step: 1 } });
    },
  );

  it('a second time is answered with the first', () => {
    const outcome = ask(aRequest('promoteFull'), { phase: 'baking', fullWarrant: aWarrant(0, 'person') });

    expect(said(outcome)).toEqual([
      'repeated',
      'It goes through all remaining steps already. Step 0 is warranted (person).',
      'none',
    ]);
  });
});

describe('abort', () => {
  it.each(phases.filter((phase) => isAbortable(phase)))('goes back from %s', (phase) => {
    const outcome = ask(aRequest('abort', { reason: 'pager' }), { phase });

    const word = phase === 'awaitingApproval' ? 'Approval refused' : 'Aborted';
    expect(said(outcome)).toEqual(['done', `${word} by ada from serin: pager.`, 'abort']);
  });

  it.each<Phase>(['promoting', 'finalizing', 'held', 'promoted'])(
    'comes too late in %s, with the way back',
    (phase) => {
      const [outcome, message, effect] = said(ask(aRequest('abort'), { phase }));

      expect([outcome, effect]).toEqual(['refused', 'none']);
      expect(message).toContain('Too late to abort: reviews-v2 is');
      expect(message).toContain('kubectl annotate deployment/reviews-v2 -n shop serin.dev/canary-of- && ');
      expect(message).toContain('kubectl annotate deployment/reviews-v1 -n shop serin.dev/canary-of=reviews-v2');
    },
  );

  it.each<Phase>(['promoting', 'finalizing', 'held', 'promoted'])(
    'of a managed Deployment comes too late in %s, and names undo',
    (phase) => {
      const [outcome, message] = said(ask(aRequest('abort'), { phase }, { mode: 'managed' }));

      expect(outcome).toBe('refused');
      expect(message).toMatch(/^Too late to abort: this version of reviews-v2 is .*promoted/);
      expect(message).toMatch(/: serin undo reviews-v2 -n shop$/);
    },
  );

  it.each<Phase>(['rollingBack', 'rolledBack'])('in %s is repeated with the cause', (phase) => {
    const outcome = ask(aRequest('abort'), { phase, message: 'The errors gate says fail.' });

    expect(said(outcome)).toEqual(['repeated', 'It is rolled back already. The errors gate says fail.', 'none']);
  });
});

describe('pause and resume', () => {
  it.each<[Phase, string]>([
    ['promoting', 'Too late to pause: a promotion is not left half-way. The new version serves everybody by now.'],
    ['finalizing', 'Too late to pause: a promotion is not left half-way. The new version serves everybody by now.'],
    ['held', 'Nothing is left to pause: the rollout is held.'],
    ['rollingBack', 'Nothing is left to pause: the rollout is rollingBack.'],
  ])('in %s holds nothing, and says so', (phase, message) => {
    expect(said(ask(aRequest('pause'), { phase }))).toEqual(['refused', message, 'none']);
  });

  it.each(phases.filter(isAbortable))('pause holds a rollout in %s', (phase) => {
    const outcome = ask(aRequest('pause'), { phase });

    expect(outcome?.answer.outcome).toBe('done');
    expect(outcome?.effect).toEqual({ kind: 'pause', by: 'ada' });
  });

  it('pause of a paused rollout is repeated', () => {
    const outcome = ask(aRequest('pause'), { phase: 'baking', pausedBy: 'bob' });

    expect(said(outcome)).toEqual(['repeated', 'The rollout is paused already.', 'none']);
  });

  it.each<Phase>(['promoted', 'rolledBack'])('pause of a %s rollout is refused', (phase) => {
    expect(said(ask(aRequest('pause'), { phase }))).toEqual([
      'refused',
      `The rollout is over (${phase}); there is nothing to pause.`,
      'none',
    ]);
  });

  it('resume lets a paused rollout go on', () => {
    expect(said(ask(aRequest('resume'), { phase: 'baking', pausedBy: 'bob' }))).toEqual(['done', 'Resumed.', 'resume']);
  });

  it('resume of a rollout that is not paused is repeated', () => {
    expect(said(ask(aRequest('resume'), { phase: 'baking' }))).toEqual([
      'repeated',
      'The rollout is not paused.',
      'none',
    ]);
  });

  it('resume cannot undo spec.paused, and says so', () => {
    const outcome = ask(aRequest('resume'), { phase: 'baking', pausedBy: 'bob' }, { paused: true });

    expect(said(outcome)).toEqual(['refused', 'spec.paused is true on the rollout; set it to false to go on.', 'none']);
  });
});

describe('retry', () => {
  it('begins anew after a rollback', () => {
    expect(said(ask(aRequest('retry'), { phase: 'rolledBack' }))).toEqual([
      'done',
      'A new attempt of reviews-v2 is begun.',
      'retry',
    ]);
  });

  it('of a held rollout tries again what it is stuck at', () => {
    expect(said(ask(aRequest('retry'), { phase: 'held' }))).toEqual([
      'done',
      'What it was held at is tried again.',
      'unstick',
    ]);
  });

  it.each(phases.filter((phase) => phase !== 'rolledBack' && phase !== 'held'))('is refused in %s', (phase) => {
    expect(said(ask(aRequest('retry'), { phase }))).toMatchObject(['refused', expect.stringMatching(/\.$/), 'none']);
  });
});

describe('any request', () => {
  it('gets a sentence in every phase, or waits for a bake', () => {
    for (const phase of phases) {
      for (const verb of verbs) {
        const outcome = ask(aRequest(verb), { phase });
        const waits = verb === 'promote' && (phase === 'preparing' || phase === 'shifting');

        expect([phase, verb, outcome === undefined]).toEqual([phase, verb, waits]);
        if (outcome !== undefined) expect(outcome.answer.message).toMatch(/\S.{10,}/);
      }
    }
  });

  it('does something only when its answer says done', () => {
    for (const phase of phases) {
      for (const verb of verbs) {
        const outcome = ask(aRequest(verb), { phase });
        if (outcome !== undefined)
          expect([phase, verb, outcome.effect.kind === 'none']).toEqual([
            phase,
            verb,
            outcome.answer.outcome !== 'done',
          ]);
      }
    }
  });

  it('names its actor and surface, and the reason where there is one', () => {
    expect(askedBy(aRequest('abort'))).toBe('ada from serin');
    expect(askedBy(aRequest('abort', { reason: 'pager' }))).toBe('ada from serin: pager');
  });

  it('is open until it is answered, in the order it was written', () => {
    const requests = [aRequest('pause', { id: 'a' }), aRequest('abort', { id: 'b' }), aRequest('resume', { id: 'c' })];
    const answered = { id: 'b', outcome: 'done', message: 'Aborted.', time: dawn } as const;

    const open = openRequests(aSpec({ requests }), aStatus({ answers: [answered] }));

    expect(open.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('is never answered twice, whatever was asked and in whatever phase', () => {
    const asked = fc.array(fc.constantFrom(...verbs), { maxLength: 20 });
    fc.assert(
      fc.property(asked, fc.constantFrom(...phases), fc.nat({ max: 3 }), (wanted, phase, step) => {
        const spec = aSpec({ requests: wanted.map((verb, at) => aRequest(verb, { id: `r${at}`, step })) });

        const ids = answerAll(spec, aStatus({ phase, step: 1 }));

        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.every((id) => spec.requests.some((request) => request.id === id))).toBe(true);
      }),
    );
  });
});

/** Answers open requests until none can be answered, as the controller does; gives the ids in the order of the answers. */
function answerAll(spec: RolloutSpec, status: RolloutStatus): readonly string[] {
  for (const request of openRequests(spec, status)) {
    const outcome = answerRequest(aRollout({ spec, status }), request, dawn);
    if (outcome !== undefined) return answerAll(spec, { ...status, answers: [...status.answers, outcome.answer] });
  }
  return status.answers.map(({ id }) => id);
}

function ask(request: Request, status: Partial<RolloutStatus>, spec: Partial<RolloutSpec> = {}): RequestOutcome {
  return answerRequest(aRollout({ spec: { requests: [request], ...spec }, status }), request, dawn);
}

function said(outcome: RequestOutcome): readonly [string | undefined, string | undefined, string | undefined] {
  return [outcome?.answer.outcome, outcome?.answer.message, outcome?.effect.kind];
}
