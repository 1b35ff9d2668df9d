import { describe, expect, it } from 'vitest';
import { afterSettling, type Duty, dutyOf } from '../../src/domain/duty.ts';
import { phases, type RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aSpec, aStatus, dawn } from '../support/builders.ts';

const settleMs = 5_000;
const spec = aSpec({ plan: aPlan({ steps: [10, 50, 100] }) });

describe('the duty', () => {
  const table: readonly (readonly [string, Partial<RolloutStatus>, Duty])[] = [
    ['looks for obstacles while pending', { phase: 'pending' }, { kind: 'clear' }],
    ['goes on with a withdrawal', { phase: 'pending', cleanUp: 'release' }, { kind: 'withdraw' }],
    ['prepares the pods', { phase: 'preparing' }, { kind: 'prepare', after: dawn }],
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

  const managed = aSpec({ ...spec, mode: 'managed' });
  const settled = dawn + settleMs;
  const own: readonly (readonly [string, Partial<RolloutStatus>, Duty])[] = [
    ['defines the subsets first', { phase: 'preparing' }, { kind: 'define' }],
    [
      'pins the lanes once the subsets are known',
      { phase: 'preparing', stage: 'pins', writtenAt: dawn },
      { kind: 'pin', after: settled },
    ],
    [
      'makes pods once the lanes are pinned',
      { phase: 'preparing', stage: 'pods', writtenAt: dawn },
      { kind: 'prepare', after: settled },
    ],
    ['holds what is stuck', { phase: 'held' }, { kind: 'hold' }],
    ['defines the promoted subset', { phase: 'finalizing', stage: 'subsets' }, { kind: 'define' }],
    [
      'names the promoted pods once their subset is known',
      { phase: 'finalizing', stage: 'pins', writtenAt: dawn },
      { kind: 'pin', after: settled },
    ],
    [
      'gives traffic back',
      { phase: 'finalizing', stage: 'return', writtenAt: dawn },
      { kind: 'giveBack', after: settled },
    ],
    [
      'writes the next part given back',
      { phase: 'finalizing', stage: 'return', weight: { intended: 75, observed: 90 } },
      { kind: 'shift', weight: 75 },
    ],
    ['drains the copy', { phase: 'finalizing', stage: 'return', cleanUp: 'drain' }, { kind: 'drain' }],
    [
      'settles when drained',
      { phase: 'rollingBack', cleanUp: 'settleDrained', writtenAt: dawn },
      { kind: 'settle', until: settled },
    ],
    [
      'settles when restored',
      { phase: 'rollingBack', cleanUp: 'settleRestored', writtenAt: dawn },
      { kind: 'settle', until: settled },
    ],
    ['removes what was made', { phase: 'rollingBack', cleanUp: 'remove' }, { kind: 'remove' }],
    ['gives up the fields last', { phase: 'finalizing', cleanUp: 'release' }, { kind: 'disown' }],
  ];

  it.each(own)('of a managed Deployment %s', (_name, status, duty) => {
    expect(dutyOf(managed, aStatus(status), settleMs)).toEqual(duty);
  });

  it('after settling is to drain a copy, and to restore a pair, which has none', () => {
    expect(afterSettling('managed', 'settleStable')).toBe('drain');
    expect(afterSettling('pair', 'settleStable')).toBe('restore');
    expect(afterSettling('managed', 'settleDrained')).toBe('restore');
    expect(afterSettling('managed', 'settleRestored')).toBe('remove');
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
