// Requests over HTTP while a freeze holds rollouts.
import { describe, expect, it } from 'vitest';
import type { MemoryFreezes } from '../../../src/adapters/memory/freezes.ts';
import { type ApiScene, apiScene, as, baking } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';

const stop = { stop: 'incident 4711.' };

/** A rollout that bakes at its first step, and is frozen from then on. */
async function frozen(): Promise<{ readonly api: ApiScene; readonly freezes: MemoryFreezes }> {
  const freezes: MemoryFreezes = new Map();
  const api = apiScene({ settings: { bake: '1h', 'max-bake': '2h' }, freezes });
  await runUntil(api.scene, baking(0));
  freezes.set('shop/usual', stop);
  return { api, freezes };
}

async function promote({ app }: ApiScene, body: Readonly<Record<string, unknown>> = {}) {
  const sent = await app.inject({
    method: 'POST',
    url: '/v1/rollouts/shop/reviews-v2/promote',
    headers: as('ada'),
    payload: { step: 1, ...body },
  });
  return { status: sent.statusCode, body: sent.json() };
}

describe('a promotion over HTTP in a freeze', () => {
  it('is refused with what holds it and the way to override, and not written again and again', async () => {
    const { api } = await frozen();

    const first = await api.whileTicking(promote(api));
    api.scene.pass(60_000);
    const again = await api.whileTicking(promote(api));

    for (const sent of [first, again])
      expect([sent.status, sent.body.detail]).toEqual([
        409,
        expect.stringMatching(/incident 4711\. .*serin promote reviews-v2 -n shop --override-freeze --reason/),
      ]);
    expect((await api.scene.rollout())?.spec.requests).toHaveLength(1);
  });

  it('that was refused is done once the freeze is over', async () => {
    const { api, freezes } = await frozen();
    await api.whileTicking(promote(api));
    freezes.clear();
    api.scene.pass(60_000);

    const sent = await api.whileTicking(promote(api));

    expect(sent).toMatchObject({ status: 200, body: { outcome: 'done' } });
  });

  it('goes on with an override, whose reason stays in the status; without one it is refused', async () => {
    const { api } = await frozen();

    const thoughtless = await api.whileTicking(promote(api, { overrideFreeze: true }));
    const sent = await api.whileTicking(promote(api, { overrideFreeze: true, reason: 'login is broken' }));

    const { status } = await runUntil(api.scene, baking(1));
    expect(thoughtless).toMatchObject({ status: 400, body: { detail: 'body.reason: An override needs a reason.' } });
    expect(sent).toMatchObject({ status: 200, body: { outcome: 'done' } });
    expect(status.freezeOverride).toMatchObject({ by: 'ada', surface: 'http', reason: 'login is broken' });
  });
});
