// Nothing that a rollout is stands in a process or in Redis: controllers that die all the time, and a bell that is away.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type TestRedis, testRedis } from '../contract/wake-queue-redis.ts';
import type { SeenRollout } from '../support/api.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { bakesOf, weightsMoved } from '../support/history.ts';

const long = process.env['SERIN_LONG'] === '1';
const awayMs = long ? 60_000 : 20_000;
const livesMs = 5_000;
const lives = 60;

async function ownRedis({ onTestFinished }: Cleanup): Promise<TestRedis> {
  const redis = await testRedis();
  await redis.start();
  onTestFinished(() => redis.kill());
  return redis;
}

function isOver({ status }: SeenRollout): boolean {
  return status.phase === 'promoted' || status.phase === 'rolledBack';
}

describe.concurrent('a rollout', () => {
  it('whose controller is killed every five seconds is promoted, and no bake is shortened', async (context) => {
    const dying = await storyOf(context, 'dying');
    const bakeMs = 8_000;
    await dying.release({ steps: '25,50,100', bake: '8s' });

    let killed = 0;
    let seen = await dying.rollout();
    while (killed < lives && (seen === undefined || !isOver(seen))) {
      await pause(livesMs);
      await dying.controller().kill();
      killed += 1;
      await dying.startController();
      seen = await dying.rollout();
    }

    const end = await dying.reaches('promoted');
    expect(weightsMoved(end)).toEqual([25, 50, 100]);
    expect(Math.min(...bakesOf(end))).toBeGreaterThanOrEqual(bakeMs);
    expect(killed).toBeGreaterThan(3);
    expect(await dying.weights()).toEqual([0, 100]);
  });

  it('goes on when Redis is flushed in the middle of it', async (context) => {
    const redis = await ownRedis(context);
    const flushed = await storyOf(context, 'flushed', { controller: { redisUrl: redis.url } });
    await flushed.release({ bake: '3s' });
    await flushed.reaches('baking');

    await redis.flush();
    await flushed.until('the second bake', ({ status }) => status.step === 1 && status.phase === 'baking');
    await redis.flush();
    const end = await flushed.reaches('promoted');

    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
    expect(Math.min(...bakesOf(end))).toBeGreaterThanOrEqual(3_000);
  });

  it('moves on while Redis is away, and after it has come back empty', async (context) => {
    const redis = await ownRedis(context);
    const orphaned = await storyOf(context, 'orphaned', { controller: { redisUrl: redis.url } });
    const bakeMs = awayMs / 4;
    await orphaned.release({ bake: `${bakeMs / 1_000}s`, 'max-bake': '10m' });
    await orphaned.reaches('baking');

    await redis.kill();
    const before = await orphaned.until('the first bake', ({ status }) => status.phase === 'baking');
    await pause(awayMs);
    const meanwhile = await orphaned.rollout();
    await redis.start();
    const end = await orphaned.reaches('promoted', awayMs + 120_000);

    expect(meanwhile?.status.step).toBeGreaterThan(before.status.step);
    expect(meanwhile?.status.phase).not.toBe('promoted');
    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
    expect(Math.min(...bakesOf(end))).toBeGreaterThanOrEqual(bakeMs);
  });

  it('begins, moves and ends without Redis ever being there', async (context) => {
    const redis = await testRedis();
    const never = await storyOf(context, 'never', { controller: { redisUrl: redis.url } });
    await never.release();

    const end = await never.reaches('promoted');

    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
  });

  it('needs no Redis at all', async (context) => {
    const alone = await storyOf(context, 'alone', { controller: { alone: true } });
    await alone.release();

    const end = await alone.reaches('promoted');

    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
    expect(Math.min(...bakesOf(end))).toBeGreaterThanOrEqual(2_000);
  });
});
