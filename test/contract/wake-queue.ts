// What every queue of wakes promises; held by the one in memory and the one on Redis.
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/controller/ports.ts';
import type { Bell } from '../../src/controller/wake-clock.ts';
import { eventually } from '../support/eventually.ts';

const systemClock: Clock = { now: () => Date.now() };
const id = { namespace: 'shop', name: 'reviews-v2-abc-1' };
const soon = { withinMs: 15_000 };

/** Makes a queue that nobody has used; the suite stops it. */
export type MakeQueue = (options: { readonly clock: Clock; readonly sweepMs: number }) => Bell;

/** A queue that records what it rang. */
export interface Rings {
  readonly queue: Bell;
  readonly ticks: { readonly uid: string; readonly name: string; readonly at: number; readonly late: number }[];
  readonly sweeps: number[];
}

/** Starts a queue whose ticks are recorded and then do `work`. */
export async function ringing(
  queue: Bell,
  work: (uid: string) => Promise<void> = async () => undefined,
): Promise<Rings> {
  const rings: Rings = { queue, ticks: [], sweeps: [] };
  await queue.start(
    async (rollout, uid, late) => {
      rings.ticks.push({ uid, name: rollout.name, at: Date.now(), late });
      await work(uid);
    },
    async () => void rings.sweeps.push(Date.now()),
  );
  await eventually('the queue to be healthy', async () => queue.healthy(), soon);
  return rings;
}

export function wakeQueueContract(name: string, make: MakeQueue): void {
  describe(`the queue of wakes (${name})`, () => {
    const queues: Bell[] = [];
    function queue(sweepMs = 3_600_000): Bell {
      const made = make({ clock: systemClock, sweepMs });
      queues.push(made);
      return made;
    }
    afterEach(async () => {
      await Promise.all(queues.splice(0).map((made) => made.stop(1_000)));
    });

    it('rings a wake that is due at once, with its rollout and uid', async () => {
      const { queue: bell, ticks } = await ringing(queue());

      await bell.wake(id, 'uid-a', Date.now() - 1_000, '17');

      await eventually('the wake', async () => ticks.length > 0, soon);
      expect(ticks).toMatchObject([{ uid: 'uid-a', name: id.name }]);
    });

    it('rings a later wake not before its time, and says how late it is', async () => {
      const { queue: bell, ticks } = await ringing(queue());
      const due = Date.now() + 700;

      await bell.wake(id, 'uid-b', due, String(due));

      await eventually('the wake', async () => ticks.length > 0, soon);
      expect(ticks[0]?.at).toBeGreaterThanOrEqual(due);
      expect(ticks[0]?.late).toBeGreaterThanOrEqual(0);
    });

    it('rings once what was asked for several times under one key', async () => {
      const { queue: bell, ticks } = await ringing(queue());
      const due = Date.now() + 500;

      await Promise.all(Array.from({ length: 5 }, () => bell.wake(id, 'uid-c', due, String(due))));
      await bell.wake(id, 'uid-after', due + 300, 'after');

      await eventually('the wake after it', async () => ticks.some(({ uid }) => uid === 'uid-after'), soon);
      expect(ticks.filter(({ uid }) => uid === 'uid-c')).toHaveLength(1);
    });

    it('takes a wake again under a key that was rung before', async () => {
      const { queue: bell, ticks } = await ringing(queue());

      await bell.wake(id, 'uid-d', Date.now(), 'same');
      await eventually('the first ring', async () => ticks.length === 1, soon);
      await eventually(
        'the second ring',
        async () => {
          await bell.wake(id, 'uid-d', Date.now(), 'same');
          return ticks.length >= 2;
        },
        soon,
      );
    });

    it('keeps a wake for the very key that is being rung, as a tick asks when it comes too early', async () => {
      const bell = queue();
      let asked = false;
      const rings = await ringing(bell, async (uid) => {
        if (asked) return;
        asked = true;
        await bell.wake(id, uid, Date.now() + 200, '4711');
      });

      await bell.wake(id, 'uid-e', Date.now(), '4711');

      await eventually('the second ring', async () => rings.ticks.length === 2, soon);
    });

    it('rings a wake again whose tick rejected, and others meanwhile', async () => {
      let failed = 0;
      const { queue: bell, ticks } = await ringing(queue(), async (uid) => {
        if (uid === 'uid-f' && failed++ < 1) throw new Error('The cluster did not answer.');
      });

      await bell.wake(id, 'uid-f', Date.now(), 'x');
      await bell.wake(id, 'uid-g', Date.now(), 'x');

      await eventually(
        'two rings of the one',
        async () => ticks.filter(({ uid }) => uid === 'uid-f').length === 2,
        soon,
      );
      expect(ticks.filter(({ uid }) => uid === 'uid-g')).toHaveLength(1);
    });

    it('takes any characters in a key', async () => {
      const { queue: bell, ticks } = await ringing(queue());

      for (const key of ['a:b', '12', 'ä/ö', ' ']) await bell.wake(id, '42', Date.now(), key);

      await eventually('all four', async () => ticks.length === 4, soon);
    });

    it('sweeps periodically', async () => {
      const { sweeps } = await ringing(queue(300));

      await eventually('three sweeps', async () => sweeps.length >= 3, soon);
    });

    it('waits for a tick under way when it stops, and rings nothing after', async () => {
      let landed = false;
      const { queue: bell, ticks } = await ringing(queue(), async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        landed = true;
      });
      await bell.wake(id, 'uid-h', Date.now(), 'x');
      await eventually('the tick', async () => ticks.length > 0, soon);

      await bell.stop(10_000);

      expect(landed).toBe(true);
      expect(bell.healthy()).toBe(false);
      expect(await bell.offer(id, 'uid-i', Date.now(), 'x')).toBe(false);
      expect(ticks).toHaveLength(1);
    });

    it('does not wait for ever for a tick that does not end', async () => {
      const { queue: bell, ticks } = await ringing(queue(), () => new Promise(() => undefined));
      await bell.wake(id, 'uid-j', Date.now(), 'x');
      await eventually('the tick', async () => ticks.length > 0, soon);

      await expect(bell.stop(100)).resolves.toBeUndefined();
    });

    it('says by how much the oldest wake is overdue', async () => {
      const bell = queue();
      await eventually('the wake to be taken', () => bell.offer(id, 'uid-k', Date.now() - 5_000, 'x'), soon);

      expect(await bell.overdue()).toBeGreaterThanOrEqual(0);
    });
  });
}
