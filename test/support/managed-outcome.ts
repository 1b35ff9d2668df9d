// Where a managed story has ended up, without anything that depends on when: to be compared with the same story told otherwise.
import { expect } from 'vitest';
import { z } from 'zod';
import { imageOf } from '../../tools/scene/managed.ts';
import { rolloutsIn, type SeenRollout } from './api.ts';
import { phasesEntered } from './history.ts';
import { failedOnTheWay, fieldsOfSerin, madeBySerin, snapshotOf } from './managed-measures.ts';
import type { ManagedStory } from './managed-story.ts';

/** How a story has to end. */
export interface EndWanted {
  readonly phase: 'promoted' | 'rolledBack';
  readonly rollouts: number;
  /** The tag that runs. */
  readonly runs: string;
}

/** All that must be the same, however the rollouts got there. */
export interface Outcome {
  readonly rollouts: readonly unknown[];
  /** Serin's annotations on the Deployment. */
  readonly marks: Readonly<Record<string, string>>;
  readonly asksFor: string | undefined;
  /** Why the Deployment says it progresses or does not. */
  readonly progress: string | undefined;
}

/** Whether the last rollout is over, what was made is gone, and the Deployment tells of it. */
export async function isOver(of: ManagedStory, wanted: EndWanted): Promise<boolean> {
  const rollouts = await rolloutsIn(of.api, of.namespace);
  const last = rollouts.at(-1);
  if (rollouts.length !== wanted.rollouts || last?.status.phase !== wanted.phase) return false;
  if (rollouts.some(({ metadata }) => metadata['finalizers'] !== undefined)) return false;
  const { metadata, spec } = await of.deployment();
  const isTold = metadata.annotations['serin.dev/rollout'] === last.metadata.name;
  return isTold && spec.paused === (wanted.phase === 'rolledBack') && (await madeBySerin(of)).length === 0;
}

/** Where things stand. */
export async function outcomeOf(of: ManagedStory): Promise<Outcome> {
  const { metadata, spec, status } = await of.deployment();
  return {
    rollouts: (await rolloutsIn(of.api, of.namespace)).map(told),
    marks: Object.fromEntries(Object.entries(metadata.annotations).filter(([key]) => key.startsWith('serin.dev/'))),
    asksFor: spec.template.spec.containers[0]?.image,
    progress: status.conditions.find(({ type }) => type === 'Progressing')?.reason,
  };
}

function told(rollout: SeenRollout): unknown {
  const { metadata, spec, status } = rollout;
  const { name } = metadata;
  return { name, takesOver: spec['takesOver'], cause: status.cause, entered: phasesEntered(rollout) };
}

const podList = z.object({
  items: z.array(z.object({ spec: z.object({ containers: z.tuple([z.object({ image: z.string() })]) }) })),
});

/** Both pods run the wanted tag, the user's objects are as they were, and of Serin's nothing is left; no request met a hole. */
export async function expectRightEnd(
  of: ManagedStory,
  wanted: EndWanted,
  before: Readonly<Record<string, string>>,
  how: string,
): Promise<void> {
  const pods = podList.parse(JSON.parse(await of.kubectl(['get', 'pods', '-l', 'app=checkout', '-o', 'json'])));
  const images = pods.items.map(({ spec }) => spec.containers[0].image);
  expect(images, how).toEqual([imageOf(wanted.runs), imageOf(wanted.runs)]);
  expect(await snapshotOf(of), how).toEqual(before);
  expect(await fieldsOfSerin(of), how).toEqual([]);
  expect(await madeBySerin(of), how).toEqual([]);
  expect(await failedOnTheWay(of), how).toEqual({});
}
