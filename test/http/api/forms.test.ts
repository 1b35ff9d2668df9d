// Rollouts as the cluster stores them: what the command reads, so that nothing that is shown of them differs.
import { describe, expect, it } from 'vitest';
import { readRollout } from '../../../src/adapters/kubernetes/rollout-codec.ts';
import { rolloutObject } from '../../../src/adapters/kubernetes/rollout-written.ts';
import { apiScene, as, baking } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';

const one = '/v1/rollouts/shop/reviews-v2';

describe('form=object', () => {
  it('gives a rollout from which the very same is read', async () => {
    const api = apiScene();
    await runUntil(api.scene, baking(1));

    const sent = await api.app.inject({ url: `${one}?form=object`, headers: as('bob') });

    expect(sent.statusCode).toBe(200);
    expect(readRollout(sent.json())).toEqual(await api.scene.rollout());
  });

  it('gives a page of them, as the list without it has them', async () => {
    const api = apiScene();
    await runUntil(api.scene, ({ status }) => status.phase === 'promoted');

    const objects = (
      await api.app.inject({ url: '/v1/rollouts?namespace=shop&form=object', headers: as('bob') })
    ).json();
    const records = (
      await api.app.inject({ url: '/v1/rollouts?namespace=shop&form=record', headers: as('bob') })
    ).json();

    expect([objects.schema, records.schema]).toEqual(['serin.dev/objects/v1', 'serin.dev/rollouts/v1']);
    // Numbers are rounded when they are stored.
    const stored = (await api.scene.rollouts()).map((rollout) => readRollout(rolloutObject(rollout)));
    expect(objects.objects.map(readRollout)).toEqual(stored);
    expect(records.rollouts[0].uid).toBe(objects.objects[0].metadata.uid);
  });

  it.each([`${one}?form=object&waitFor=finished`, `${one}?form=xml`, '/v1/rollouts?form=yaml&namespace=shop'])(
    'is refused where it makes no sense: %s',
    async (url) => {
      const api = apiScene();
      await runUntil(api.scene, baking(0));

      const sent = await api.app.inject({ url, headers: as('bob') });

      expect([sent.statusCode, sent.json().detail]).toEqual([400, expect.stringContaining('query.form: ')]);
    },
  );

  it('needs the same right as the records', async () => {
    const api = apiScene();
    await runUntil(api.scene, baking(0));

    const sent = await api.app.inject({ url: `${one}?form=object`, headers: as('carol') });

    expect(sent.statusCode).toBe(403);
  });
});
