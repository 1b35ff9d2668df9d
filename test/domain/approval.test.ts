// Whose word a rollout waits for, as pure values.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approvalAt,
  approvalTerms,
  asksAfter,
  asksToStart,
  barred,
  isAwaitingApproval,
  questionOf,
  reminderAt,
} from '../../src/domain/approval.ts';
import { decideBake } from '../../src/domain/decide.ts';
import { rightsOf } from '../../src/domain/permission.ts';
import type { ApprovalPlan } from '../../src/domain/plan.ts';
import { answerRequest } from '../../src/domain/requests.ts';
import { phases } from '../../src/domain/rollout.ts';
import { parseSettings } from '../../src/domain/settings.ts';
import { aPlan, aRequest, aRollout, aStatus, aVerdict, aWarrant, dawn } from '../support/builders.ts';

const hourMs = 3_600_000;

describe('a plan asks', () => {
  it.each([
    [undefined, false, [false, false]],
    ['before-start', true, [false, false]],
    ['before-promotion', false, [false, true]],
    ['every-step', false, [true, true]],
  ] as const)('%s', (when, start, steps) => {
    const plan = aPlan({ steps: [50, 100], ...(when === undefined ? {} : { approval: anApproval({ when }) }) });

    expect(asksToStart(plan)).toBe(start);
    expect([0, 1].map((step) => asksAfter(plan, step))).toEqual(steps);
  });

  it('in words that say when, whom, and what silence means', () => {
    const barring = anApproval({
      when: 'before-promotion',
      timeoutMs: 4 * hourMs,
      byAuthor: 'refused',
      author: 'grace',
    });

    expect(approvalTerms(aPlan({ approval: barring }))).toBe(
      'before the promotion, by somebody with the verb approve on canaryrollouts, but not grace, who made the change; without an answer in 4h, it is rolled back',
    );
    expect(approvalTerms(aPlan({ approval: anApproval({ when: 'every-step' }) }))).toMatch(/it waits for ever$/);
    expect(approvalTerms(aPlan())).toBe('none: gates alone decide');
  });
});

describe('a step that has passed', () => {
  it("is asked about, and not left, in every plan that wants it; a person's full promotion is its own answer", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.boolean(), (step, full) => {
        const plan = aPlan({ approval: anApproval({ when: 'every-step' }) });
        const status = {
          phase: 'baking' as const,
          step,
          bakeSince: dawn,
          ...(full ? { fullWarrant: aWarrant(0, 'person') } : {}),
        };

        const decision = decideBake(aRollout({ spec: { plan }, status }), [aVerdict('pass')], dawn + hourMs);

        expect(decision.kind).toBe(full ? 'advance' : 'ask');
        expect(decision).toMatchObject({ warrant: { step } });
      }),
    );
  });

  it('goes back although it is approved when a gate fails', () => {
    const approval = { ...asked(0), given: { by: 'ada', surface: 'serin', time: dawn } };
    const rollout = aRollout({ status: { phase: 'awaitingApproval', approval } });

    expect(decideBake(rollout, [aVerdict('fail')], dawn)).toMatchObject({ kind: 'rollBack', cause: 'gate' });
    expect(decideBake(rollout, [aVerdict('undecided')], dawn)).toMatchObject({ kind: 'advance', reason: 'Approved' });
  });
});

describe('an approval', () => {
  it('counts for its own step and phase alone', () => {
    for (const phase of phases) {
      const status = aStatus({ phase, step: 1, approval: asked(1) });

      expect(approvalAt(status) !== undefined).toBe(phase === 'awaitingApproval');
      expect(approvalAt({ ...status, step: 2 })).toBeUndefined();
      expect(isAwaitingApproval(status)).toBe(phase === 'awaitingApproval');
    }
  });

  it('is reminded of once, at half of its time, and not without one', () => {
    const timed = questionOf(aPlan({ approval: anApproval({ timeoutMs: hourMs }) }), 0, aWarrant(0), dawn);

    expect(timed.expiresAt).toBe(dawn + hourMs);
    expect(reminderAt(timed)).toBe(dawn + hourMs / 2);
    expect(reminderAt({ ...timed, remindedAt: dawn })).toBeUndefined();
    expect(reminderAt({ ...timed, given: { by: 'ada', surface: 'serin', time: dawn } })).toBeUndefined();
    expect(reminderAt(asked(0))).toBeUndefined();
  });

  it('that comes again says by whom it was given, how long ago and from where', () => {
    const given = { by: 'grace', surface: 'slack', time: dawn };
    const rollout = aRollout({
      spec: { plan: aPlan({ approval: anApproval({ when: 'every-step' }) }) },
      status: { phase: 'awaitingApproval', step: 1, approval: { ...asked(1), given } },
    });

    const outcome = answerRequest(rollout, aRequest('approve', { step: 1, time: dawn + 20_000 }), dawn + 20_000);

    expect(outcome?.answer).toMatchObject({
      outcome: 'repeated',
      message: 'Step 2 is approved already, 20s ago, by grace from slack.',
    });
  });
});

describe('who may', () => {
  it.each([
    ['approve', false, true, ['approve']],
    ['promote', false, false, ['promote']],
    ['promote', false, true, ['promote', 'approve']],
    ['promoteFull', true, true, ['promote', 'approve', 'override']],
    ['promote', true, false, ['promote', 'override']],
    ['abort', false, true, ['abort']],
    ['resume', false, true, ['pause']],
  ] as const)('%s (override %s, approval %s) takes %j', (verb, override, asks, rights) => {
    const request = { verb, ...(override ? { overrideFreeze: true as const } : {}) };

    expect(rightsOf(request, asks ? { approval: anApproval({}) } : {})).toEqual(rights);
  });

  it('is not the author where that is refused, in whatever case the name is written', () => {
    const plan = aPlan({ approval: anApproval({ byAuthor: 'refused', author: 'Grace@example.com' }) });

    expect(barred(plan, 'grace@example.com')).toContain('Somebody else has to approve it.');
    expect(barred(plan, 'ada@example.com')).toBeUndefined();
    expect(barred(aPlan({ approval: anApproval({ author: 'ada' }) }), 'ada')).toBeUndefined();
  });
});

describe('the settings of an approval', () => {
  it('are read, silence being a rollback unless said otherwise', () => {
    expect(planOf({ approval: 'every-step', 'approval-timeout': '4h', author: 'grace' })).toEqual({
      when: 'every-step',
      timeoutMs: 4 * hourMs,
      onTimeout: 'rollback',
      byAuthor: 'allowed',
      author: 'grace',
    });
    expect(planOf({ approval: 'none', 'approval-timeout': '4h' })).toBeUndefined();
    expect(planOf({})).toBeUndefined();
  });

  it.each([
    [
      { approval: 'true' },
      'which is none of none, before-start, before-promotion, every-step. Did you mean "before-promotion"?',
    ],
    [{ approval: 'every-steps' }, 'Did you mean "every-step"?'],
    [{ 'on-approval-timeout': 'roll-back' }, 'Did you mean "rollback"?'],
    [{ 'approval-by-author': 'false' }, 'which is none of allowed, refused. Did you mean "refused"?'],
    [{ 'approval-timeout': '0s' }, 'approval-timeout is "0s"'],
    [{ author: 'Ada Lovelace' }, 'which is no user name'],
    [{ approval: 'every-step', 'approval-by-author': 'refused' }, 'nobody says who the author is'],
  ])('%j is wrong with its sentence', (settings, sentence) => {
    const parsed = parse(settings);

    expect(parsed.kind).toBe('problems');
    expect(parsed.kind === 'problems' && parsed.problems.map(({ message }) => message).join(' ')).toContain(sentence);
  });
});

function parse(settings: Readonly<Record<string, string>>): ReturnType<typeof parseSettings> {
  const own = Object.entries(settings).map(([key, value]) => [`serin.dev/${key}`, value]);
  return parseSettings('checkout', { 'serin.dev/canary': 'enabled', ...Object.fromEntries(own) });
}

function planOf(settings: Readonly<Record<string, string>>): ApprovalPlan | undefined {
  const parsed = parse(settings);
  if (parsed.kind !== 'settings') throw new Error(JSON.stringify(parsed));
  return parsed.settings.plan.approval;
}

function anApproval(parts: Partial<ApprovalPlan>): ApprovalPlan {
  return { when: 'every-step', onTimeout: 'rollback', byAuthor: 'allowed', ...parts };
}

function asked(step: number) {
  return { of: 'step' as const, step, askedAt: dawn, warrant: aWarrant(step) };
}
