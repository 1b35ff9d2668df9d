// Reading rollouts over HTTP: pages, one by name, and waiting for its end.
import { describe, expect, it } from 'vitest';
import { rolloutSchema } from '../../../src/http/api/record.ts';
import { listSchema, waitedSchema } from '../../../src/http/api/schemas.ts';
import { type ApiScene, apiScene, as, baking } from '../../support/api-world.ts';
import { aSpec, aStatus } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { runUntil } from '../../support/run.ts';

const long = { bake: '1h', 'max-bake': '2h' };
const wall = { clock: { now: () => Date.now() } };
const one = '/v1/rollouts/shop/reviews-v2';

function get({ app }: ApiScene, url: string) {
  return app.inject({ method: 'GET', url, headers: as('ada') });
}

/** Rollouts of several Deployments, one a second, beside nothing else. */
async function shelf(count: number): Promise<ApiScene> {
  const api = apiScene();
  for (let index = 0; index < count; index += 1) {
    const name = `app-${index % 3}`;
    const spec = aSpec({ target: { name, uid: `uid-${name}` }, attempt: index + 1 });
    const phase = index % 2 === 0 ? 'promoted' : 'baking';
    await api.scene.world.rollouts.create(
      { namespace: 'shop', name: `${name}-two-${index}` },
      spec,
      aStatus({ phase }),
    );
    if (index % 4 === 3) api.scene.pass(1_000);
  }
  return api;
}

async function pages(api: ApiScene, limit: number): Promise<readonly string[]> {
  const names: string[] = [];
  let mark: string | undefined;
  for (let turn = 0; turn < 50; turn += 1) {
    const next = mark === undefined ? '' : `&continue=${encodeURIComponent(mark)}`;
    const page = listSchema.parse((await get(api, `/v1/rollouts?namespace=shop&limit=${limit}${next}`)).json());
    names.push(...page.rollouts.map(({ name }) => name));
    mark = page.continue;
    if (mark === undefined) return names;
  }
  throw new Error('The list has no end.');
}

describe('a list', () => {
  it('has the newest first, and what is asked for alone', async () => {
    const api = await shelf(8);

    const baking = listSchema.parse((await get(api, '/v1/rollouts?namespace=shop&phase=baking&target=app-1')).json());

    expect(baking.rollouts.map(({ name, phase }) => `${name} ${phase}`)).toEqual([
      'app-1-two-7 baking',
      'app-1-two-1 baking',
    ]);
    expect(baking.continue).toBeUndefined();
  });

  it.each([1, 3, 7, 10])('comes in pages of %i, each rollout once, whatever is added meanwhile', async (limit) => {
    const api = await shelf(10);
    const whole = await pages(api, 500);
    const first = listSchema.parse((await get(api, `/v1/rollouts?namespace=shop&limit=${limit}`)).json());
    api.scene.pass(60_000);
    await api.scene.world.rollouts.create({ namespace: 'shop', name: 'later-two-1' }, aSpec(), aStatus());

    const all = await pages(api, limit);
    const rest = first.continue === undefined ? '' : `&continue=${first.continue}`;
    const second = listSchema.parse((await get(api, `/v1/rollouts?namespace=shop&limit=${limit}${rest}`)).json());

    expect(whole).toHaveLength(10);
    expect(all).toEqual(['later-two-1', ...whole]);
    if (rest !== '') expect(second.rollouts.map(({ name }) => name)).toEqual(whole.slice(limit, 2 * limit));
  });

  it('without a namespace is of the only one that this controller looks after', async () => {
    const api = apiScene({ parts: { namespace: 'shop' } });
    await runUntil(api.scene, () => true);

    const sent = await get(api, '/v1/rollouts');

    expect([sent.statusCode, sent.json().rollouts.length]).toEqual([200, 1]);
  });

  it('of all namespaces takes the right in all of them', async () => {
    const api = await shelf(2);
    api.callers.allow('ada', ['list']);

    expect(listSchema.parse((await get(api, '/v1/rollouts')).json()).rollouts).toHaveLength(2);
  });
});

describe('one rollout', () => {
  it('is found by its own name and by its Deployment, whose newest it is', async () => {
    const api = apiScene({ settings: long });
    const { id } = await runUntil(api.scene, baking(0));

    const [own, newest] = [await get(api, `/v1/rollouts/shop/${id.name}`), await get(api, one)];

    expect(own.json()).toEqual(newest.json());
    expect(rolloutSchema.strict().parse(own.json())).toMatchObject({
      schema: 'serin.dev/rollout/v1',
      name: id.name,
      target: 'reviews-v2',
      phase: 'baking',
      step: 1,
      steps: [10, 25, 50, 100],
      weight: { intended: 10 },
      finished: false,
      display: { step: '1/4', weight: '10%' },
    });
  });

  it('that does not exist is a problem with the nearest name', async () => {
    const api = apiScene();
    await runUntil(api.scene, () => true);

    const sent = await get(api, '/v1/rollouts/shop/reveiws-v2');

    expect([sent.statusCode, sent.json()]).toEqual([
      404,
      expect.objectContaining({
        detail: 'There is no rollout of "reveiws-v2" in namespace shop. Did you mean "reviews-v2"?',
        next: 'GET /v1/rollouts?namespace=shop lists those there are.',
      }),
    ]);
  });

  it('of another revision or image is not taken for the one that was wanted', async () => {
    const api = apiScene({ settings: long });
    const { spec } = await runUntil(api.scene, baking(0));
    const image = spec.canary.images[0] ?? '';

    const answers = [`?image=${image}`, `?revision=${spec.canary.hash}`, '?image=reviews:9', '?revision=nine'].map(
      async (query) => (await get(api, one + query)).statusCode,
    );

    expect(await Promise.all(answers)).toEqual([200, 200, 404, 404]);
  });

  it('in a namespace that this controller does not look after is a problem', async () => {
    const api = apiScene({ parts: { namespace: 'shop' } });
    api.callers.allow('ada', ['get'], 'other');

    const sent = await get(api, '/v1/rollouts/other/reviews-v2');

    expect([sent.statusCode, sent.json().detail]).toEqual([404, 'This controller looks after namespace shop alone.']);
  });
});

describe('waiting', () => {
  it('for the end is answered when it comes', async () => {
    const api = apiScene({ settings: long });
    await runUntil(api.scene, baking(0));

    const waiting = get(api, `${one}?waitFor=finished&timeout=20s`);
    await api.scene.ask('abort');
    const sent = await api.whileRunning(waiting);

    expect(waitedSchema.parse(sent.json())).toMatchObject({ phase: 'rolledBack', finished: true, reached: true });
  });

  it('for a promotion ends with a rollback, and says that it was not reached', async () => {
    const api = apiScene({ settings: long });
    await runUntil(api.scene, baking(0));

    const waiting = get(api, `${one}?waitFor=promoted&timeout=20s`);
    await api.scene.ask('abort');
    const sent = await api.whileRunning(waiting);

    expect(waitedSchema.parse(sent.json())).toMatchObject({
      phase: 'rolledBack',
      cause: 'person',
      finished: true,
      reached: false,
    });
  });

  it('ends with the time, and tells where the rollout stands', async () => {
    const api = apiScene({ settings: long, parts: wall });
    await runUntil(api.scene, baking(0));

    const sent = await get(api, `${one}?waitFor=finished&timeout=200ms`);

    expect([sent.statusCode, sent.json()]).toEqual([
      200,
      expect.objectContaining({ phase: 'baking', finished: false, reached: false }),
    ]);
  });

  it('for an image begins before there is a rollout of it', async () => {
    const api = apiScene({ settings: long });
    const waiting = get(api, `${one}?waitFor=finished&image=reviews:v2&timeout=20s`);
    await eventually('a look', async () => api.news.listeners() === 1, { withinMs: 5_000 });

    const begun = await runUntil(api.scene, baking(0));
    await api.scene.ask('abort');
    const sent = await api.whileRunning(waiting);

    expect(begun.spec.canary.images).toEqual(['reviews:v2']);
    expect(waitedSchema.parse(sent.json())).toMatchObject({ name: begun.id.name, finished: true });
  });

  it('is woken by news, not by looking again and again', async () => {
    const api = apiScene({ settings: long, limits: { lookEveryMs: 60_000 } });
    const { id } = await runUntil(api.scene, baking(0));

    const waiting = get(api, `${one}?waitFor=finished&timeout=60s`);
    await eventually('a look', async () => api.news.listeners() === 1, { withinMs: 5_000 });
    await api.scene.ask('abort');
    await runUntil(api.scene, ({ status }) => status.phase === 'rolledBack');
    api.news.tell(id);
    const sent = await waiting;

    expect(sent.json()).toMatchObject({ finished: true });
  });

  it('ends when the caller goes, and gives the place back', async () => {
    const api = apiScene({ settings: long, parts: wall, limits: { waits: { total: 1, each: 1 } } });
    await runUntil(api.scene, baking(0));
    const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
    const leaving = new AbortController();

    const waiting = fetch(`${url}${one}?waitFor=finished&timeout=5m`, { headers: as('ada'), signal: leaving.signal });
    const gone = waiting.then(
      () => 'answered',
      () => 'gone',
    );
    await eventually('the wait', async () => api.news.listeners() === 1, { withinMs: 5_000 });
    const crowded = await get(api, `${one}?waitFor=finished`);
    leaving.abort();
    await eventually('the wait to end', async () => api.news.listeners() === 0, { withinMs: 5_000 });
    const after = await get(api, `${one}?waitFor=finished&timeout=50ms`);
    await api.app.close();

    expect(await gone).toBe('gone');
    expect([crowded.statusCode, crowded.headers['retry-after'], crowded.json().type]).toEqual([
      503,
      '10',
      'urn:serin:problem:busy',
    ]);
    expect(after.statusCode).toBe(200);
  });

  it('for a rollout that is deleted meanwhile ends with what was seen last', async () => {
    const api = apiScene();
    const id = { namespace: 'shop', name: 'other-two-1' };
    await api.scene.world.rollouts.create(id, aSpec({ target: { name: 'other', uid: 'u' } }), aStatus());

    const waiting = get(api, '/v1/rollouts/shop/other?waitFor=finished&timeout=20s');
    await eventually('the wait', async () => api.news.listeners() === 1, { withinMs: 5_000 });
    const rollout = await api.scene.world.rollouts.get(id);
    if (rollout !== undefined) {
      await api.scene.world.rollouts.release(rollout);
      await api.scene.world.rollouts.remove(rollout);
    }
    const sent = await waiting;

    expect([sent.statusCode, sent.json()]).toEqual([200, expect.objectContaining({ finished: false, reached: false })]);
  });
});
