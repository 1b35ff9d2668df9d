// Requests over HTTP beside promotions: what each is answered with, and how many of them a rollout takes.
import { describe, expect, it } from 'vitest';
import { apiScene, as } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';
import { begun, send } from './asking-bench.ts';

describe('a rollout that was asked much', () => {
  it('keeps room: what is refused once is not written again and again', async () => {
    const api = await begun();
    await api.whileTicking(send(api, 'pause'));
    const promotes = Array.from({ length: 40 }, () => () => send(api, 'promote', { body: { step: 1 } }));
    const codes = await api.whileTicking(Promise.all(promotes.map(async (promote) => (await promote()).statusCode)));

    const resumed = await api.whileTicking(send(api, 'resume'));

    expect(new Set(codes)).toEqual(new Set([409]));
    expect(resumed.json()).toMatchObject({ outcome: 'done' });
    expect((await api.scene.rollout())?.spec.requests.map(({ verb }) => verb)).toEqual(['pause', 'promote', 'resume']);
  });

  it('and has no room left says what to do', async () => {
    const api = await begun();
    for (let turn = 0; turn < 10; turn += 1) {
      await api.whileTicking(send(api, 'pause'));
      await api.whileTicking(send(api, 'resume'));
    }

    const sent = await send(api, 'pause');

    expect([sent.statusCode, sent.json()]).toEqual([
      409,
      expect.objectContaining({
        detail: expect.stringContaining('holds as many requests as it can (20)'),
        next: expect.stringContaining(`-p '{"spec":{"abort":true}}'`),
      }),
    ]);
  });
});

describe('every other request', () => {
  it('is answered: pause, resume, abort, retry', async () => {
    const api = await begun();

    const paused = await api.whileTicking(send(api, 'pause', { body: { reason: 'lunch' } }));
    const twice = await api.whileTicking(send(api, 'pause'));
    const resumed = await api.whileTicking(send(api, 'resume'));
    const early = await api.whileTicking(send(api, 'retry'));
    const aborted = await api.whileTicking(send(api, 'abort'));
    await runUntil(api.scene, ({ status }) => status.phase === 'rolledBack');
    const retried = await api.whileTicking(send(api, 'retry'));

    const answers = [paused, twice, resumed, early, aborted, retried].map((sent) => [
      sent.statusCode,
      sent.json().outcome ?? sent.json().type,
    ]);
    expect(answers).toEqual([
      [200, 'done'],
      [200, 'repeated'],
      [200, 'done'],
      [409, 'urn:serin:problem:refused'],
      [200, 'done'],
      [200, 'done'],
    ]);
    expect((await api.scene.rollouts()).map(({ spec }) => spec.attempt)).toEqual([1, 2]);
  });

  it('of a rollout that asks for none: approve is refused with the reason', async () => {
    const api = await begun();

    const sent = await api.whileTicking(send(api, 'approve'));

    expect([sent.statusCode, sent.json().detail]).toEqual([409, expect.stringContaining('asks for no approval')]);
  });

  it.each([
    ['abort', { step: 1 }, 'body.step: It is for promote and approve.'],
    ['pause', { full: true }, 'body.full: It is for promote alone.'],
    [
      'promote',
      { full: true, step: 1 },
      'body.full: It goes through all remaining steps, so that there is no step to name.',
    ],
    ['promote', { steps: 1 }, 'body: Unrecognized key: "steps".'],
    ['promote', { step: '1' }, 'body.step: Invalid input: expected number, received string.'],
    ['promote', { id: '-x' }, 'body.id: Expected letters, digits, and - . _ between them.'],
    ['promote', { reason: 'x'.repeat(161) }, 'body.reason: Too big: expected string to have <=160 characters.'],
  ])('with nonsense is a problem that names it: %s %j', async (verb, body, detail) => {
    const sent = await send(await begun(), verb, { body });

    expect([sent.statusCode, sent.json()]).toMatchObject([400, { type: 'urn:serin:problem:bad-request', detail }]);
  });
});

describe('an approval over HTTP', () => {
  it('is the word that the rollout waits for, given once, and shown with who gave it', async () => {
    const api = apiScene({ settings: { approval: 'every-step' } });
    await runUntil(api.scene, ({ status }) => status.phase === 'awaitingApproval');
    const read = async () => (await api.app.inject({ url: '/v1/rollouts/shop/reviews-v2', headers: as('ada') })).json();
    const waiting = await read();

    const body = { step: 1, reason: 'seen on the board' };
    const sent = await api.whileTicking(Promise.all([1, 2, 3].map(() => send(api, 'approve', { body }))));

    expect(waiting.approval).toMatchObject({ of: 'step', step: 1 });
    expect(waiting.approval).not.toHaveProperty('given');
    expect(sent.map((one) => [one.statusCode, one.json().outcome])).toEqual([
      [200, 'done'],
      [200, 'repeated'],
      [200, 'repeated'],
    ]);
    expect(sent[1]?.json().message).toMatch(/approved already.*by ada from http/);
    expect((await runUntil(api.scene, ({ status }) => status.step === 1)).spec.requests).toHaveLength(1);
  });
});
