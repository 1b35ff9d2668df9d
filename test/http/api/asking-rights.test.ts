// Who may ask for what over HTTP: whoever lacks the right reads what is missing, and nothing is written.
import { describe, expect, it } from 'vitest';
import { begun, long, send } from './asking-bench.ts';

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
