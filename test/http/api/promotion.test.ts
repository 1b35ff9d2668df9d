// Promotions over HTTP: done once in the name of whoever asks, however often they come.
import { describe, expect, it } from 'vitest';
import { apiScene, baking } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';
import { routeWrites } from '../../support/writes.ts';
import { begun, long, send } from './asking-bench.ts';

describe('a promotion over HTTP', () => {
  it('leaves the step it names, in the name of whoever asked, and returns the answer', async () => {
    const api = await begun();

    const sent = await api.whileTicking(send(api, 'promote', { body: { step: 1, reason: 'looks fine', id: 'job-7' } }));

    const { status, spec, id } = await runUntil(api.scene, baking(1));
    expect(sent.statusCode).toBe(200);
    expect(sent.json()).toMatchObject({
      id: 'job-7',
      namespace: 'shop',
      rollout: id.name,
      outcome: 'done',
      message: 'Promoted past step 1 by ada from http: looks fine.',
    });
    expect(spec.requests).toMatchObject([{ id: 'job-7', verb: 'promote', step: 0, actor: 'ada', surface: 'http' }]);
    expect(status.warrant).toMatchObject({ kind: 'person', step: 0 });
  });

  it('sent fifty times at once moves one step and takes one place', async () => {
    const api = await begun();

    const sent = await api.whileTicking(
      Promise.all(Array.from({ length: 50 }, () => send(api, 'promote', { body: { step: 1 } }))),
    );

    const { spec, status } = await runUntil(api.scene, baking(1));
    expect(sent.map(({ statusCode }) => statusCode)).toEqual(Array(50).fill(200));
    expect(sent.filter((one) => one.json().outcome === 'done')).toHaveLength(1);
    expect(new Set(sent.map((one) => one.json().message.replace(/, \S+ ago/, '')))).toEqual(
      new Set([
        'Promoted past step 1 by ada from http.',
        'Step 1 was promoted already, by ada from http; the rollout is at step 2.',
      ]),
    );
    expect(spec.requests).toHaveLength(1);
    expect(status.step).toBe(1);
    expect(routeWrites(api.scene.writes)).toEqual([0, 10, 25]);
  });

  it('sent fifty times at once without a step moves one step', async () => {
    const api = await begun();

    const sent = await api.whileTicking(Promise.all(Array.from({ length: 50 }, () => send(api, 'promote'))));

    const { status } = await runUntil(api.scene, baking(1));
    expect(sent.filter((one) => one.statusCode === 200 && one.json().outcome === 'done')).toHaveLength(1);
    expect(new Set(sent.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 409]));
    expect(status.step).toBe(1);
    expect(routeWrites(api.scene.writes)).toEqual([0, 10, 25]);
  });

  it('under the same id has the same answer, also later', async () => {
    const api = await begun();
    const first = await api.whileTicking(send(api, 'promote', { body: { id: 'job-7', step: 1 } }));
    await runUntil(api.scene, baking(1));

    const again = await send(api, 'promote', { body: { id: 'job-7', step: 1 } });

    expect([again.statusCode, again.json()]).toEqual([200, first.json()]);
    expect(await runUntil(api.scene, baking(1))).toMatchObject({ status: { step: 1 } });
  });

  it('under an id that was of another request is refused', async () => {
    const api = await begun();
    await api.whileTicking(send(api, 'pause', { body: { id: 'job-7' } }));

    const sent = await send(api, 'promote', { body: { id: 'job-7', step: 1 } });

    expect([sent.statusCode, sent.json()]).toEqual([
      409,
      {
        type: 'urn:serin:problem:id-taken',
        title: 'The id belongs to another request',
        status: 409,
        detail: expect.stringMatching(/^The id job-7 is of another request of \S+: pause by ada\.$/),
        next: 'Send another id, or none.',
      },
    ]);
  });

  it('in full goes through every step', async () => {
    const api = await begun();

    const sent = await api.whileTicking(send(api, 'promote', { body: { full: true } }));

    expect(sent.json()).toMatchObject({
      outcome: 'done',
      message: 'Promoted through all remaining steps by ada from http.',
    });
    await runUntil(api.scene, ({ status }) => status.phase === 'promoted');
    expect(routeWrites(api.scene.writes)).toEqual([0, 10, 25, 50, 100, 'unclaim']);
  });

  it('that the machine refuses is a problem with the reason', async () => {
    const api = await begun();
    await api.whileTicking(send(api, 'pause', { body: { reason: 'lunch' } }));

    const sent = await api.whileTicking(send(api, 'promote', { body: { step: 1 } }));

    expect([sent.statusCode, sent.json()]).toEqual([
      409,
      expect.objectContaining({
        type: 'urn:serin:problem:refused',
        detail: 'The rollout is paused. Resume it first: serin resume reviews-v2 -n shop',
      }),
    ]);
  });

  it('of a step that the plan does not have is a problem', async () => {
    const sent = await send(await begun(), 'promote', { body: { step: 9 } });

    expect([sent.statusCode, sent.json().detail]).toEqual([
      400,
      expect.stringMatching(/^There is no step 9: the plan of \S+ has 4 \(10, 25, 50, 100 percent\)\.$/),
    ]);
  });

  it('that nobody answers in time is written, and says so', async () => {
    const api = apiScene({
      settings: long,
      parts: { clock: { now: () => Date.now() } },
      limits: { answerWithinMs: 50 },
    });
    await runUntil(api.scene, baking(0));

    const sent = await send(api, 'promote', { body: { step: 1, id: 'job-8' } });

    expect([sent.statusCode, sent.json()]).toEqual([
      202,
      expect.objectContaining({
        id: 'job-8',
        outcome: 'pending',
        message: expect.stringContaining('Ask again with the id job-8'),
      }),
    ]);
    expect((await api.scene.rollout())?.spec.requests).toMatchObject([{ id: 'job-8' }]);
  });
});
