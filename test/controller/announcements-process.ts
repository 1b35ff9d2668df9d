// One process that tells of rollouts, on a simulated clock: its loop, its store, and its death.
import { announcer } from '../../src/controller/announce-outbox.ts';
import { silentLog } from '../../src/controller/log.ts';
import type { RolloutStore } from '../../src/controller/ports.ts';
import type { RolloutId } from '../../src/domain/rollout.ts';
import type { Millis } from '../../src/domain/time.ts';
import type { FaultyAnnouncements } from './announcements-faults.ts';
import { awake, type Chance, type Life, type Timeline } from './announcements-timeline.ts';

/** What a process is started with. */
export interface ProcessParts {
  readonly rollouts: RolloutStore;
  readonly time: Timeline;
  readonly chance: Chance;
  readonly slack: FaultyAnnouncements;
  /** Unlike every other process. */
  readonly by: string;
  /** How often the cluster fails, between 0 and 1. */
  readonly unreachable: number;
  /** Called after each of its writes. */
  readonly wrote: (id: RolloutId) => void;
  readonly maybeTwice: () => void;
}

/** A process while it lives. */
export interface Process {
  /** Its watch has seen a change. */
  changed(id: RolloutId): void;
  /** Nothing it waits for is heard of any more; what it has sent is under way all the same. */
  kill(): void;
  /** It stands still for so long, as a machine that sleeps, and then goes on as if nothing had been. */
  suspend(ms: Millis): void;
}

/** Starts a process. */
export function simulatedProcess(parts: ProcessParts): Process {
  const { rollouts, time, chance, slack, by, maybeTwice } = parts;
  const life = { dead: false, asleepUntil: 0 };
  let delivering = false;
  const telling = announcer({
    rollouts: unsteady(parts, life),
    announcements: slack.announcements(life),
    clock: time.clock,
    counter: { spoken: () => undefined, maybeTwice },
    by,
    log: silentLog,
    chance,
    woken: () => time.in(0, turn),
  });

  function turn(): void {
    const due = telling.nextDue();
    if (life.dead || delivering || due === undefined) return;
    const from = Math.max(due, life.asleepUntil);
    if (from > time.clock.now()) time.in(from - time.clock.now(), turn);
    else void deliver();
  }

  async function deliver(): Promise<void> {
    delivering = true;
    await telling.deliverDue();
    delivering = false;
    time.in(0, turn);
  }

  return {
    changed(id) {
      void rollouts.get(id).then((rollout) => {
        if (rollout !== undefined && !life.dead) telling.changed(rollout);
      });
    },
    kill() {
      life.dead = true;
    },
    suspend(ms) {
      life.asleepUntil = time.clock.now() + ms;
    },
  };
}

const slow: Millis = 30;

/** A store that takes its time, fails now and then, and at times saves without saying so. */
function unsteady(parts: ProcessParts, life: Life): Pick<RolloutStore, 'get' | 'save'> {
  const { rollouts, time, chance, wrote } = parts;

  function later<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      time.in(chance() * slow, () => {
        awake(time, life, () => void work().then(resolve, reject));
      });
    });
  }

  function mayFail(): void {
    if (chance() < parts.unreachable) throw new Error('The cluster cannot be reached.');
  }

  return {
    get: (id) =>
      later(async () => {
        mayFail();
        return rollouts.get(id);
      }),
    save: (rollout, status) =>
      later(async () => {
        mayFail();
        const saved = await rollouts.save(rollout, status);
        wrote(rollout.id);
        mayFail();
        return later(async () => saved);
      }),
  };
}
