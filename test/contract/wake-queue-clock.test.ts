// The whole clock on a real Redis that fails in every way: rollouts go on being ticked, one tick of each at a time.
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { bullQueue } from '../../src/adapters/queue/bull-queue.ts';
import { silentLog } from '../../src/controller/log.ts';
import { localTimers } from '../../src/controller/timers.ts';
import { type WakeClock, wakeClock } from '../../src/controller/wake-clock.ts';
import { eventually } from '../support/eventually.ts';
import { type TestRedis, testRedis } from './wake-queue-redis.ts';

const clock = { now: () => Date.now() };
const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };
const soon = { withinMs: 60_000 };
const periodMs = 200;

/** A replica with one rollout that wants a tick every 200 ms, and no sweep that could help it out. */
interface Replica {
  readonly clock: WakeClock;
  /** How often a rollout was ticked here; its own when none is named. */
  readonly ticks: (uid?: string) => number;
  readonly overlapped: () => boolean;
}

let redis: TestRedis;
beforeEach(async () => {
  redis = await testRedis();
  onTestFinished(() => redis.kill());
  await redis.start();
});

async function replica(uid: string): Promise<Replica> {
  const queue = bullQueue({ url: redis.url, sweepMs: 3_600_000, concurrency: 5, clock, log: silentLog });
  const made = wakeClock({
    queue,
    timers: localTimers({ clock }),
    clock,
    log: silentLog,
    sweepMs: 3_600_000,
    tickTimeoutMs: 10_000,
    concurrency: 5,
  });
  const ticks: string[] = [];
  const underWay = new Set<string>();
  let overlapped = false;
  await made.start(
    async (rollout, own) => {
      overlapped ||= underWay.has(own);
      underWay.add(own);
      ticks.push(own);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const due = clock.now() + periodMs;
      underWay.delete(own);
      await made.wake(rollout, own, due, String(due));
    },
    async () => undefined,
  );
  onTestFinished(() => made.stop(500));
  await eventually('Redis to be in reach', async () => made.state().queue === 'healthy', soon);
  await made.wake(id, uid, clock.now(), 'first');
  return {
    clock: made,
    ticks: (of = uid) => ticks.filter((ticked) => ticked === of).length,
    overlapped: () => overlapped,
  };
}

async function goesOn(what: string, { ticks }: Replica): Promise<void> {
  const before = ticks();
  await eventually(`further ticks ${what}`, async () => ticks() >= before + 3, soon);
}

describe('a rollout goes on being ticked', () => {
  it('while Redis is killed, and when it is back and has forgotten everything', async () => {
    const one = await replica('uid-1');
    await goesOn('with Redis', one);

    await redis.kill();
    await eventually('the loss to be seen', async () => one.clock.state().queue === 'away', soon);
    await goesOn('without Redis', one);
    await redis.start();
    await eventually('Redis to be in reach', async () => one.clock.state().queue === 'healthy', soon);
    await goesOn('with Redis again', one);

    expect(one.overlapped()).toBe(false);
  });

  it('while Redis hangs, and when it goes on', async () => {
    const one = await replica('uid-1');
    await goesOn('with Redis', one);

    redis.hang();
    await eventually('the hang to be seen', async () => one.clock.state().queue === 'away', soon);
    await goesOn('while Redis hangs', one);
    redis.goOn();
    await eventually('Redis to be in reach', async () => one.clock.state().queue === 'healthy', soon);
    await goesOn('with Redis again', one);

    expect(one.overlapped()).toBe(false);
  });

  it('after Redis is flushed', async () => {
    const one = await replica('uid-1');
    await goesOn('before', one);

    for (let flushes = 0; flushes < 3; flushes += 1) {
      await redis.flush();
      await goesOn('after a flush', one);
    }
  });

  it('by a second replica when the first one leaves', async () => {
    const [one, other] = [await replica('uid-1'), await replica('uid-2')];
    await goesOn('by the first', one);

    await one.clock.stop(2_000);

    const before = other.ticks('uid-1');
    await eventually('the rollout of the first', async () => other.ticks('uid-1') >= before + 3, soon);
  });
});
