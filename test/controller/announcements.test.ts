// What rollouts have to tell is told: once, in order, by one process at a time, whatever fails meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimMs } from '../../src/controller/announce-claim.ts';
import { editEveryMs } from '../../src/controller/announce-due.ts';
import { mostEntries } from '../../src/domain/outbox.ts';
import { type FakeSlack, fakeSlack } from '../../tools/slack/fake-slack.ts';
import { simulatedClock } from '../support/clock.ts';
import { announcementScene, messagesOf, type Process, repliesOf } from './announcements-scene.ts';

const clock = simulatedClock();
let slack: FakeSlack;
beforeAll(async () => {
  slack = await fakeSlack({ now: () => clock.now() });
});
afterAll(() => slack.close());

describe('what a rollout has to tell', () => {
  it('is one message that is edited, with what moved beneath it and what matters for the channel', async () => {
    const { create, change, settle, start, seen } = announcementScene(slack, clock);
    const id = await create('one');
    const process = start();
    await settle([process]);

    const before = slack.calls.length;
    await change(id, { phase: 'shifting', weight: { intended: 10, observed: 10 }, message: 'Shifting to 10%.' });
    await settle([process]);
    await change(id, { phase: 'promoted', message: 'Promoted at last.' });
    await settle([process]);

    const told = slack.calls.slice(before).map(({ method }) => method.replace('chat.', ''));
    const [message, ...others] = messagesOf(slack, 'one');
    expect(others).toEqual([]);
    expect(message?.texts.map((text) => text.split('.')[0])).toEqual([
      'Running: reviews-v2 in shop',
      'Running: reviews-v2 in shop',
      'Promoted: reviews-v2 in shop',
    ]);
    expect(repliesOf(slack, message?.ts ?? '').map(({ text, broadcast }) => [text, broadcast])).toEqual([
      ['Shifting to 10%.', false],
      ['Promoted at last.', true],
    ]);
    expect(told).toEqual(['postMessage', 'update', 'update', 'postMessage']);
    expect(seen.maybeTwice).toBe(0);
  });

  it('is edited once in three seconds at most, and what came between is left out', async () => {
    const { create, change, settle, start } = announcementScene(slack, clock);
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

    const texts = messagesOf(slack, 'paced')[0]?.texts ?? [];
    expect(texts).toHaveLength(2);
    expect(texts[1]).toContain('step 4/4');
  });

  it('is posted anew when its message was deleted', async () => {
    const { create, change, settle, start } = announcementScene(slack, clock);
    const id = await create('deleted');
    const process = start();
    await settle([process]);
    slack.deleteMessage(messagesOf(slack, 'deleted')[0]?.ts ?? '');

    await change(id, { phase: 'rolledBack', cause: 'gate', message: 'Rolled back: errors.' });
    await settle([process]);

    const [message] = messagesOf(slack, 'deleted');
    expect(message?.text).toContain('Rolled back (a gate failed)');
    expect(repliesOf(slack, message?.ts ?? '').map(({ broadcast }) => broadcast)).toEqual([true]);
  });

  it('waits for as long as Slack says, and for everybody', async () => {
    const { create, settle, start } = announcementScene(slack, clock);
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
    expect(messagesOf(slack, 'limited-1')).toHaveLength(1);
    expect(messagesOf(slack, 'limited-2')).toHaveLength(1);
  });

  it('is told by one of two processes', async () => {
    const { create, change, settle, start, seen } = announcementScene(slack, clock);
    const id = await create('two');
    const processes = [start(), start()];
    await settle(processes);
    for (const phase of ['preparing', 'shifting', 'baking', 'promoted'] as const) {
      await change(id, { phase, message: `Now ${phase}.` });
      await settle(processes);
    }

    const [message, ...others] = messagesOf(slack, 'two');
    expect(others).toEqual([]);
    expect(repliesOf(slack, message?.ts ?? '')).toHaveLength(2);
    expect(seen.maybeTwice).toBe(0);
  });

  it('goes on in the same message after a restart', async () => {
    const { create, change, settle, start, seen } = announcementScene(slack, clock);
    const id = await create('restarted');
    const first = start();
    await settle([first]);
    first.kill();

    await change(id, { phase: 'promoted', message: 'Promoted.' });
    await settle([start()]);

    expect(messagesOf(slack, 'restarted')).toHaveLength(1);
    expect(messagesOf(slack, 'restarted')[0]?.text).toContain('Promoted');
    expect(seen.maybeTwice).toBe(0);
  });

  it('is posted twice only when a process dies between the post and its save, which is counted', async () => {
    const { create, settle, start, seen, rollouts } = announcementScene(slack, clock);
    const id = await create('window');
    const first: Process = start((_, status) => {
      if (status.slack?.ts !== undefined) first.kill();
    });
    const created = await rollouts.get(id);
    if (created !== undefined) first.announcer.changed(created);
    await first.announcer.deliverDue();
    expect(messagesOf(slack, 'window')).toHaveLength(1);
    expect(seen.maybeTwice).toBe(0);

    const from = clock.now();
    await settle([start()]);

    expect(clock.now() - from).toBeGreaterThanOrEqual(claimMs - 1);
    expect(messagesOf(slack, 'window')).toHaveLength(2);
    expect(seen.maybeTwice).toBe(1);
  });

  it('is not posted again when the save fails and the process lives', async () => {
    const { create, settle, start, seen } = announcementScene(slack, clock);
    const id = await create('unsaved');
    let failures = 3;
    const process = start((rollout, status) => {
      if (rollout.id.name !== id.name || status.slack?.ts === undefined || failures === 0) return;
      failures -= 1;
      throw new Error('The cluster cannot be reached.');
    });

    await settle([process]);

    expect(failures).toBe(0);
    expect(messagesOf(slack, 'unsaved')).toHaveLength(1);
    expect(seen.posts).toBe(1);
  });

  it('is a message of its own for another rollout of the same name', async () => {
    const { rollouts, create, settle, start } = announcementScene(slack, clock);
    const id = await create('again');
    const process = start((rollout, status) => {
      if (rollout.uid === first?.uid && status.slack?.ts !== undefined)
        throw new Error('The cluster cannot be reached.');
    });
    const first = await rollouts.get(id);
    if (first !== undefined) process.announcer.changed(first);
    await process.announcer.deliverDue();
    rollouts.discard(id);
    if (first !== undefined) await rollouts.release(first);

    await create('again');
    await settle([process]);

    const messages = messagesOf(slack, 'again').map(({ ts }) => ts);
    expect(messages).toHaveLength(2);
    expect((await rollouts.get(id))?.status.slack?.ts).toBe(messages[1]);
  });

  it('stays untold where Slack refuses, and is told once a person has put that right', async () => {
    const { create, change, settle, start, rollouts } = announcementScene(slack, clock);
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
    expect(messagesOf(slack, 'refused')).toHaveLength(1);
    expect((await rollouts.get(id))?.status.outbox).toEqual([]);
  });

  it('is said beneath in its order, even when a line that nobody answered comes late and was given up meanwhile', async () => {
    const { create, change, settle, start } = announcementScene(slack, clock);
    const id = await create('late');
    const process = start();
    await settle([process]);
    let isFirst = true;
    slack.failing(({ args }) => {
      if (args['thread_ts'] === undefined || !isFirst) return undefined;
      isFirst = false;
      return { kind: 'dropped', done: { lateMs: 20_000 } };
    });
    process.announcer.changed(await change(id, { phase: 'shifting', message: 'Line 0.' }));
    await process.announcer.deliverDue();

    for (let line = 1; line <= mostEntries; line += 1)
      await change(id, { phase: 'shifting', step: line, message: `Line ${line}.` });
    await settle([process]);

    const replies = repliesOf(slack, messagesOf(slack, 'late')[0]?.ts ?? '').map(({ text }) => text);
    expect(replies).toEqual(Array.from({ length: mostEntries + 1 }, (_, line) => `Line ${line}.`));
  });
});
