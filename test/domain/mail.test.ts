// What a change leaves for programs outside, what is dropped when too much of it waits, and when a letter goes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { happenings } from '../../src/domain/happening.ts';
import { type Letter, type Mail, mostLetters, owedTo, posted, withCursor, withMail } from '../../src/domain/mail.ts';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aRollout, dawn } from '../support/builders.ts';

const plan = aPlan({ webhook: 'https://hooks.example.com', github: { repository: 'example/shop' } });
const webhookAlone = aPlan({ webhook: 'https://hooks.example.com' });

function aLetter(number: number, event: Letter['event'] = 'shifting'): Letter {
  const weight = { intended: 10, observed: null };
  return { number, time: dawn, event, phase: 'shifting', step: 0, weight, reason: 'R', message: 'M' };
}

describe('a change', () => {
  it('is one letter for every target, as it is saved', () => {
    const rollout = aRollout({ spec: { plan } });
    const next: RolloutStatus = {
      ...rollout.status,
      phase: 'shifting',
      step: 1,
      weight: { intended: 25, observed: 10 },
      reason: 'Shifting',
      message: 'x'.repeat(500),
    };

    const { mail } = withMail(rollout, next, dawn + 5, ['webhook', 'github']);

    const letter = { number: 1, time: dawn + 5, event: 'shifting', phase: 'shifting', step: 1, reason: 'Shifting' };
    expect(mail).toEqual({
      letters: [{ ...letter, weight: { intended: 25, observed: 10 }, message: `${'x'.repeat(399)}…` }],
      next: 2,
      webhook: { told: 0 },
      github: { told: 0 },
    });
  });

  it('is for those alone whom the plan names and the controller tells', () => {
    const both = aRollout({ spec: { plan } });
    const one = aRollout({ spec: { plan: webhookAlone } });
    const next = (rollout: typeof both): RolloutStatus => ({ ...rollout.status, phase: 'promoted' });

    expect(withMail(both, next(both), dawn, ['github']).mail).toMatchObject({ github: { told: 0 } });
    expect(withMail(both, next(both), dawn, ['github']).mail).not.toHaveProperty('webhook');
    expect(withMail(one, next(one), dawn, ['github'])).toEqual(next(one));
    expect(withMail(both, next(both), dawn, [])).toEqual(next(both));
  });

  it.each<[string, Partial<RolloutStatus>, Partial<RolloutStatus>]>([
    ['paused', { phase: 'baking' }, { pausedBy: 'ada' }],
    ['stalled', { phase: 'baking' }, { stalled: { reason: 'RouteGone', message: 'Gone.' } }],
    ['approvalRequested', {}, { approval: { of: 'start', step: 0, askedAt: dawn } }],
    [
      'approvalReminder',
      { approval: { of: 'start', step: 0, askedAt: dawn } },
      { approval: { of: 'start', step: 0, askedAt: dawn, remindedAt: dawn + 1 } },
    ],
  ])('within a phase is told as %s', (event, before, change) => {
    const rollout = aRollout({ spec: { plan }, status: before });

    const { mail } = withMail(rollout, { ...rollout.status, ...change }, dawn, ['webhook']);

    expect(mail?.letters.map((letter) => letter.event)).toEqual([event]);
  });

  it('of evidence alone is no letter', () => {
    const rollout = aRollout({ spec: { plan }, status: { phase: 'baking' } });
    const next = { ...rollout.status, message: 'Other words.', weight: { intended: 10, observed: 10 } };

    expect(withMail(rollout, next, dawn, ['webhook'])).toEqual(next);
  });

  it('begins a target that comes later at the letters that come later', () => {
    const told: Mail = { letters: [aLetter(3)], next: 4, webhook: { told: 2 } };
    const rollout = aRollout({ spec: { plan }, status: { mail: told } });

    const { mail } = withMail(rollout, { ...rollout.status, phase: 'promoted' }, dawn, ['webhook', 'github']);

    expect(owedTo(mail, 'webhook').map(({ number }) => number)).toEqual([3, 4]);
    expect(owedTo(mail, 'github').map(({ number }) => number)).toEqual([4]);
  });
});

describe('the letters that wait', () => {
  it('stay within their bound and in order, the newest always, and those that need somebody before those that moved', () => {
    const loud = [
      'awaitingApproval',
      'held',
      'promoted',
      'rolledBack',
      'approvalRequested',
      'approvalReminder',
      'stalled',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...happenings), { minLength: 1, maxLength: 60 }), (events) => {
        const all = events.map((event, index) => aLetter(index + 1, event));
        const kept = all.reduce<readonly Letter[]>((before, next) => posted(before, next), []);

        expect(kept.length).toBe(Math.min(all.length, mostLetters));
        expect(kept.map(({ number }) => number)).toEqual(kept.map(({ number }) => number).toSorted((a, b) => a - b));
        expect(kept.at(-1)).toBe(all.at(-1));
        const needing = all.filter(({ event }) => loud.includes(event));
        if (needing.length < mostLetters) expect(kept).toEqual(expect.arrayContaining(needing));
      }),
    );
  });

  it('go once every target was told them', () => {
    const mail: Mail = {
      letters: [1, 2, 3].map((number) => aLetter(number)),
      next: 4,
      webhook: { told: 0 },
      github: { told: 0 },
    };

    const first = withCursor(mail, 'webhook', { told: 3 });
    const second = withCursor(first, 'github', { told: 2, at: '17' });

    expect(first.letters).toHaveLength(3);
    expect(second.letters.map(({ number }) => number)).toEqual([3]);
    expect(withCursor(second, 'github', { told: 3, at: '17' })).toEqual({
      letters: [],
      next: 4,
      webhook: { told: 3 },
      github: { told: 3, at: '17' },
    });
  });
});
