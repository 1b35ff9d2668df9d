// The door of the API: tokens, rights, pace, and problems that tell nothing of the inside.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { buckets } from '../../../src/http/api/bucket.ts';
import { operations } from '../../../src/http/api/operations.ts';
import { problemSchema } from '../../../src/http/api/problem.ts';
import { type ApiOptions, type ApiScene, apiScene, as, tokens } from '../../support/api-world.ts';
import { simulatedClock } from '../../support/clock.ts';

function get({ app }: ApiScene, url: string, headers: Readonly<Record<string, string>> = as('ada')) {
  return app.inject({ method: 'GET', url, headers });
}

const one = '/v1/rollouts/shop/reviews-v2';
const slow = { burst: 3, perSecond: 0.5 };
const quick = { burst: 1_000, perSecond: 1_000 };
const paced = (caller: typeof slow, address: typeof slow): ApiOptions => ({ limits: { pace: { caller, address } } });

describe('without a token that the cluster knows', () => {
  it.each([
    ['no header', {}, 'The request carries no token.'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'The header Authorization holds no Bearer token.'],
    [
      'a stranger',
      { authorization: 'Bearer secret-of-nobody' },
      'The cluster does not know the token, or it has expired.',
    ],
  ])('every call is 401: %s', async (_name, headers, detail) => {
    const api = apiScene();
    const calls = operations.map(({ method, path }) => ({
      method,
      url: path.replace('{namespace}', 'shop').replace('{name}', 'reviews-v2'),
    }));

    for (const call of [...calls, { method: 'GET' as const, url: '/openapi.json' }]) {
      const sent = await api.app.inject({ ...call, headers });

      expect([sent.statusCode, sent.headers['www-authenticate'], sent.json()]).toEqual([
        401,
        'Bearer',
        {
          type: 'urn:serin:problem:unauthenticated',
          title: 'Nobody knows who you are',
          status: 401,
          detail,
          next: expect.stringContaining('kubectl create token'),
        },
      ]);
    }
    expect(api.callers.asked.may).toBe(0);
    expect(api.logged()).not.toContain('secret-of-nobody');
  });

  it('the body is not even read', async () => {
    const sent = await apiScene().app.inject({ method: 'POST', url: `${one}/promote`, payload: 'x'.repeat(10_000) });

    expect(sent.statusCode).toBe(401);
  });
});

describe('a right', () => {
  it('to read is asked for in that namespace, and to list in all of them where none is named', async () => {
    const api = apiScene();
    const place = 'canaryrollouts.serin.dev';

    const answers = [
      await get(api, one, as('carol')),
      await get(api, '/v1/rollouts/other/reviews-v2', as('ada')),
      await get(api, `${one}/events`, as('carol')),
      await get(api, '/v1/rollouts?namespace=shop', as('carol')),
      await get(api, '/v1/rollouts', as('ada')),
    ].map((sent) => [sent.statusCode, sent.json().detail.split('. ')[0]]);

    expect(answers).toEqual([
      [403, `carol may not see rollouts: that needs the verb get on ${place} in namespace shop`],
      [403, `ada may not see rollouts: that needs the verb get on ${place} in namespace other`],
      [403, `carol may not see rollouts: that needs the verb get on ${place} in namespace shop`],
      [403, `carol may not list rollouts: that needs the verb list on ${place} in namespace shop`],
      [403, `ada may not list rollouts: that needs the verb list on ${place} in all namespaces`],
    ]);
  });

  it('that a group has is enough', async () => {
    const api = apiScene();
    api.callers.allow('people', ['list'], 'shop');

    expect((await get(api, '/v1/rollouts?namespace=shop', as('carol'))).statusCode).toBe(200);
  });

  it('that is taken away is gone at the next call', async () => {
    const api = apiScene();
    const before = await get(api, '/v1/rollouts?namespace=shop');
    api.callers.forbid('ada');

    const after = await get(api, '/v1/rollouts?namespace=shop');

    expect([before.statusCode, after.statusCode]).toEqual([200, 403]);
  });

  it('is nobody’s while the cluster cannot be asked, and no token is logged', async () => {
    const down = async (): Promise<never> => {
      throw new Error('connect ECONNREFUSED');
    };
    const mute = apiScene({ parts: { callers: { authenticate: down, may: down } } });
    const deaf = apiScene();
    deaf.callers.may = down;

    const answers = [await get(mute, one), await get(deaf, one)];

    expect(answers.map((sent) => [sent.statusCode, sent.headers['retry-after'], sent.json().type])).toEqual(
      Array(2).fill([503, '5', 'urn:serin:problem:unavailable']),
    );
    expect(answers.map((sent) => sent.payload).join()).not.toContain('ECONNREFUSED');
    expect(mute.logged()).toContain('ECONNREFUSED');
    expect(mute.logged() + deaf.logged()).not.toContain(tokens.ada);
  });
});

describe('who asks too often', () => {
  it('is told when to ask again, each caller alone', async () => {
    const api = apiScene(paced(slow, quick));

    const ada = [];
    for (let turn = 0; turn < 5; turn += 1) ada.push(await get(api, '/v1/rollouts?namespace=shop'));
    const bob = await get(api, '/v1/rollouts?namespace=shop', as('bob'));
    api.scene.pass(2_000);
    const later = await get(api, '/v1/rollouts?namespace=shop');

    expect(ada.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429, 429]);
    expect(ada[4]?.headers['retry-after']).toBe('2');
    expect(ada[4]?.json()).toMatchObject({
      type: 'urn:serin:problem:too-many-requests',
      next: expect.stringContaining('Wait 2 s.'),
    });
    expect([bob.statusCode, later.statusCode]).toEqual([200, 200]);
  });

  it('without a token costs the cluster no more than the pace of its address', async () => {
    const api = apiScene(paced(quick, slow));

    for (let turn = 0; turn < 10; turn += 1) await get(api, one, { authorization: `Bearer guess-${turn}` });

    expect(api.callers.asked.authenticate).toBe(3);
  });

  it('is remembered among ten thousand others, no more', () => {
    const clock = simulatedClock();
    const kept = buckets({ burst: 1, perSecond: 0.001 }, clock);
    kept.take('ada');
    for (let other = 0; other < 9_999; other += 1) kept.take(`other-${other}`);
    const still = kept.take('ada');
    for (let other = 0; other < 10_000; other += 1) kept.take(`another-${other}`);

    expect([still, kept.take('ada')]).toEqual([1_000, 0]);
  });
});

describe('what cannot be understood', () => {
  it.each([
    ['POST', `${one}/promote`, { 'content-type': 'application/x-www-form-urlencoded' }, 'step=1', 415, 'not-json'],
    ['POST', `${one}/promote`, { 'content-type': 'text/plain' }, '{}', 415, 'not-json'],
    ['POST', `${one}/promote`, { 'content-type': 'application/json' }, '{"step":', 400, 'bad-request'],
    ['POST', `${one}/promote`, { 'content-type': 'application/json' }, '[]', 400, 'bad-request'],
    [
      'POST',
      `${one}/promote`,
      { 'content-type': 'application/json' },
      JSON.stringify({ id: 'x'.repeat(5_000) }),
      413,
      'too-large',
    ],
    ['POST', `${one}/destroy`, {}, '', 404, 'not-found'],
    ['GET', '/', {}, '', 404, 'not-found'],
    ['HEAD', one, {}, '', 404, 'not-found'],
    ['GET', '/v1/rollouts/shop/%zz', {}, '', 400, 'bad-request'],
    ['GET', '/v1/rollouts/shop/Reviews_V2', {}, '', 400, 'bad-request'],
    ['GET', '/v1/rollouts?namespace=shop&phase=bakin', {}, '', 400, 'bad-request'],
    ['GET', '/v1/rollouts?namespace=shop&limit=0', {}, '', 400, 'bad-request'],
    ['GET', '/v1/rollouts?namespace=shop&continue=bm8', {}, '', 400, 'bad-request'],
    ['GET', `${one}?waitFor=done`, {}, '', 400, 'bad-request'],
    ['GET', `${one}?waitFor=finished&timeout=10m`, {}, '', 400, 'bad-request'],
    ['GET', `${one}?timeout=10s`, {}, '', 400, 'bad-request'],
    ['GET', `${one}?wait=finished`, {}, '', 400, 'bad-request'],
  ] as const)('is a problem: %s %s %j %s', async (method, url, headers, payload, status, kind) => {
    const api = apiScene();
    await api.whileTicking(Promise.resolve());

    const sent = await api.app.inject({
      method,
      url,
      headers: { ...as('ada'), ...headers },
      ...(payload === '' ? {} : { payload }),
    });

    expect([sent.statusCode, sent.headers['content-type']]).toEqual([status, 'application/problem+json']);
    if (method === 'HEAD') return;
    const problem = problemSchema.strict().parse(sent.json());
    expect([problem.type, problem.status]).toEqual([`urn:serin:problem:${kind}`, status]);
  });

  it('and is no HTTP at all is a problem too', async () => {
    const { app } = apiScene();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');

    socket.write('what is this\r\n\r\n');
    const said = await text(socket);
    await app.close();

    expect(said).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/);
    expect(problemSchema.parse(JSON.parse(said.split('\r\n\r\n')[1] ?? '')).type).toBe('urn:serin:problem:bad-request');
  });

  it('and what breaks inside is 500, logged and not told', async () => {
    const broken = apiScene({
      parts: {
        newId: () => {
          throw new Error('password=hunter2');
        },
      },
    });

    const sent = await broken.app.inject({ method: 'POST', url: `${one}/pause`, headers: as('ada') });

    expect([sent.statusCode, sent.json().type]).toEqual([500, 'urn:serin:problem:internal']);
    expect(sent.payload).not.toContain('hunter2');
    expect(broken.logged()).toContain('hunter2');
  });
});
