import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, startingPace } from '../../../tools/mesh/pace.ts';

describe('advance', () => {
  it('owes rps times the elapsed time, however often it is asked', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 5000 }), (steps, rps) => {
        let pace = startingPace(1000);
        let nowMs = 1000;
        for (const step of steps) {
          nowMs += step;
          pace = advance(pace, rps, nowMs);
        }

        expect(Math.abs(pace.next - ((nowMs - 1000) * rps) / 1000)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('catches up on five seconds after a longer stall', () => {
    expect(advance(startingPace(0), 10, 60_000).next).toBe(50);
  });

  it('stands still when the clock does not move on', () => {
    const pace = advance(startingPace(0), 10, 1000);

    expect(advance(pace, 10, 900).next).toBe(10);
  });
});
