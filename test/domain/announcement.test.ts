// How a rollout stands for people who look at it in passing, and what they can press.
import { describe, expect, it } from 'vitest';
import { noticeOf } from '../../src/domain/announcement.ts';
import type { Approval } from '../../src/domain/people.ts';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { aRollout, dawn } from '../support/builders.ts';

function seenIn(status: Partial<RolloutStatus>) {
  const { standing, buttons } = noticeOf(aRollout({ status }));
  return { standing, verbs: buttons.map(({ verb }) => verb) };
}

describe.each<[string, RolloutStatus['phase'], Approval]>([
  ['before its start', 'pending', { of: 'start', step: 0, askedAt: dawn }],
  ['at a step', 'awaitingApproval', { of: 'step', step: 0, askedAt: dawn }],
])('a rollout that waits for approval %s', (_, phase, approval) => {
  it('needs somebody, who can approve it', () => {
    expect(seenIn({ phase, approval })).toEqual({
      standing: 'needsYou',
      verbs: ['approve', 'pause', 'abort', 'details'],
    });
  });

  it('needs nobody any more once it is approved, though a freeze may hold it', () => {
    const given = { by: 'ada', surface: 'slack', time: dawn + 1 };

    expect(seenIn({ phase, approval: { ...approval, given } })).toEqual({
      standing: 'running',
      verbs: ['pause', 'abort', 'details'],
    });
  });
});
