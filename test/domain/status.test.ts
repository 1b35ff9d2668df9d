import { describe, expect, it } from 'vitest';
import { type Phase, phases, type RolloutSpec, type RolloutStatus } from '../../src/domain/rollout.ts';
import { type ConditionType, conditionsOf, displayOf, isPaused } from '../../src/domain/status.ts';
import { aPlan, aSpec, aStatus, aVerdict } from '../support/builders.ts';

describe('conditions', () => {
  it('are all there in every phase', () => {
    for (const phase of phases) {
      expect(conditionsOf(aSpec(), aStatus({ phase }), 'shop').map(({ type }) => type)).toEqual([
        'Ready',
        'Reconciling',
        'Stalled',
        'Finished',
        'Succeeded',
        'AwaitingApproval',
        'Paused',
      ]);
    }
  });

  it('have a reason that the API server takes and a sentence', () => {
    for (const phase of phases) {
      for (const { reason, message } of conditionsOf(aSpec(), aStatus({ phase }), 'shop')) {
        expect(reason).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
        expect(message).not.toBe('');
      }
    }
  });

  const words: readonly (readonly [Phase, Partial<Record<ConditionType, string>>])[] = [
    ['pending', { Ready: 'False', Reconciling: 'True', Stalled: 'False', Finished: 'False', Succeeded: 'Unknown' }],
    ['baking', { Ready: 'False', Reconciling: 'True', Stalled: 'False', Finished: 'False', Succeeded: 'Unknown' }],
    ['rollingBack', { Ready: 'False', Reconciling: 'True', Stalled: 'False', Finished: 'False', Succeeded: 'Unknown' }],
    ['promoted', { Ready: 'True', Reconciling: 'False', Stalled: 'False', Finished: 'True', Succeeded: 'True' }],
    ['rolledBack', { Ready: 'False', Reconciling: 'False', Stalled: 'True', Finished: 'True', Succeeded: 'False' }],
  ];

  it.each(words)('of a %s rollout read as kstatus means them', (phase, expected) => {
    expect(statuses(aSpec(), aStatus({ phase }))).toMatchObject(expected);
  });

  it('never say Ready while something is under way or stalled', () => {
    for (const phase of phases) {
      const read = statuses(aSpec(), aStatus({ phase }));
      const current = read.Ready === 'True';

      expect([phase, current && (read.Reconciling === 'True' || read.Stalled === 'True')]).toEqual([phase, false]);
      expect([phase, read.Reconciling === 'True' && read.Stalled === 'True']).toEqual([phase, false]);
    }
  });

  it('say Stalled with its own words when a live rollout needs a person', () => {
    const stalled = { reason: 'WeightsContested', message: 'Argo CD keeps setting the weight.' };

    const conditions = conditionsOf(aSpec(), aStatus({ phase: 'baking', stalled }), 'shop');

    expect(conditions.find(({ type }) => type === 'Stalled')).toEqual({ type: 'Stalled', status: 'True', ...stalled });
    expect(conditions.find(({ type }) => type === 'Reconciling')?.status).toBe('False');
  });

  it('say AwaitingApproval only while a person is asked', () => {
    const asking = phases.filter((phase) => statuses(aSpec(), aStatus({ phase })).AwaitingApproval === 'True');

    expect(asking).toEqual(['awaitingApproval']);
  });

  it('say who paused and how to go on', () => {
    const conditions = conditionsOf(aSpec(), aStatus({ phase: 'baking', pausedBy: 'ada' }), 'shop');

    const paused = conditions.find(({ type }) => type === 'Paused');
    expect(paused).toMatchObject({ status: 'True', reason: 'PausedByPerson' });
    expect(paused?.message).toContain('ada');
    expect(paused?.message).toContain('serin resume reviews-v2 -n shop');
  });
});

describe('a pause', () => {
  it('is known from the spec as well as from a request', () => {
    expect(isPaused(aSpec({ paused: true }), aStatus({ phase: 'baking' }))).toBe(true);
    expect(isPaused(aSpec(), aStatus({ phase: 'baking', pausedBy: 'ada' }))).toBe(true);
    expect(isPaused(aSpec(), aStatus({ phase: 'baking' }))).toBe(false);
  });

  it('means nothing once the rollout is over', () => {
    expect(isPaused(aSpec({ paused: true }), aStatus({ phase: 'promoted', pausedBy: 'ada' }))).toBe(false);
  });
});

describe('the columns', () => {
  it('show target, step, weight, verdict, revision and the two versions', () => {
    const status = aStatus({
      phase: 'baking',
      step: 1,
      weight: { intended: 25, observed: 25 },
      verdicts: [aVerdict('pass'), aVerdict('undecided', { gate: 'latency' })],
    });

    expect(displayOf(aSpec(), status)).toEqual({
      target: 'reviews-v2',
      step: '2/4',
      weight: '25%',
      verdict: 'undecided: latency',
      revision: 'two',
      stable: 'reviews-v1 reviews:1',
      canary: 'reviews-v2 reviews:2',
    });
  });

  it('show a weight that is not as intended', () => {
    expect(displayOf(aSpec(), aStatus({ weight: { intended: 25, observed: 60 } })).weight).toBe('25% (is 60%)');
    expect(displayOf(aSpec(), aStatus({ weight: { intended: 25, observed: null } })).weight).toBe('25%');
  });

  it('show a dash before anything is judged, and a bare pass', () => {
    expect(displayOf(aSpec(), aStatus()).verdict).toBe('-');
    expect(displayOf(aSpec(), aStatus({ verdicts: [aVerdict('pass')] })).verdict).toBe('pass');
  });

  it('never count beyond the last step', () => {
    const spec = aSpec({ plan: aPlan({ steps: [50, 100] }) });

    expect(displayOf(spec, aStatus({ step: 7 })).step).toBe('2/2');
  });
});

function statuses(spec: RolloutSpec, status: RolloutStatus): Partial<Record<ConditionType, string>> {
  return Object.fromEntries(conditionsOf(spec, status, 'shop').map((condition) => [condition.type, condition.status]));
}
