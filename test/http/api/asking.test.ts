// Requests over HTTP: done once in the name of whoever asks, however often they come.
import { describe, expect, it } from 'vitest';
import { type ApiScene, apiScene, as, baking, type tokens } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';
import { routeWrites } from '../../support/writes.ts';

const long = { bake: '1h', 'max-bake': '2h' };

/** A rollout that bakes at its first step. */
async function begun(settings: Readonly<Record<string, string>> = long): Promise<ApiScene> {
  const api = apiScene({ settings });
  await runUntil(api.scene, baking(0));
  return api;
}

interface Sent {
  readonly who?: keyof typeof tokens;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly name?: string;
}

function send({ app }: ApiScene, verb: string, { who = 'ada', body, name = 'reviews-v2' }: Sent = {}) {
  return app.inject({
    method: 'POST',
    url: `/v1/rollouts/shop/${name}/${verb}`,
    headers: as(who),
    ...(body === undefined ? {} : { payload: body }),
  });
}

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

describe('who may promote', () => {
  it('and not approve, may not promote where the plan asks for approval', async () => {
    const api = await begun({ ...long, approval: 'every-step' });
    api.callers.forbid('ada');
    api.callers.allow('ada', ['get', 'promote'], 'shop');

    const sent = await send(api, 'promote', { body: { step: 1 } });

    expect([sent.statusCode, sent.json().detail]).toEqual([
      403,
      expect.stringContaining('ada may not approve: that needs the verb approve'),
    ]);
  });

  it('and not override, may not go on in spite of a freeze', async () => {
    const api = await begun();
    api.callers.allow('bob', ['promote'], 'shop');
    const body = { overrideFreeze: true, reason: 'a fix' };

    const sent = await send(api, 'promote', { who: 'bob', body });
    const done = await api.whileTicking(send(api, 'promote', { body }));

    expect([sent.statusCode, sent.json().detail]).toEqual([
      403,
      expect.stringContaining('bob may not override a freeze: that needs the verb override'),
    ]);
    expect(done.statusCode).toBe(200);
    expect((await api.scene.rollout())?.spec.requests).toMatchObject([{ overrideFreeze: true, actor: 'ada' }]);
  });
});

describe('who may not', () => {
  it('reads the sentence that everybody reads, and nothing is written', async () => {
    const api = await begun();
    const words = {
      promote: 'promote',
      abort: 'abort',
      pause: 'pause',
      resume: 'pause',
      retry: 'retry',
      approve: 'approve',
    };

    for (const [verb, right] of Object.entries(words)) {
      const sent = await send(api, verb, { who: 'bob' });

      const role = right === 'approve' ? 'serin-approver' : 'serin-operator';
      const doing = right === 'pause' ? 'pause or resume' : right;
      expect([sent.statusCode, sent.headers['content-type'], sent.json()]).toEqual([
        403,
        'application/problem+json',
        {
          type: 'urn:serin:problem:forbidden',
          title: 'You may not do that',
          status: 403,
          detail: `bob may not ${doing}: that needs the verb ${right} on canaryrollouts.serin.dev in namespace shop. Ask an administrator for a RoleBinding to the ClusterRole ${role} there.`,
          next: `Ask an administrator for a RoleBinding to the ClusterRole ${role} there.`,
        },
      ]);
    }
    expect((await api.scene.rollout())?.spec.requests).toEqual([]);
  });

  it('learns nothing of what there is', async () => {
    const api = await begun();

    const known = await send(api, 'promote', { who: 'carol' });
    const unknown = await send(api, 'promote', { who: 'carol', name: 'nothing' });

    expect(unknown.json()).toEqual(known.json());
  });
});
