// What rollouts have to tell is told: once, in order, by one process at a time, whatever fails meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { slackAnnouncements } from '../../src/adapters/slack/tell.ts';
import { claimMs, editEveryMs } from '../../src/controller/announce-one.ts';
import { type Announcer, announcer } from '../../src/controller/announce-outbox.ts';
import { silentLog } from '../../src/controller/log.ts';
import type { RolloutStore } from '../../src/controller/ports.ts';
import { withOutbox } from '../../src/domain/outbox.ts';
import { type Phase, phases, type Rollout, type RolloutId, type RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aSpec, aStatus } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';
import { type Failure, type FakeSlack, fakeSlack } from '../support/fake-slack.ts';

const clock = simulatedClock();
let slack: FakeSlack;
beforeAll(async () => {
  slack = await fakeSlack({ now: () => clock.now() });
});
afterAll(() => slack.close());

interface Process {
  readonly announcer: Announcer;
  /** The process dies: whatever it still has in hand is never saved. */
  kill(): void;
}

function scene() {
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

function messagesOf(name: string) {
  return slack.messages.filter(
    ({ thread, blocks }) => thread === undefined && JSON.stringify(blocks).includes(`\\"${name}\\"`),
  );
}

function repliesOf(ts: string) {
  return slack.messages.filter(({ thread }) => thread === ts);
}

describe('what a rollout has to tell', () => {
  it('is one message that is edited, with what moved beneath it and what matters for the channel', async () => {
    const { create, change, settle, start, seen } = scene();
    const id = await create('one');
    const process = start();
    await settle([process]);

    await change(id, { phase: 'shifting', weight: { intended: 10, observed: 10 }, message: 'Shifting to 10%.' });
    await settle([process]);
    await change(id, { phase: 'promoted', message: 'Promoted at last.' });
    await settle([process]);

    const [message, ...others] = messagesOf('one');
    expect(others).toEqual([]);
    expect(message?.texts.map((text) => text.split('.')[0])).toEqual([
      'Running: reviews-v2 in shop',
      'Running: reviews-v2 in shop',
      'Promoted: reviews-v2 in shop',
    ]);
    expect(repliesOf(message?.ts ?? '').map(({ text, broadcast }) => [text, broadcast])).toEqual([
      ['Shifting to 10%.', false],
      ['Promoted at last.', true],
    ]);
    expect(seen.maybeTwice).toBe(0);
  });

  it('is edited once in three seconds at most, and what came between is left out', async () => {
    const { create, change, settle, start } = scene();
    const id = await create('paced');
    const process = start();
    await settle([process]);

    for (let step = 0; step < 4; step += 1) {
      const changed = await change(id, { phase: 'baking', step, message: `Step ${step}.` });
      process.announcer.changed(changed);
      await process.announcer.deliverDue();
      clock.pass(editEveryMs / 10);
    }
    await settle([process]);

    const texts = messagesOf('paced')[0]?.texts ?? [];
    expect(texts).toHaveLength(2);
    expect(texts[1]).toContain('step 4/4');
  });

  it('is posted anew when its message was deleted', async () => {
    const { create, change, settle, start } = scene();
    const id = await create('deleted');
    const process = start();
    await settle([process]);
    slack.deleteMessage(messagesOf('deleted')[0]?.ts ?? '');

    await change(id, { phase: 'rolledBack', cause: 'gate', message: 'Rolled back: errors.' });
    await settle([process]);

    const [message] = messagesOf('deleted');
    expect(message?.text).toContain('Rolled back (a gate failed)');
    expect(repliesOf(message?.ts ?? '').map(({ broadcast }) => broadcast)).toEqual([true]);
  });

  it('waits for as long as Slack says, and for everybody', async () => {
    const { create, settle, start } = scene();
    await create('limited-1');
    await create('limited-2');
    const process = start();
    const from = clock.now();
    let limits = 0;
    slack.failing(() => {
      limits += 1;
      return limits === 1 ? { kind: 'limited', seconds: 20 } : undefined;
    });

    await settle([process]);

    expect(clock.now() - from).toBeGreaterThanOrEqual(20_000);
    expect(messagesOf('limited-1')).toHaveLength(1);
    expect(messagesOf('limited-2')).toHaveLength(1);
  });

  it('is told by one of two processes', async () => {
    const { create, change, settle, start, seen } = scene();
    const id = await create('two');
    const processes = [start(), start()];
    await settle(processes);
    for (const phase of ['preparing', 'shifting', 'baking', 'promoted'] as const) {
      await change(id, { phase, message: `Now ${phase}.` });
      await settle(processes);
    }

    const [message, ...others] = messagesOf('two');
    expect(others).toEqual([]);
    expect(repliesOf(message?.ts ?? '')).toHaveLength(2);
    expect(seen.maybeTwice).toBe(0);
  });

  it('goes on in the same message after a restart', async () => {
    const { create, change, settle, start, seen } = scene();
    const id = await create('restarted');
    const first = start();
    await settle([first]);
    first.kill();

    await change(id, { phase: 'promoted', message: 'Promoted.' });
    await settle([start()]);

    expect(messagesOf('restarted')).toHaveLength(1);
    expect(messagesOf('restarted')[0]?.text).toContain('Promoted');
    expect(seen.maybeTwice).toBe(0);
  });

  it('is posted twice only when a process dies between the post and its save, which is counted', async () => {
    const { create, settle, start, seen, rollouts } = scene();
    const id = await create('window');
    const first: Process = start((_, status) => {
      if (status.slack?.ts !== undefined) first.kill();
    });
    const created = await rollouts.get(id);
    if (created !== undefined) first.announcer.changed(created);
    await first.announcer.deliverDue();
    expect(messagesOf('window')).toHaveLength(1);
    expect(seen.maybeTwice).toBe(0);

    const from = clock.now();
    await settle([start()]);

    expect(clock.now() - from).toBeGreaterThanOrEqual(claimMs - 1);
    expect(messagesOf('window')).toHaveLength(2);
    expect(seen.maybeTwice).toBe(1);
  });

  it('is not posted again when the save fails and the process lives', async () => {
    const { create, settle, start, seen } = scene();
    const id = await create('unsaved');
    let failures = 3;
    const process = start((rollout, status) => {
      if (rollout.id.name !== id.name || status.slack?.ts === undefined || failures === 0) return;
      failures -= 1;
      throw new Error('The cluster cannot be reached.');
    });

    await settle([process]);

    expect(failures).toBe(0);
    expect(messagesOf('unsaved')).toHaveLength(1);
    expect(seen.posts).toBe(1);
  });

  it('stays untold where Slack refuses, and is told once a person has put that right', async () => {
    const { create, change, settle, start, rollouts } = scene();
    const id = await create('refused');
    const process = start();
    let refused = 0;
    slack.failing(() => {
      refused += 1;
      return refused <= 3 ? { kind: 'word', error: 'not_in_channel' } : undefined;
    });
    await change(id, { phase: 'promoted', message: 'Promoted.' });

    await settle([process]);

    expect(refused).toBeGreaterThan(3);
    expect(messagesOf('refused')).toHaveLength(1);
    expect((await rollouts.get(id))?.status.outbox).toEqual([]);
  });
});

/** Numbers from 0 to 1 that are the same for the same seed. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function failureBy(chance: () => number, isLate: boolean): Failure | undefined {
  const draw = chance();
  if (draw < 0.04) return { kind: 'limited', seconds: 1 + Math.floor(chance() * 5) };
  if (draw < 0.1) return { kind: 'status', status: 503 };
  if (draw < 0.13) return { kind: 'dropped', done: 'never' };
  if (draw < 0.16) return { kind: 'dropped', done: isLate ? { lateMs: chance() * 20_000 } : 'before' };
  return undefined;
}

const inOrder: readonly Phase[] = phases.filter((phase) => phase !== 'rolledBack' && phase !== 'promoted');

describe.each([
  { name: 'at once or never', isLate: false, seed: 11 },
  { name: 'sometimes late', isLate: true, seed: 23 },
])('1,000 transitions while calls come to pass $name', ({ isLate, seed }) => {
  it('end with every final state told, no order reversed, nothing twice that was not counted', async () => {
    const chance = chances(seed);
    const { create, change, settle, start, seen, rollouts } = scene();
    const names = Array.from({ length: 20 }, (_, index) => `many-${seed}-${index}-end`);
    const ids = await Promise.all(names.map((name) => create(name)));
    const told = new Map(names.map((name) => [name, 0]));
    const processes = [start(), start()];
    slack.failing(() => failureBy(chance, isLate));

    for (let transition = 0; transition < 1_000; transition += 1) {
      const id = ids[Math.floor(chance() * ids.length)] ?? { namespace: '', name: '' };
      const number = (told.get(id.name) ?? 0) + 1;
      told.set(id.name, number);
      const phase = inOrder[number % inOrder.length] ?? 'baking';
      const changed = await change(id, { phase, epoch: number, message: `Number ${number} here.` });
      for (const each of processes) each.announcer.changed(changed);
      clock.pass(Math.floor(chance() * 1_500));
      const going = Promise.all(processes.map((each) => each.announcer.deliverDue()));
      if (chance() < 0.02) {
        const index = chance() < 0.5 ? 0 : 1;
        processes[index]?.kill();
        await going;
        processes[index] = start();
        for (const rollout of await rollouts.list()) processes[index]?.announcer.changed(rollout);
      }
      await going;
    }
    for (const id of ids)
      await change(id, { phase: 'promoted', message: `Number ${(told.get(id.name) ?? 0) + 1} here.` });
    await settle(processes, 4_000);
    slack.failing(() => undefined);
    await settle(processes);
    clock.pass(60_000);

    let surplus = 0;
    for (const name of names) {
      const [...messages] = messagesOf(name);
      const last = messages.at(-1);
      surplus += messages.length - 1;
      expect(last?.text).toMatch(/^Promoted: .*Number \d+ here/s);
      const replies = messages.flatMap(({ ts }) => repliesOf(ts)).map(({ text }) => numberOf(text));
      surplus += replies.length - new Set(replies).size;
      expect(replies).toContain((told.get(name) ?? 0) + 1);
      expect(isLate || rises(firsts(replies))).toBe(true);
      if (!isLate) for (const { texts } of messages) expect(rises(texts.map(numberOf))).toBe(true);
    }
    expect(surplus).toBeLessThanOrEqual(seen.maybeTwice);
    expect(seen.maybeTwice).toBeGreaterThan(0);
  }, 120_000);
});

function numberOf(text: string): number {
  return Number(/Number (\d+) here/.exec(text)?.[1] ?? 0);
}

function firsts(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)];
}

function rises(numbers: readonly number[]): boolean {
  return numbers.every((each, index) => index === 0 || each >= (numbers[index - 1] ?? 0));
}
