// What everybody who announces promises; held by the one in memory and the one on a real API server.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Announcement, Events } from '../../src/controller/ports.ts';

/** An announcement as people see it. */
export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

/** Announcements under test, a clock that the test moves, and what people see. */
export interface EventsBench {
  readonly events: Events;
  readonly about: Announcement['about'];
  pass(ms: number): void;
  readonly seen: () => Promise<readonly SeenEvent[]>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function eventsContract(name: string, begin: () => Promise<EventsBench>): void {
  describe(`announcements (${name})`, () => {
    let bench: EventsBench;
    beforeEach(async () => {
      bench = await begin();
    });

    const say = (reason: string, message = 'The sentence.', type: Announcement['type'] = 'Normal'): Promise<void> =>
      bench.events.announce({ about: bench.about, type, reason, message });

    it('are seen with type, reason and sentence', async () => {
      await say('RolledBack', 'Too many errors: 3.1% against 0.2% (margin 0.5%).', 'Warning');

      expect(await bench.seen()).toEqual([
        {
          type: 'Warning',
          reason: 'RolledBack',
          message: 'Too many errors: 3.1% against 0.2% (margin 0.5%).',
          count: 1,
        },
      ]);
    });

    it('are counted when they are made again within ten minutes', async () => {
      for (let time = 0; time < 3; time += 1) {
        await say('WeightCorrected');
        bench.pass(9 * 60_000);
      }

      expect(await bench.seen()).toEqual([
        { type: 'Normal', reason: 'WeightCorrected', message: 'The sentence.', count: 3 },
      ]);
    });

    it('are new after ten minutes, and when anything in them differs', async () => {
      await say('WeightChanged');
      await say('WeightChanged', 'Another sentence.');
      await say('Baking');
      bench.pass(11 * 60_000);
      await say('WeightChanged');

      const seen = await bench.seen();
      expect(seen.map(({ reason, count }) => `${reason} ${count}`).toSorted()).toEqual([
        'Baking 1',
        'WeightChanged 1',
        'WeightChanged 1',
        'WeightChanged 1',
      ]);
    });
  });
}
