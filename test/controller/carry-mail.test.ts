// A webhook is told every change that is kept, in order, by one process at a time, whatever fails meanwhile.
import { describe, expect, it } from 'vitest';
import { sendMs } from '../../src/adapters/outside/send.ts';
import { claimMs, longestTryMs } from '../../src/controller/carry-mail.ts';
import { mailScene, type Process } from './mail-scene.ts';

describe('a webhook', () => {
  it('is told each change in order, and nothing is left', async () => {
    const { arrivals, change, create, letters, rollouts, settle, start } = await mailScene('webhook');
    const id = await create('ordered');
    const process = start();
    await change(id, { phase: 'preparing' });
    await change(id, { phase: 'shifting', weight: { intended: 10, observed: 10 } });
    await settle([process]);
    await change(id, { phase: 'promoted' });
    await settle([process]);

    expect(arrivals('ordered').map(({ number, event }) => [number, event])).toEqual([
      [1, 'preparing'],
      [2, 'shifting'],
      [3, 'promoted'],
    ]);
    expect(new Set(arrivals('ordered').map((each) => each.id)).size).toBe(3);
    expect(await letters(id)).toEqual([]);
    expect((await rollouts.get(id))?.status.mail).toEqual({ letters: [], next: 4, webhook: { told: 3 } });
  });

  it('is told by one of two processes', async () => {
    const { change, create, numbers, settle, start } = await mailScene('webhook');
    const id = await create('two');
    const processes = [start(), start()];
    for (const phase of ['preparing', 'shifting', 'baking', 'promoted'] as const) {
      await change(id, { phase });
      await settle(processes);
    }

    expect(numbers('two')).toEqual([1, 2, 3, 4]);
  });

  it('is told again under the same id when a process dies before it could save, and by nobody else before its claim ends', async () => {
    const { arrivals, change, clock, create, settle, start } = await mailScene('webhook');
    const id = await create('killed');
    const first: Process = start((_, { mail }) => {
      if (mail?.webhook?.told === 1) first.kill();
    });
    first.due.changed(await change(id, { phase: 'preparing' }));
    await first.due.deliverDue();
    await change(id, { phase: 'promoted' });
    const from = clock.now();

    await settle([start()]);

    expect(clock.now() - from).toBeGreaterThanOrEqual(claimMs({ longestMs: sendMs }) - 1);
    const [one, again, two, ...others] = arrivals('killed');
    expect([one?.number, again?.number, two?.number]).toEqual([1, 1, 2]);
    expect([again?.id, again?.body]).toEqual([one?.id, one?.body]);
    expect(others).toEqual([]);
  });

  it('is not told again when the save fails and the process lives', async () => {
    const { change, create, numbers, settle, start } = await mailScene('webhook');
    const id = await create('unsaved');
    let failures = 3;
    const process = start((_, { mail }) => {
      if (mail?.webhook?.told !== 1 || failures === 0) return;
      failures -= 1;
      throw new Error('The cluster cannot be reached.');
    });
    await change(id, { phase: 'promoted' });

    await settle([process]);

    expect(failures).toBe(0);
    expect(numbers('unsaved')).toEqual([1]);
  });

  it('is waited for as long as it says, without the others waiting with it', async () => {
    const { change, create, hooks, numbers, settle, start } = await mailScene('webhook');
    const [slow, quick] = [await create('limited'), await create('quick')];
    let limits = 1;
    hooks.answering(({ path }) => {
      if (path !== '/limited' || limits === 0) return undefined;
      limits -= 1;
      return { status: 429, headers: { 'retry-after': '120' } };
    });
    await change(slow, { phase: 'promoted' });
    await change(quick, { phase: 'promoted' });
    const process = start();

    await settle([process], 119_000);
    const before = [numbers('limited'), numbers('quick')];
    await settle([process]);

    expect(before).toEqual([[1], [1]]);
    expect(numbers('limited')).toEqual([1, 1]);
  });

  it('that refuses is tried again, which is logged once, and what came later waits its turn', async () => {
    const { change, create, hooks, numbers, seen, settle, start } = await mailScene('webhook');
    const id = await create('redirected');
    let refusals = 3;
    hooks.answering(() => {
      refusals -= 1;
      return refusals < 0 ? undefined : { status: 302, headers: { location: '/elsewhere' } };
    });
    await change(id, { phase: 'preparing' });
    await change(id, { phase: 'promoted' });

    await settle([start()]);

    expect(numbers('redirected')).toEqual([1, 1, 1, 1, 2]);
    expect(seen.warned).toEqual(['refused']);
    expect(seen.outcomes).toEqual(['refused', 'refused', 'refused', 'taken', 'taken']);
  });

  it('is given up after a day, and is told what came later', async () => {
    const { arrivals, change, clock, create, hooks, letters, numbers, seen, settle, start } =
      await mailScene('webhook');
    const id = await create('lost');
    const from = clock.now();
    hooks.answering(({ body }) =>
      body.includes('"number":1,') ? { status: 503, headers: { 'retry-after': '3600' } } : undefined,
    );
    await change(id, { phase: 'promoted' });

    await settle([start()]);
    await change(id, { stalled: { reason: 'RouteGone', message: 'The route is gone.' } });
    await settle([start()]);

    expect(clock.now() - from).toBeGreaterThanOrEqual(longestTryMs);
    expect(seen.outcomes.at(-2)).toBe('givenUp');
    expect(arrivals('lost').at(-1)).toMatchObject({ number: 2, event: 'stalled', taken: true });
    expect(numbers('lost').length).toBeLessThan(40);
    expect(await letters(id)).toEqual([]);
  });

  it('is told no further letter by a process that is stopping, which leaves the rest and its claim to others', async () => {
    const { hooks, create, change, settle, start, numbers, rollouts } = await mailScene('webhook');
    const id = await create('stopping');
    const first = start();
    hooks.answering(() => {
      first.stop();
      return undefined;
    });
    await change(id, { phase: 'preparing' });
    first.due.changed(await change(id, { phase: 'promoted' }));
    await first.due.deliverDue();
    const left = (await rollouts.get(id))?.status.mail;
    const before = numbers('stopping');

    await settle([start()]);

    expect(before).toEqual([1]);
    expect(left?.webhook).toEqual({ told: 1 });
    expect(numbers('stopping')).toEqual([1, 2]);
  });

  it('is never told of a rollout that is no more', async () => {
    const { change, create, numbers, rollouts, settle, start } = await mailScene('webhook');
    const id = await create('deleted');
    const process = start();
    const changed = await change(id, { phase: 'preparing' });
    process.due.changed(changed);
    rollouts.discard(id);
    await rollouts.release(changed);

    await settle([process]);

    expect(numbers('deleted')).toEqual([]);
  });
});
