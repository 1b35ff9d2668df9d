import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, dueOf, dueOfScore, jobIdOf, readWake } from '../../../src/adapters/queue/jobs.ts';

describe('the job of a wake', () => {
  it('is named by uid and key, so that the same wake asked for twice is one job', () => {
    expect(jobIdOf('6f1c-9a', '1700000000000', new Set())).toBe('6f1c-9a.1700000000000');
  });

  it('never has an id that BullMQ refuses', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (uid, key) => {
        const id = jobIdOf(uid, key, new Set());
        expect(id).not.toContain(':');
        expect(id).not.toMatch(/^\d+$/);
      }),
    );
  });

  it('has another id while one of that id is under way, else it would be swallowed', () => {
    const underWay = new Set(['u.5', 'u.5.again1']);

    expect(jobIdOf('u', '5', underWay)).toBe('u.5.again2');
  });

  it('carries the place of the rollout and its uid, and nothing else', () => {
    const rollout = { namespace: 'shop', name: 'reviews-v2-abc-1', secret: 'no' };

    expect(dataOf(rollout, 'u')).toEqual({ namespace: 'shop', name: 'reviews-v2-abc-1', uid: 'u' });
  });

  it.each([
    [null],
    [{}],
    ['text'],
    [{ namespace: 'shop', name: '', uid: 'u' }],
    [{ namespace: 1, name: 'n', uid: 'u' }],
  ])('is not read from %j', (data) => {
    expect(readWake(data)).toBeUndefined();
  });

  it('is due at its delay after it was made, at once without one', () => {
    expect(dueOf({ timestamp: 1_000, opts: { delay: 250 } })).toBe(1_250);
    expect(dueOf({ timestamp: 1_000, opts: {} })).toBe(1_000);
  });

  it('is due at the time within its score, whatever the counter in the low bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 0, max: 4_095 }), (due, counter) => {
        expect(dueOfScore(String(due * 4_096 + counter))).toBe(due);
      }),
    );
  });
});
