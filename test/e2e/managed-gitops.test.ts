// The same manifests applied again every five seconds through a whole rollout, in the three ways of tools: it ends well, and what
// it costs is counted.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SeenRollout } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { expectLetGo } from '../support/managed-ends.ts';
import {
  failedOnTheWay,
  fieldsOfSerin,
  madeBySerin,
  requestsOf,
  servedBy,
  snapshotOf,
} from '../support/managed-measures.ts';
import { type Applying, type ManagedStory, managedStoryOf } from '../support/managed-story.ts';
import { virtualServicesPath, watch } from '../support/watching.ts';

// As a tool that corrects drift at once does it. Each apply puts the routes back for a moment, and of requests 2% may go astray.
const everyMs = 5_000;

interface Loop {
  /** How often everything was applied. */
  times(): number;
  stop(): Promise<void>;
}

/** Applies everything again and again, as a GitOps tool that corrects drift. Ends with its first failure, which `stop` throws. */
function applyAgainAndAgain(of: ManagedStory, how: Applying): Loop {
  const ending = new AbortController();
  let times = 0;
  async function loop(): Promise<void> {
    while (!ending.signal.aborted) {
      await of.applyAll({ tag: '2' }, how);
      times += 1;
      await pause(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  }
  const running = loop();
  running.catch(() => undefined); // thrown by stop
  return {
    times: () => times,
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}

/** How many writes of the routes were Serin's: each leaves the claim with another version of the object. */
async function told(of: ManagedStory, how: Applying, loop: Loop, events: number, early: number): Promise<void> {
  const [all, served] = [await requestsOf(of), (await servedBy(of, '2')).requests];
  const failed = JSON.stringify(await failedOnTheWay(of));
  console.info(
    `${how}: applied ${loop.times()} times, ${events} versions of the route, ${early} of ${all} requests met the canary before its first weight, ${served} in all, ${failed}`,
  );
}

describe.concurrent('everything applied again every five seconds', () => {
  it.for(['client', 'server', 'forced'] as const)(
    'by %s-side apply does not keep a good release from its promotion',
    async (how, context) => {
      const looped = await managedStoryOf(context, `gitops-${how}`);
      await looped.applyAll({}, how);
      const before = await snapshotOf(looped);
      const routes = await watch(looped.api, virtualServicesPath(looped.namespace));
      context.onTestFinished(() => routes.stop());
      await looped.adopt({ bake: '4s' });
      const loop = applyAgainAndAgain(looped, how);
      let early = 0;
      async function countingEarly({ status }: SeenRollout): Promise<boolean> {
        if (['pending', 'preparing'].includes(status.phase)) early = (await servedBy(looped, '2')).requests;
        return status.phase === 'shifting';
      }
      await eventually('the first weight', async () => {
        const rollout = await looped.rollout();
        return rollout !== undefined && countingEarly(rollout);
      });

      const end = await looped.reaches('promoted');
      await loop.stop();

      expect(weightsMoved(end)).toEqual([50, 100]);
      await expectLetGo(looped);
      await told(looped, how, loop, routes.events().length, early);
      await eventually('nothing of Serin’s', async () => (await madeBySerin(looped)).length === 0);
      expect(await snapshotOf(looped)).toEqual(before);
      expect(await fieldsOfSerin(looped)).toEqual([]);
      // Between an apply and the next split, requests go to all pods: one may meet a canary that is just ending.
      const { UF: refused = 0, ...others } = await failedOnTheWay(looped);
      expect(others).toEqual({});
      expect(refused).toBeLessThan((await requestsOf(looped)) / 100);
    },
  );
});
