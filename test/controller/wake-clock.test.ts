import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryWakes } from '../../src/adapters/memory/wakes.ts';
import type { TickOutcome } from '../../src/controller/flights.ts';
import { silentLog } from '../../src/controller/log.ts';
import { localTimers } from '../../src/controller/timers.ts';
import { type ClockParts, wakeClock } from '../../src/controller/wake-clock.ts';
import { simulatedClock } from '../support/clock.ts';

const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };

describe('the clock', () => {
  it('rings a due rollout by itself when there is no queue', async () => {
    const { clock, time, beat, ticks } = await running({});

    await clock.wake(id, 'a', 5_000, 'x');
    beat();
    expect(ticks).toEqual([]);
    time.reach(5_000);
    beat();

    await microtasks();
    expect(ticks).toEqual(['a']);
    expect(clock.state()).toMatchObject({ queue: 'none' });
  });

  it('leaves the ringing to the queue while that is well', async () => {
    const { clock, time, beat, ticks, queue } = await running({ withQueue: true });

    await clock.wake(id, 'a', 5_000, 'x');
    time.reach(6_500);
    beat();
    await microtasks();
    expect(ticks).toEqual([]);

    queue.ring();
    await microtasks();
    expect(ticks).toEqual(['a']);
    time.reach(200_000);
    beat();
    await microtasks();
    expect(ticks).toEqual(['a']);
  });

  it('rings what the queue has forgotten, a minute late', async () => {
    const { clock, time, beat, ticks } = await running({ withQueue: true });

    await clock.wake(id, 'a', 5_000, 'x');
    time.reach(65_000);
    beat();

    await microtasks();
    expect(ticks).toEqual(['a']);
  });

  it('rings what the queue took before it went away, a second late', async () => {
    const { clock, time, beat, ticks, queue } = await running({ withQueue: true });
    await clock.wake(id, 'a', 5_000, 'x');

    queue.reach(false);
    time.reach(5_999);
    beat();
    await microtasks();
    expect(ticks).toEqual([]);
    time.reach(6_000);
    beat();

    await microtasks();
    expect(ticks).toEqual(['a']);
    expect(clock.state()).toMatchObject({ queue: 'away' });
  });

  it('rings what the queue never took at its time, also when it is back', async () => {
    const { clock, time, beat, ticks, queue } = await running({ withQueue: true });
    queue.reach(false);
    await clock.wake(id, 'a', 5_000, 'x');

    queue.reach(true);
    time.reach(5_000);
    beat();

    await microtasks();
    expect(ticks).toEqual(['a']);
  });

  it('gives the queue again what it may have lost', async () => {
    const { clock, queue } = await running({ withQueue: true });
    await clock.wake(id, 'a', 5_000, 'x');
    await clock.wake(id, 'b', 6_000, 'y');

    queue.flush();

    await microtasks();
    expect(queue.asked()).toMatchObject([
      { uid: 'a', at: 5_000 },
      { uid: 'b', at: 6_000 },
    ]);
  });

  it('tries a failed tick again, ever later up to half a minute', async () => {
    const { clock, time, beat, ticks } = await running({ tick: () => Promise.reject(new Error('no cluster')) });
    await clock.wake(id, 'a', 0, 'x');

    const pauses: number[] = [];
    for (let seen = 0, at = 0; seen < 7 && at < 300_000; at += 500) {
      time.reach(at);
      beat();
      await microtasks();
      if (ticks.length > seen) pauses.push(at);
      seen = ticks.length;
    }

    expect(pauses.map((at, index) => at - (pauses[index - 1] ?? 0))).toEqual([
      0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000,
    ]);
    expect(clock.state().failedInARow).toBe(7);
  });

  it('keeps to its share of ticks at a time, longest overdue first', async () => {
    const ends: (() => void)[] = [];
    const { clock, time, beat, ticks } = await running({
      concurrency: 2,
      tick: () => new Promise<void>((resolve) => void ends.push(resolve)),
    });
    for (const [index, uid] of ['a', 'b', 'c'].entries()) await clock.wake(id, uid, 100 + index, 'x');

    time.reach(1_000);
    beat();
    beat();
    await microtasks();
    expect(ticks).toEqual(['a', 'b']);
    for (const end of ends) end();
    await microtasks();
    beat();
    await microtasks();

    expect(ticks).toEqual(['a', 'b', 'c']);
    for (const end of ends) end();
  });

  it('sweeps at once, then by itself only while no queue does', async () => {
    const { time, beat, sweeps, queue } = await running({ withQueue: true });
    expect(sweeps).toHaveLength(1);

    time.reach(90_000);
    beat();
    await microtasks();
    expect(sweeps).toHaveLength(1);
    queue.reach(false);
    beat();
    await microtasks();
    beat();
    await microtasks();

    expect(sweeps).toEqual([0, 90_000]);
  });

  it('goes on sweeping after a sweep that failed', async () => {
    const { time, beat, sweeps } = await running({ sweep: () => Promise.reject(new Error('no cluster')) });

    for (const at of [30_000, 60_000]) {
      time.reach(at);
      beat();
      await microtasks();
    }

    expect(sweeps).toEqual([0, 30_000, 60_000]);
  });

  it('counts ticks and how late they were', async () => {
    const late: number[] = [];
    const outcomes: TickOutcome[] = [];
    const { clock, time, beat } = await running({
      counter: { ticked: (outcome) => void outcomes.push(outcome), late: (ms) => void late.push(ms) },
    });
    await clock.wake(id, 'a', 1_000, 'x');

    time.reach(1_200);
    beat();
    await microtasks();

    expect({ late, outcomes }).toEqual({ late: [200], outcomes: ['done'] });
  });
});

/** Lets everything that only waits for other promises come to rest. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function running(asked: {
  readonly withQueue?: boolean;
  readonly tick?: () => Promise<void>;
  readonly sweep?: () => Promise<void>;
  readonly concurrency?: number;
  readonly counter?: NonNullable<ClockParts['counter']>;
}) {
  const time = simulatedClock(0);
  const beats: (() => void)[] = [];
  const ticks: string[] = [];
  const sweeps: number[] = [];
  const queue = memoryWakes({ clock: time, sweepMs: 3_600_000 });
  const clock = wakeClock({
    ...(asked.withQueue ? { queue: { ...queue, start: queue.startByHand } } : {}),
    ...(asked.counter === undefined ? {} : { counter: asked.counter }),
    timers: localTimers({ clock: time }),
    clock: time,
    log: silentLog,
    sweepMs: 30_000,
    tickTimeoutMs: 30_000,
    concurrency: asked.concurrency ?? 10,
    every: (_ms, beat) => {
      beats.push(beat);
      return () => void beats.splice(0);
    },
  });
  onTestFinished(() => clock.stop(10));
  await clock.start(
    async (_id, uid) => {
      ticks.push(uid);
      await asked.tick?.();
    },
    async () => {
      sweeps.push(time.now());
      await asked.sweep?.();
    },
  );
  return { clock, time, ticks, sweeps, queue, beat: () => beats[0]?.() };
}
