import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { memoryWakes } from '../../src/adapters/memory/wakes.ts';
import { type BullQueue, bullQueue } from '../../src/adapters/queue/bull-queue.ts';
import type { Fields, Log } from '../../src/controller/log.ts';
import { silentLog } from '../../src/controller/log.ts';
import { eventually } from '../support/eventually.ts';
import { ringing, wakeQueueContract } from './wake-queue.ts';
import { type TestRedis, testRedis } from './wake-queue-redis.ts';

const clock = { now: () => Date.now() };
const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };
const soon = { withinMs: 60_000 };

wakeQueueContract('memory', memoryWakes);

describe('on Redis', () => {
  let redis: TestRedis;
  let prefixes = 0;
  function ownPrefix(): string {
    prefixes += 1;
    return `{serin-${prefixes}}`;
  }
  beforeAll(async () => {
    redis = await testRedis();
    await redis.start();
  });
  afterAll(() => redis.kill());

  function queueOn({ sweepMs = 3_600_000, log = silentLog, prefix = ownPrefix() } = {}): BullQueue {
    const queue = bullQueue({ url: redis.url, prefix, sweepMs, concurrency: 5, clock, log });
    onTestFinished(() => queue.stop(500));
    return queue;
  }

  wakeQueueContract('Redis', (options) =>
    bullQueue({ ...options, url: redis.url, prefix: ownPrefix(), concurrency: 5, log: silentLog }),
  );

  describe('two replicas', () => {
    it('ring a wake once between them', async () => {
      const prefix = '{serin-pair}';
      const [one, other] = [await ringing(queueOn({ prefix })), await ringing(queueOn({ prefix }))];

      for (let n = 0; n < 20; n += 1) await one.queue.wake(id, `uid-${n}`, Date.now() + 100, 'x');

      await eventually('all wakes', async () => one.ticks.length + other.ticks.length >= 20, soon);
      expect(one.ticks.length + other.ticks.length).toBe(20);
    });

    it('ring for each other when one leaves', async () => {
      const prefix = '{serin-leave}';
      const [one, other] = [await ringing(queueOn({ prefix })), await ringing(queueOn({ prefix }))];
      await one.queue.wake(id, 'uid', Date.now() + 1_000, 'x');

      await one.queue.stop(1_000);

      await eventually('the wake at the other', async () => other.ticks.length === 1, soon);
    });
  });

  it('rings a wake again when the process that was ringing it is killed', async () => {
    const prefix = '{serin-killed}';
    const program = new URL('wake-queue-replica.ts', import.meta.url).pathname;
    const replica = spawn(process.execPath, [program, redis.url, prefix], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void replica.kill('SIGKILL'));
    const giving = queueOn({ prefix });
    await eventually('the wake to be taken', () => giving.offer(id, 'uid', Date.now(), 'x'), soon);
    await once(replica.stdout, 'data');

    replica.kill('SIGKILL');
    const other = await ringing(queueOn({ prefix }));

    await eventually('the wake at another', async () => other.ticks.some(({ uid }) => uid === 'uid'));
  });

  it('leaves nothing of a wake behind that was rung', async () => {
    const { queue, ticks } = await ringing(queueOn({ prefix: '{serin-tidy}' }));

    for (let n = 0; n < 10; n += 1) await queue.wake(id, `uid-${n}`, Date.now(), 'x');
    await eventually('all wakes', async () => ticks.length === 10, soon);

    await eventually(
      'no job left',
      async () => !(await redis.keys()).some((key) => key.startsWith('{serin-tidy}:wakes:uid')),
      soon,
    );
  });

  it('writes ids only into Redis', async () => {
    const queue = queueOn({ prefix: '{serin-ids}' });

    await eventually('the wake to be taken', () => queue.offer(id, 'uid', Date.now() + 60_000, 'x'), soon);

    expect((await redis.keys()).filter((key) => key.startsWith('{serin-ids}:wakes:uid'))).toEqual([
      '{serin-ids}:wakes:uid.x',
    ]);
  });
});

describe('when Redis fails', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await testRedis();
    onTestFinished(() => redis.kill());
  });

  function queueOn({ sweepMs = 3_600_000, log = silentLog } = {}): BullQueue {
    const queue = bullQueue({ url: redis.url, sweepMs, concurrency: 5, clock, log });
    onTestFinished(() => queue.stop(500));
    return queue;
  }

  it('starts without it and rings when it comes', async () => {
    const queue = queueOn();
    const ticks: string[] = [];
    await queue.start(
      async (_id, uid) => void ticks.push(uid),
      async () => undefined,
    );
    expect(await queue.offer(id, 'uid', Date.now(), 'x')).toBe(false);
    expect(queue.healthy()).toBe(false);
    expect(await queue.overdue()).toBeUndefined();

    await redis.start();

    await eventually('the queue to be healthy', async () => queue.healthy(), soon);
    expect(await queue.offer(id, 'uid', Date.now(), 'x')).toBe(true);
    await eventually('the wake', async () => ticks.includes('uid'), soon);
  });

  it('goes on after a kill and a start, tells that wakes may be lost, and sweeps again', async () => {
    await redis.start();
    const rings = await ringing(queueOn({ sweepMs: 1_000 }));
    let losses = 0;
    rings.queue.onLoss(() => {
      losses += 1;
    });

    await redis.kill();
    await eventually('the loss to be seen', async () => !rings.queue.healthy(), soon);
    expect(await rings.queue.offer(id, 'uid-1', Date.now(), 'x')).toBe(false);
    await redis.start();

    await eventually('the queue to be healthy', async () => rings.queue.healthy(), soon);
    await eventually('the loss to be told', async () => losses > 0, soon);
    await rings.queue.wake(id, 'uid-2', Date.now(), 'x');
    await eventually('a wake', async () => rings.ticks.some(({ uid }) => uid === 'uid-2'), soon);
    const sweeps = rings.sweeps.length;
    await eventually('further sweeps', async () => rings.sweeps.length > sweeps + 1, soon);
  });

  it('goes on after a flush, tells that wakes may be lost, and sweeps again', async () => {
    await redis.start();
    const rings = await ringing(queueOn({ sweepMs: 1_000 }));
    let losses = 0;
    rings.queue.onLoss(() => {
      losses += 1;
    });
    await eventually('a sweep', async () => rings.sweeps.length > 0, soon);

    await redis.flush();

    await eventually('the loss to be told', async () => losses > 0, soon);
    const sweeps = rings.sweeps.length;
    await eventually('further sweeps', async () => rings.sweeps.length > sweeps + 1, soon);
    await rings.queue.wake(id, 'uid-1', Date.now(), 'x');
    await eventually('a wake', async () => rings.ticks.some(({ uid }) => uid === 'uid-1'), soon);
  });

  it('gives up on a hung one soon, and goes on when it does', async () => {
    await redis.start();
    const { queue, ticks } = await ringing(queueOn());

    redis.hang();
    const settled = Promise.race([
      queue.offer(id, 'uid-1', Date.now(), 'x'),
      new Promise((resolve) => setTimeout(resolve, 10_000, 'still waiting').unref()),
    ]);

    expect(await settled).toBe(false);
    expect(queue.healthy()).toBe(false);
    redis.goOn();
    await eventually('the queue to be healthy', async () => queue.healthy(), soon);
    await queue.wake(id, 'uid-2', Date.now(), 'x');
    await eventually('a wake', async () => ticks.some(({ uid }) => uid === 'uid-2'), soon);
  });

  it('leaves a full one alone for a while instead of taking its answers for health', async () => {
    await redis.start();
    const lines: string[] = [];
    const { queue } = await ringing(queueOn({ log: logInto(lines) }));

    await redis.fill();
    expect(await queue.offer(id, 'uid', Date.now(), 'x')).toBe(false);
    let looks = 0;
    await eventually('thirty looks', async () => (await queue.overdue()) !== undefined && ++looks >= 30, soon);

    expect(queue.healthy()).toBe(false);
    expect(lines.filter((line) => line.startsWith('warn: Redis is out of reach'))).toHaveLength(1);
  });

  it('stops while Redis hangs', async () => {
    await redis.start();
    const { queue } = await ringing(queueOn());

    redis.hang();
    await queue.stop(500);

    expect(queue.healthy()).toBe(false);
  });

  it('logs that Redis went and came, once each, and no credentials', async () => {
    const lines: string[] = [];
    const queue = queueOn({ log: logInto(lines) });
    await queue.start(
      async () => undefined,
      async () => undefined,
    );
    await eventually('the first line', async () => lines.length > 0, soon);

    await redis.start();
    await eventually('the queue to be healthy', async () => queue.healthy(), soon);
    await redis.kill();
    await eventually('three refused attempts', async () => !(await queue.offer(id, 'u', 0, 'x')), soon);
    await redis.start();
    await eventually('the queue to be healthy', async () => queue.healthy(), soon);

    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'warn: Redis is',
      'info: Redis rings',
      'warn: Redis is',
      'info: Redis rings',
    ]);
  });
});

function logInto(lines: string[]): Log {
  const line = (level: string) => (message: string, _fields?: Fields) => void lines.push(`${level}: ${message}`);
  return { info: line('info'), warn: line('warn'), error: line('error'), child: () => logInto(lines) };
}
