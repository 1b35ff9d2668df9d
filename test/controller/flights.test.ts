import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlightRules, flights, type Tick, type TickOutcome } from '../../src/controller/flights.ts';
import { simulatedClock } from '../support/clock.ts';

const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };

describe('ticks of one process', () => {
  it('never overlap for one rollout; wakes during a tick cause one more after it', async () => {
    const field = airfield();

    const all = [field.air.tick(id, 'a'), field.air.tick(id, 'a'), field.air.tick(id, 'a'), field.air.tick(id, 'a')];
    await field.begun(1);
    expect(field.starts).toEqual(['a']);
    field.end('a');
    await field.begun(2);
    field.end('a');
    await Promise.all(all);

    expect(field.starts).toEqual(['a', 'a']);
    expect(field.air.underWay()).toBe(0);
  });

  it('overlap for different rollouts', async () => {
    const field = airfield();

    const both = [field.air.tick(id, 'a'), field.air.tick(id, 'b')];
    await field.begun(2);

    expect(field.air.underWay()).toBe(2);
    field.end('a');
    field.end('b');
    await Promise.all(both);
  });

  it('never overlap and never lose a wake, in whatever order they are asked for and end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ask a', 'ask b', 'end a', 'end b'), { maxLength: 40 }),
        async (orders) => {
          const field = airfield();
          const asked: Promise<void>[] = [];
          for (const order of orders) {
            const uid = order.slice(-1);
            if (order.startsWith('ask')) asked.push(field.air.tick(id, uid));
            else field.end(uid);
            await microtasks();
            expect(field.overlap()).toBe(false);
          }
          for (let rest = 0; rest <= orders.length; rest += 1) {
            field.end('a');
            field.end('b');
            await microtasks();
          }
          await Promise.all(asked);
          expect(field.air.underWay()).toBe(0);
        },
      ),
    );
  });

  it('tell how each ended', async () => {
    const ends: TickOutcome[] = [];
    const air = flights(
      rules({
        tick: async (_id, uid) => {
          if (uid === 'bad') throw new Error('no');
        },
        ends,
      }),
    );

    await air.tick(id, 'good');
    await air.tick(id, 'bad');

    expect(ends).toEqual(['done', 'failed']);
  });

  it('are told when their time is up', async () => {
    const ends: TickOutcome[] = [];
    const air = flights({ ...rules({ tick: untilAborted, ends }), timeoutMs: 20 });

    await air.tick(id, 'slow');

    expect(ends).toEqual(['timedOut']);
  });

  it('are waited for, then aborted, when the process leaves; and none begins after', async () => {
    const ends: TickOutcome[] = [];
    const air = flights(rules({ tick: untilAborted, ends }));
    const tick = air.tick(id, 'slow');

    expect(await air.land(20)).toBe(false);

    await tick;
    expect(ends).toEqual(['failed']);
    await expect(air.tick(id, 'another')).rejects.toThrow('leaving');
  });
});

function rules({ tick, ends }: { readonly tick: Tick; readonly ends: TickOutcome[] }): FlightRules {
  return { tick, timeoutMs: 60_000, clock: simulatedClock(0), ended: (_id, _uid, outcome) => void ends.push(outcome) };
}

const untilAborted: Tick = (_id, _uid, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

/** Flights whose ticks end when the test says so. */
function airfield() {
  const starts: string[] = [];
  const open: { readonly uid: string; readonly end: () => void }[] = [];
  let overlapped = false;
  const air = flights(
    rules({
      ends: [],
      tick: (_id, uid) => {
        starts.push(uid);
        overlapped ||= open.some((other) => other.uid === uid);
        return new Promise((resolve) => void open.push({ uid, end: resolve }));
      },
    }),
  );
  return {
    air,
    starts,
    overlap: () => overlapped,
    end(uid: string) {
      const index = open.findIndex((tick) => tick.uid === uid);
      if (index >= 0) open.splice(index, 1)[0]?.end();
    },
    async begun(count: number) {
      for (let turn = 0; turn < 50 && starts.length < count; turn += 1) await microtasks();
      expect(starts).toHaveLength(count);
    },
  };
}

/** Lets everything that only waits for other promises come to rest. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
