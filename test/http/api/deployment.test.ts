// Deployments over HTTP: those that Serin has to do with, and no others, whatever the controller itself may read.
import { describe, expect, it } from 'vitest';
import { apiScene, as } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';

describe('a Deployment', () => {
  it('is shown to who may read rollouts when it asks for canaries or is part of a rollout, without annotations of others', async () => {
    const api = apiScene({ settings: { bake: '1h', 'max-bake': '2h' } });
    const read = (name: string) => api.app.inject({ url: `/v1/deployments/shop/${name}`, headers: as('bob') });
    const asking = await read('reviews-v2');
    const stableBefore = await read('reviews-v1');
    await runUntil(api.scene, ({ status }) => status.phase === 'baking');
    const stable = await read('reviews-v1');

    expect([asking.statusCode, stableBefore.statusCode, stable.statusCode]).toEqual([200, 404, 200]);
    expect(asking.json()).toMatchObject({ name: 'reviews-v2', annotations: { 'serin.dev/canary-of': 'reviews-v1' } });
  });

  it('that Serin has nothing to do with is none for the API: the right to read rollouts is no right to read Deployments', async () => {
    const api = apiScene();
    await api.scene.deploy('ledger', { images: ['bank/ledger:secret'] });
    api.scene.trouble('ledger', [{ pod: 'ledger-1', kind: 'crashLoop', message: 'password=hunter2' }]);

    const sent = await api.app.inject({ url: '/v1/deployments/shop/ledger', headers: as('bob') });
    const missing = await api.app.inject({ url: '/v1/deployments/shop/nothing', headers: as('bob') });

    expect([sent.statusCode, missing.statusCode]).toEqual([404, 404]);
    expect(sent.payload.replaceAll('ledger', 'X')).toBe(missing.payload.replaceAll('nothing', 'X'));
  });

  it('is shown to nobody without the right to read rollouts there', async () => {
    const api = apiScene();

    const sent = await api.app.inject({ url: '/v1/deployments/shop/reviews-v2', headers: as('carol') });

    expect(sent.statusCode).toBe(403);
  });
});
