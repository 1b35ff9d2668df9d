import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localTimers } from '../../src/controller/timers.ts';
import { simulatedClock } from '../support/clock.ts';

const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };

describe('own timers', () => {
  it('give out what is overdue, longest first, and keep the rest', () => {
    const time = simulatedClock(1_000);
    const timers = localTimers({ clock: time });
    timers.hold({ id, uid: 'late', at: 900, key: 'x' });
    timers.hold({ id, uid: 'later', at: 500, key: 'x' });
    timers.hold({ id, uid: 'not yet', at: 1_001, key: 'x' });

    expect(timers.overdue(() => 0, 10).map(({ uid }) => uid)).toEqual(['later', 'late']);
    expect(timers.held().map(({ uid }) => uid)).toEqual(['not yet']);
  });

  it('give out no more than asked for', () => {
    const timers = localTimers({ clock: simulatedClock(1_000) });
    for (const uid of ['a', 'b', 'c']) timers.hold({ id, uid, at: 0, key: 'x' });

    expect(timers.overdue(() => 0, 2)).toHaveLength(2);
    expect(timers.held()).toHaveLength(1);
  });

  it('give a rollout out once, however many of its wakes are due', () => {
    const timers = localTimers({ clock: simulatedClock(1_000) });
    for (const at of [100, 200, 300, 5_000]) timers.hold({ id, uid: 'a', at, key: String(at) });

    expect(timers.overdue(() => 0, 10)).toMatchObject([{ at: 100 }]);
    expect(timers.held()).toMatchObject([{ at: 5_000 }]);
  });

  it('keep a bounded number per rollout, the soonest ones', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 17, maxLength: 60 }), (dues) => {
        const timers = localTimers({ clock: simulatedClock(-1) });
        for (const at of dues) timers.hold({ id, uid: 'a', at, key: String(at) });

        expect(timers.held().map(({ at }) => at)).toEqual(dues.toSorted((a, b) => a - b).slice(0, 16));
      }),
    );
  });
});
