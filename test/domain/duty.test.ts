import { describe, expect, it } from 'vitest';
import { type Duty, dutyOf } from '../../src/domain/duty.ts';
import { phases, type RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aSpec, aStatus, dawn } from '../support/builders.ts';

const settleMs = 5_000;
const spec = aSpec({ plan: aPlan({ steps: [10, 50, 100] }) });

describe('the duty', () => {
  const table: readonly (readonly [string, Partial<RolloutStatus>, Duty])[] = [
    ['looks for obstacles while pending', { phase: 'pending' }, { kind: 'clear' }],
    ['goes on with a withdrawal', { phase: 'pending', cleanUp: 'release' }, { kind: 'withdraw' }],
    ['prepares the pods', { phase: 'preparing' }, { kind: 'prepare' }],
    ['writes the weight of the step', { phase: 'shifting', step: 1 }, { kind: 'shift', weight: 50 }],
    ['settles once written', { phase: 'shifting', writtenAt: dawn }, { kind: 'settle', until: dawn + settleMs }],
    ['judges the bake', { phase: 'baking' }, { kind: 'judge' }],
    ['keeps judging while a person is asked', { phase: 'awaitingApproval' }, { kind: 'judge' }],
    ['promotes', { phase: 'promoting' }, { kind: 'promote' }],
    ['lets go of the promoted route', { phase: 'finalizing', cleanUp: 'restore' }, { kind: 'unclaim' }],
    ['gives up the fields last', { phase: 'finalizing', cleanUp: 'release' }, { kind: 'disown' }],
    ['waits for a person while held', { phase: 'held' }, { kind: 'await' }],
    ['goes back to stable first', { phase: 'rollingBack', cleanUp: 'toStable' }, { kind: 'backToStable' }],
    ['goes back to stable first, whatever was saved', { phase: 'rollingBack' }, { kind: 'backToStable' }],
    [
      'settles at stable',
      { phase: 'rollingBack', cleanUp: 'settleStable', writtenAt: dawn },
      { kind: 'settle', until: dawn + settleMs },
    ],
    ['restores the weights', { phase: 'rollingBack', cleanUp: 'restore' }, { kind: 'restore' }],
    ['gives up the fields after a rollback', { phase: 'rollingBack', cleanUp: 'release' }, { kind: 'disown' }],
    ['rests when promoted', { phase: 'promoted' }, { kind: 'rest' }],
    ['rests when rolled back', { phase: 'rolledBack' }, { kind: 'rest' }],
  ];

  it.each(table)('%s', (_name, status, duty) => {
    expect(dutyOf(spec, aStatus(status), settleMs)).toEqual(duty);
  });

  it('is known in every phase', () => {
    const tested = new Set(table.map(([, status]) => status.phase));

    expect(tested).toEqual(new Set(phases));
  });

  it('never writes a weight but in shifting', () => {
    const shifts = phases.filter((phase) => dutyOf(spec, aStatus({ phase }), settleMs).kind === 'shift');

    expect(shifts).toEqual(['shifting']);
  });
});
