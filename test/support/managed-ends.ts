// How a managed rollout has to leave things, whichever way it went.
import { expect } from 'vitest';
import type { SeenRollout } from './api.ts';
import { awaitedRollouts } from './awaited-rollouts.ts';
import { eventually } from './eventually.ts';
import { failedOnTheWay, fieldsOfSerin, madeBySerin, servedBy, snapshotOf } from './managed-measures.ts';
import type { ManagedStory } from './managed-story.ts';

/** The user's objects as they were before anything began, for `expectAsBefore`. */
export type Before = Readonly<Record<string, string>>;

/** The user's objects as they are. */
export function remember(of: ManagedStory): Promise<Before> {
  return snapshotOf(of);
}

/** The objects are as they were, byte for byte, nothing of Serin's is left, and no request met a hole on the way. */
export async function expectAsBefore(of: ManagedStory, before: Before): Promise<void> {
  await eventually('what Serin made to be gone', async () => {
    const made = await madeBySerin(of);
    if (made.length > 0) throw new Error(`There still is ${made.join(', ')}.`);
    return true;
  });
  expect(await snapshotOf(of)).toEqual(before);
  expect(await fieldsOfSerin(of)).toEqual([]);
  expect(await failedOnTheWay(of)).toEqual({});
}

/** No pod of the tag was sent a request before the rollout meant it to have any. */
export async function expectNotServedEarly(of: ManagedStory, tag: string, rollout: SeenRollout): Promise<void> {
  const [first] = rollout.status.history.filter(({ phase }) => phase === 'shifting');
  const { firstAt } = await servedBy(of, tag);
  expect(firstAt).toBeGreaterThanOrEqual(first === undefined ? Number.POSITIVE_INFINITY : Date.parse(first.time));
}

/** The Deployment waits under Serin's pause. */
export async function expectHeld(of: ManagedStory): Promise<void> {
  const { spec, metadata } = await of.deployment();
  expect({ paused: spec.paused, held: metadata.annotations['serin.dev/held'] !== undefined }).toEqual({
    paused: true,
    held: true,
  });
}

/** The Deployment is not paused, and runs by itself what it is told. */
export async function expectLetGo(of: ManagedStory): Promise<void> {
  await eventually('the hold to be lifted', async () => {
    const { spec, metadata } = await of.deployment();
    return !spec.paused && metadata.annotations['serin.dev/held'] === undefined;
  });
}

/** Rollout number `count` of the story, counted from 1, once it is the last and in the phase. */
export async function rolloutNumber(
  of: ManagedStory,
  phase: string,
  count: number,
  withinMs = 200_000,
): Promise<SeenRollout> {
  let stands: readonly string[] = [];
  function look(all: readonly SeenRollout[]): SeenRollout | undefined {
    stands = all.map(({ metadata, status }) => `${metadata.name} is ${status.phase}: ${status.message}`);
    const last = all.at(-1);
    return all.length === count && last?.status.phase === phase ? last : undefined;
  }
  try {
    return await awaitedRollouts(of.api, of.namespace, `rollout ${count} to be ${phase}`, look, { withinMs });
  } catch (cause) {
    const words = of.controller().output().split('\n').slice(-12);
    throw new Error([String(cause), ...stands, ...words].join('\n'), { cause });
  }
}
