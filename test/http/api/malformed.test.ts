// Whatever is sent, the API answers: never with a failure of its own, never without an end, and always as its document says.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { problemSchema } from '../../../src/http/api/problem.ts';
import { apiScene, as, tokens } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';
import { undescribed } from './documented.ts';
import { oddRequest } from './odd-requests.ts';

const quick = { burst: 100_000, perSecond: 100_000 };
const api = apiScene({
  settings: { bake: '1h', 'max-bake': '2h', approval: 'every-step' },
  limits: { pace: { caller: quick, address: quick }, streamMs: 3_000, heartbeatMs: 1_000 },
});
afterAll(() => api.app.close());

describe('whatever is asked', () => {
  it('is answered as the document says, and what is wrong with it is a problem', async () => {
    await runUntil(api.scene, ({ status }) => status.phase === 'baking');
    const statuses = new Set<number>();

    await fc.assert(
      fc.asyncProperty(
        oddRequest,
        async ({
          method: sent,
          path: to,
          query: asked,
          authorization,
          contentType: type,
          others: more,
          body: payload,
        }) => {
          const url = `${to}${asked}`;
          const headers = { ...more, authorization, ...(type === '' ? {} : { 'content-type': type }) };
          const carries = sent !== 'GET' && sent !== 'HEAD' && payload !== '';
          const answer = await api.whileRunning(
            api.app.inject({ method: sent as 'GET', url, headers, ...(carries ? { payload } : {}) }),
          );

          statuses.add(answer.statusCode);
          expect(answer.statusCode).not.toBe(500);
          expect(answer.headers).not.toHaveProperty('set-cookie');
          if (answer.statusCode >= 400) expect(answer.headers['content-type']).toBe('application/problem+json');
          if (sent === 'HEAD') return;
          if (answer.statusCode >= 400) {
            const problem = problemSchema.strict().parse(answer.json());
            expect([problem.status, problem.type]).toEqual([answer.statusCode, expect.stringMatching(/^urn:serin:/)]);
          }
          expect(undescribed(sent, to, answer.statusCode, answer.headers['content-type'], answer.payload)).toBe('');
        },
      ),
      { numRuns: 300 },
    );

    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
    expect(api.logged()).not.toContain('could not make an answer');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(api.news.listeners()).toBe(0);
    const still = await api.app.inject({ url: '/v1/rollouts?namespace=shop', headers: as('ada') });
    expect(still.statusCode).toBe(200);
  }, 60_000);
});

describe('what is hardly HTTP', () => {
  it('is answered and let go of', async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const address = api.app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const head = `authorization: Bearer ${tokens.bob}\r\nconnection: close\r\n`;
    const lines = [
      `GET /v1/rollouts HTTP/9.9\r\n${head}\r\n`,
      `GET  /v1/rollouts  HTTP/1.1\r\n${head}\r\n`,
      `GET /v1/rollouts\u0000 HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
      `GET http://elsewhere/v1/rollouts?namespace=shop HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
      `GET //v1/rollouts HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
      `GET /v1/rollouts/../../etc/passwd HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
      `POST /v1/rollouts/shop/reviews-v2/pause HTTP/1.1\r\nhost: a\r\n${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
      `POST /v1/rollouts/shop/reviews-v2/pause HTTP/1.1\r\nhost: a\r\n${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}`,
      `POST /v1/rollouts/shop/reviews-v2/pause HTTP/1.1\r\nhost: a\r\n${head}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      `GET /v1/rollouts HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n${head}\r\n`,
      `GET /v1/rollouts HTTP/1.1\r\nhost: a\r\nx: a\u0001b\r\n${head}\r\n`,
      `BREW /v1/rollouts HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
      `CONNECT a:1 HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
      `GET /${'x'.repeat(15_000)} HTTP/1.1\r\nhost: a\r\n${head}\r\n`,
    ];

    const answers = [];
    for (const line of lines) {
      const socket = connect(port, '127.0.0.1');
      socket.write(line);
      answers.push([line.slice(0, 40), await text(socket)] as const);
    }

    for (const [line, said] of answers) {
      expect([line, said.split('\r\n')[0]]).toEqual([line, expect.stringMatching(/^$|^HTTP\/1\.1 (200|4\d\d) /)]);
      if (said.startsWith('HTTP/1.1 4')) {
        expect(said).toContain('application/problem+json');
        problemSchema.strict().parse(JSON.parse(said.slice(said.indexOf('\r\n\r\n'))));
      }
    }
  });

  it.each([
    ['its head', 'GET /v1/rollouts HTTP/1.1\r\nx: a'],
    [
      'its body',
      `POST /v1/rollouts/shop/reviews-v2/pause HTTP/1.1\r\nauthorization: Bearer ${tokens.ada}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    ],
    ['nothing at all', ''],
  ])('is let go of where %s never ends', async (_name, beginning) => {
    const { app } = apiScene({ limits: { requestMs: 100 } });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
    socket.write(beginning);

    const said = await text(socket);
    await app.close();

    expect(said).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/);
    expect(said).toContain('or came too slowly');
  });
});
