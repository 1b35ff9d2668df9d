// Ends a controller with kill -9 at chosen writes, before the API server has seen them or before the controller has heard
// of it, and starts the next one.
import type { Controller } from '../../tools/scene/controller.ts';
import { nameOf } from './write-names.ts';
import type { Interception, SentWrite } from './write-proxy.ts';

/** The writes that are struck, by the names that `namesOf` gives, and on which side. */
export interface KillPlan {
  readonly at: readonly string[];
  readonly when: 'before' | 'after';
}

/** A kill that took place. */
export interface Hit {
  readonly name: string;
  readonly when: KillPlan['when'];
  /** The rollout's saved phase at that moment; `none` before there is one. */
  readonly phase: string;
}

/** What killing needs: who writes, where the rollout stands, and how the next controller is started. */
export interface Scene {
  readonly first: Controller;
  phase(): Promise<string>;
  next(): Promise<Controller>;
}

/** The names of writes in their order, told apart where one occurs again: `disown`, `disown 2`. */
export function namesOf(writes: readonly SentWrite[]): readonly string[] {
  const numbered = numbering();
  return writes.map((write) => numbered(write, true));
}

/** Kills as planned. `hits` is filled as it happens. A later kill waits until the controller of the one before is ready. */
export function killing({ at, when }: KillPlan, scene: Scene, hits: Hit[]): Interception {
  const numbered = numbering();
  const due = new Set(at);
  const doomed = new Map<number, string>();
  let writing = Promise.resolve(scene.first);

  async function strike(name: string): Promise<'cut off'> {
    await (await writing).kill();
    hits.push({ name, when, phase: await scene.phase() });
    writing = scene.next();
    await writing;
    return 'cut off';
  }

  return {
    before: async (write) => {
      const name = numbered(write, false);
      const struck = due.delete(name);
      if (struck && when === 'before') return strike(name);
      numbered(write, true);
      if (struck) doomed.set(write.number, name);
      return 'forward';
    },
    after: async ({ number }) => {
      const name = doomed.get(number);
      return name === undefined ? 'answer' : strike(name);
    },
  };
}

/** Names writes; one that is not counted, because it never happened, lends its name to the next of its kind. */
function numbering(): (write: SentWrite, counted: boolean) => string {
  const times = new Map<string, number>();
  return (write, counted) => {
    const plain = nameOf(write);
    const time = (times.get(plain) ?? 0) + 1;
    if (counted) times.set(plain, time);
    return time === 1 ? plain : `${plain} ${time}`;
  };
}

/** Does the tasks in order, `width` of them at a time, and gives the reasons of those that failed. */
export async function allOf(tasks: readonly (() => Promise<void>)[], width: number): Promise<readonly unknown[]> {
  const waiting = [...tasks];
  const failures: unknown[] = [];
  async function work(): Promise<void> {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      await task().catch((reason: unknown) => failures.push(reason));
    }
  }
  await Promise.all(Array.from({ length: width }, work));
  return failures;
}
