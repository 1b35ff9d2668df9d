// A controller that is frozen in the middle of a write while another one rolls back: when it goes on, it changes nothing.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rolloutPath, virtualServicePath } from '../support/api.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { type Held, holdFirst } from '../support/holding.ts';
import type { Story } from '../support/story.ts';
import { virtualServicesPath, type Watching, watch, weightsTold } from '../support/watching.ts';
import { movesWeight, savesPhase } from '../support/write-names.ts';
import { type SentWrite, startWriteProxy, type WriteProxy } from '../support/write-proxy.ts';

interface Frozen {
  readonly story: Story;
  readonly proxy: WriteProxy;
  readonly held: Held;
  readonly watching: Watching;
}

const versioned = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });

/** A story whose first controller will be stopped at the first write that is wanted. */
async function freezeAt(name: string, context: Cleanup, wanted: (write: SentWrite) => boolean): Promise<Frozen> {
  const proxy = await startWriteProxy(stackOfThisRun().kubeconfig);
  context.onTestFinished(() => proxy.dispose());
  const story = await storyOf(context, name, { controller: { kubeconfig: proxy.kubeconfig } });
  const watching = await watch(story.api, virtualServicesPath(story.namespace));
  context.onTestFinished(() => watching.stop());
  return { story, proxy, watching, held: holdFirst(proxy, wanted) };
}

/** Freezes the controller that writes, and lets another one do nothing but carry out an abort. Gives what thaws the first. */
async function abortMeanwhile({ story, held }: Frozen): Promise<() => void> {
  const frozen = story.controller();
  await held.caught;
  frozen.signal('SIGSTOP');
  const { metadata } = await story.until('the rollout', () => true);
  await story.api.patch(rolloutPath(story.namespace, metadata.name), { spec: { abort: true } });
  await story.startController();
  await story.reaches('rolledBack');
  return () => frozen.signal('SIGCONT');
}

/** Lets the held write go, and waits until the controller that sent it has looked at the rollout once more. */
async function thaw({ proxy, held }: Frozen, goOn: () => void): Promise<number | undefined> {
  const before = proxy.reads().length;
  held.release();
  const { status } = await held.answered;
  goOn();
  await eventually('the thawed controller to read the rollout again', async () =>
    proxy
      .reads()
      .slice(before)
      .some((path) => path.includes('/canaryrollouts/')),
  );
  return status;
}

async function versionOfRoutes({ story }: Frozen): Promise<string> {
  return versioned.parse(await story.api.get(virtualServicePath(story.namespace))).metadata.resourceVersion;
}

/** Waits until the route is the user's alone again. */
async function untilReleased({ story }: Frozen): Promise<void> {
  await eventually('the claim and the fields to be given back', async () => {
    const { metadata } = await story.routes();
    const owned = metadata.managedFields.some(({ manager }) => manager === 'serin');
    return !owned && metadata.annotations['serin.dev/claim'] === undefined;
  });
}

describe.concurrent('a controller that was frozen before its write', () => {
  it('of the first weight does not undo a rollback', async (context) => {
    const first = await freezeAt('frozen-first', context, (write) => movesWeight(write, 10));
    await first.story.release();
    const goOn = await abortMeanwhile(first);
    await untilReleased(first);
    const version = await versionOfRoutes(first);

    const status = await thaw(first, goOn);

    expect(status).toBe(409);
    expect(await versionOfRoutes(first)).toBe(version);
    expect(weightsTold(first.watching)).toEqual(['100/0']);
  });

  it('of a later weight does not undo a rollback', async (context) => {
    const later = await freezeAt('frozen-later', context, (write) => movesWeight(write, 25));
    await later.story.release();
    const goOn = await abortMeanwhile(later);
    await untilReleased(later);
    const version = await versionOfRoutes(later);

    const status = await thaw(later, goOn);

    const end = await later.story.reaches('rolledBack');
    expect(status).toBe(409);
    expect(await versionOfRoutes(later)).toBe(version);
    expect(weightsTold(later.watching)).toEqual(['100/0', '90/10', '100/0']);
    expect(weightsMoved(end)).toEqual([10, 25]);
  });

  it('of its own record, when the canary was ready, does not undo a rollback', async (context) => {
    const preparing = await freezeAt('frozen-ready', context, (write) => savesPhase(write, 'shifting'));
    await preparing.story.release();
    const goOn = await abortMeanwhile(preparing);
    await untilReleased(preparing);
    const version = await versionOfRoutes(preparing);

    const status = await thaw(preparing, goOn);

    expect(status).toBe(409);
    expect(await versionOfRoutes(preparing)).toBe(version);
    expect(weightsTold(preparing.watching)).toEqual(['100/0']);
  });

  it('of its record at the start leaves nothing behind', async (context) => {
    const starting = await freezeAt('frozen-start', context, (write) => savesPhase(write, 'preparing'));
    await starting.story.release();
    const goOn = await abortMeanwhile(starting);
    await untilReleased(starting);
    const version = await versionOfRoutes(starting);

    const status = await thaw(starting, goOn);

    expect(status).toBe(409);
    expect(await versionOfRoutes(starting)).toBe(version);
    expect(weightsTold(starting.watching)).toEqual(['100/0']);
  });

  it('of its claim moves no weight, and takes the claim away again', async (context) => {
    const pending = await freezeAt('frozen-claim', context, (write) => movesWeight(write));
    await pending.story.release();
    const goOn = await abortMeanwhile(pending);

    await thaw(pending, goOn);
    await untilReleased(pending);

    const end = await pending.story.reaches('rolledBack');
    expect(weightsTold(pending.watching)).toEqual(['100/0']);
    expect(weightsMoved(end)).toEqual([]);
  });
});
