// What a save is told as.
import { describe, expect, it } from 'vitest';
import { happeningOf } from '../../src/domain/happening.ts';
import type { Approval } from '../../src/domain/people.ts';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { aRollout, dawn } from '../support/builders.ts';

const question: Approval = { of: 'step', step: 0, askedAt: dawn };
const given = { by: 'ada', surface: 'slack', time: dawn + 1 };
const waits: Partial<RolloutStatus> = { phase: 'awaitingApproval', approval: question };
const stalled: Partial<RolloutStatus> = { phase: 'baking', stalled: { reason: 'RouteGone', message: 'Gone.' } };

describe('a person who pauses and resumes a rollout', () => {
  it.each<[string, Partial<RolloutStatus>]>([
    ['that bakes', { phase: 'baking' }],
    ['that waits for approval', waits],
    ['that is stalled', stalled],
  ])('%s is told as having done so', (_, status) => {
    const running = aRollout({ status });
    const paused = aRollout({ status: { ...status, pausedBy: 'ada' } });

    expect(happeningOf(running, paused.status)?.word).toBe('paused');
    expect(happeningOf(paused, running.status)?.word).toBe('resumed');
  });
});

it('an approval is told by what it leads to', () => {
  const asked = aRollout({ status: waits });
  const approved = aRollout({ status: { ...waits, approval: { ...question, given } } });

  expect(happeningOf(asked, approved.status)).toBeUndefined();
});
