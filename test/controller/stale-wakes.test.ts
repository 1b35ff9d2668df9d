// A queue that is behind holds wakes whose work has been done meanwhile; ringing them would keep it behind.
import { expect, it, onTestFinished } from 'vitest';
import { memoryWakes } from '../../src/adapters/memory/wakes.ts';
import { silentLog } from '../../src/controller/log.ts';
import { localTimers } from '../../src/controller/timers.ts';
import { wakeClock } from '../../src/controller/wake-clock.ts';
import { simulatedClock } from '../support/clock.ts';

const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };

it('lets go of a late wake when a tick that began after its due time has ended well', async () => {
  const { clock, time, ring, ticks } = await running();
  for (const due of [1_000, 2_000, 3_000]) await clock.wake(id, 'a', due, `${due}`);

  await ring(5_000);
  await clock.wake(id, 'a', 4_000, 'asked while behind');
  time.reach(9_000);
  await ring(9_000);

  expect(ticks).toEqual([5_000, 5_000]); // three wakes at once are one tick and one more after it; the last one is done
});

it('rings a late wake when the tick since then has failed, or there was none', async () => {
  let fails = true;
  const { clock, ring, ticks } = await running(async () => {
    if (fails) throw new Error('no cluster');
  });
  await clock.wake(id, 'a', 1_000, 'x');
  await ring(5_000);
  fails = false;

  await clock.wake(id, 'a', 4_000, 'y');
  await clock.wake(id, 'b', 4_000, 'y');
  await ring(5_500);

  expect(ticks).toEqual([5_000, 5_500, 5_500]);
});

it('rings a wake that is hardly late, whatever was ticked since: the clocks of replicas differ', async () => {
  const { clock, ring, ticks } = await running();
  await clock.wake(id, 'a', 1_000, 'x');
  await ring(1_900);

  await clock.wake(id, 'a', 1_800, 'y');
  await ring(2_000);

  expect(ticks).toEqual([1_900, 2_000]);
});

async function running(tick: () => Promise<void> = async () => undefined) {
  const time = simulatedClock(0);
  const ticks: number[] = [];
  const queue = memoryWakes({ clock: time, sweepMs: 3_600_000 });
  const clock = wakeClock({
    queue: { ...queue, start: queue.startByHand },
    timers: localTimers({ clock: time }),
    clock: time,
    log: silentLog,
    sweepMs: 3_600_000,
    tickTimeoutMs: 30_000,
    concurrency: 10,
    every: () => () => undefined,
  });
  onTestFinished(() => clock.stop(10));
  await clock.start(
    async () => {
      ticks.push(time.now());
      await tick();
    },
    async () => undefined,
  );
  async function ring(at: number): Promise<void> {
    time.reach(at);
    queue.ring();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { clock, time, ticks, ring };
}
