// A store with rollouts to tell of, processes that tell them, and a Slack on loopback.
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { slackAnnouncements } from '../../src/adapters/slack/tell.ts';
import { type Announcer, announcer } from '../../src/controller/announce-outbox.ts';
import { silentLog } from '../../src/controller/log.ts';
import type { RolloutStore } from '../../src/controller/ports.ts';
import { withOutbox } from '../../src/domain/outbox.ts';
import type { Rollout, RolloutId, RolloutStatus } from '../../src/domain/rollout.ts';
import type { FakeMessage, FakeSlack } from '../../tools/slack/fake-slack.ts';
import { aPlan, aSpec, aStatus } from '../support/builders.ts';
import type { SimulatedClock } from '../support/clock.ts';

/** A process that tells. */
export interface Process {
  readonly announcer: Announcer;
  /** The process dies: whatever it still has in hand is never saved. */
  kill(): void;
}

/** Rollouts in the channel `releases`, and what is done to them. */
export function announcementScene(slack: FakeSlack, clock: SimulatedClock) {
  const rollouts = memoryRollouts({ clock });
  const seen = { maybeTwice: 0, posts: 0, edits: 0 };
  let processes = 0;

  function start(lookBefore?: (rollout: Rollout, status: RolloutStatus) => void): Process {
    processes += 1;
    let dead = false;
    const store: Pick<RolloutStore, 'get' | 'save'> = {
      get: (id) => rollouts.get(id),
      save: async (rollout, status) => {
        lookBefore?.(rollout, status);
        if (dead) throw new Error('The process was killed.');
        return rollouts.save(rollout, status);
      },
    };
    const counter = {
      spoken: (what: 'post' | 'edit' | 'reply') => {
        if (what === 'post') seen.posts += 1;
        if (what === 'edit') seen.edits += 1;
      },
      maybeTwice: () => {
        seen.maybeTwice += 1;
      },
    };
    const announcements = slackAnnouncements({ token: async () => 'xoxb-test', url: slack.url });
    const parts = { rollouts: store, announcements, clock, counter, by: `process-${processes}`, log: silentLog };
    return {
      announcer: announcer({ ...parts, chance: () => 0.5 }),
      kill: () => {
        dead = true;
      },
    };
  }

  async function create(name: string, slackChannel = 'releases'): Promise<RolloutId> {
    const id = { namespace: 'shop', name };
    await rollouts.create(id, aSpec({ plan: aPlan({ slackChannel }) }), aStatus());
    return id;
  }

  async function change(id: RolloutId, parts: Partial<RolloutStatus>): Promise<Rollout> {
    for (;;) {
      const rollout = await rollouts.get(id);
      if (rollout === undefined) throw new Error('There is no rollout.');
      const next = withOutbox(rollout, { ...rollout.status, ...parts }, clock.now());
      const saved = await rollouts.save(rollout, next);
      if (saved.kind === 'saved') return saved.rollout;
    }
  }

  async function settle(all: readonly Process[], until = 400): Promise<void> {
    for (let round = 0; round < until; round += 1) {
      for (const rollout of await rollouts.list()) for (const each of all) each.announcer.changed(rollout);
      await Promise.all(all.map((each) => each.announcer.deliverDue()));
      const dues = all.flatMap((each) => each.announcer.nextDue() ?? []);
      if (dues.length === 0) return;
      clock.pass(Math.max(1, Math.min(...dues) - clock.now()));
    }
    throw new Error('It is still not all told.');
  }

  return { rollouts, seen, start, create, change, settle };
}

/** The messages of a rollout. */
export function messagesOf(slack: FakeSlack, name: string): readonly FakeMessage[] {
  return slack.messages.filter(
    ({ thread, blocks }) => thread === undefined && JSON.stringify(blocks).includes(`\\"${name}\\"`),
  );
}

/** What stands beneath a message, in the order it came. */
export function repliesOf(slack: FakeSlack, ts: string): readonly FakeMessage[] {
  return slack.messages.filter(({ thread }) => thread === ts);
}
