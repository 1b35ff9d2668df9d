// Calls of the API against servers that are busy, broken, strange or none: each end is a sentence.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { apiCalls, type Calls } from '../../../src/adapters/http-api/calls.ts';
import { ApiRefused } from '../../../src/adapters/http-api/refused.ts';

const servers: Server[] = [];
const callers: Calls[] = [];

afterEach(async () => {
  for (const calls of callers.splice(0)) calls.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Asking {
  readonly calls: Calls;
  readonly url: string;
  /** What was sent, oldest first. */
  readonly seen: IncomingMessage[];
  /** How long the calls have paused in all. */
  readonly paused: () => number;
}

async function asking(answer: RequestListener, own: Partial<Parameters<typeof apiCalls>[0]> = {}): Promise<Asking> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...(await at(url, own)), url, seen };
}

async function at(
  url: string,
  own: Partial<Parameters<typeof apiCalls>[0]> = {},
): Promise<{ readonly calls: Calls; readonly paused: () => number }> {
  let paused = 0;
  const calls = apiCalls({
    url,
    token: async () => 'secret-token',
    userAgent: 'serin/test',
    proxies: {},
    pause: async (ms) => {
      paused += ms;
    },
    interrupted: new AbortController().signal,
    ...own,
  });
  callers.push(calls);
  return { calls, paused: () => paused };
}

function sends(status: number, headers: Readonly<Record<string, string>>, body: string) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };
}

function problem(status: number, kind: string, more: Readonly<Record<string, string>> = {}): RequestListener {
  const body = {
    type: `urn:serin:problem:${kind}`,
    title: 'T',
    status,
    detail: 'It is so.',
    next: 'Do that.',
    newer: 1,
  };
  return sends(status, { 'content-type': 'application/problem+json', ...more }, JSON.stringify(body));
}

function refusal(coming: Promise<unknown>): Promise<ApiRefused> {
  return coming.then(
    (body) => {
      throw new Error(`It was answered: ${JSON.stringify(body)}`);
    },
    (error: unknown) => {
      if (error instanceof ApiRefused) return error;
      throw error;
    },
  );
}

const read = { method: 'GET', path: '/v1/rollouts' } as const;

describe('a call', () => {
  it('shows the token of the moment, and gives the body', async () => {
    let turn = 0;
    const { calls, seen } = await asking(sends(200, { 'content-type': 'application/json; charset=utf-8' }, '{"a":1}'), {
      token: async () => {
        turn += 1;
        return `token-${turn}`;
      },
    });

    const body = await calls.send({ ...read, query: { namespace: 'a b&c' } });
    await calls.send({ method: 'POST', path: '/v1/x', body: { reason: 'müde' } });

    expect(body).toEqual({ a: 1 });
    expect(seen.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ['GET', '/v1/rollouts?namespace=a+b%26c', 'Bearer token-1'],
      ['POST', '/v1/x', 'Bearer token-2'],
    ]);
    expect(seen[1]?.headers['content-length']).toBe('18');
  });

  it('keeps the path in front of the API', async () => {
    const { url, seen } = await asking(sends(200, { 'content-type': 'application/json' }, '{}'));
    const { calls } = await at(`${url}/behind/a/proxy`);

    await calls.send(read);

    expect(seen[0]?.url).toBe('/behind/a/proxy/v1/rollouts');
  });

  it('goes through the proxy that is named, but to this machine', async () => {
    const { url, seen } = await asking(sends(200, { 'content-type': 'application/json' }, '{}'));
    const proxies = { HTTP_PROXY: url, NO_PROXY: 'near.invalid' };
    const far = await at('http://far.invalid:81/serin', { proxies });
    const near = await at('http://near.invalid', { proxies });
    const here = await at(url, { proxies: { HTTP_PROXY: 'http://127.0.0.1:1' } });

    await far.calls.send(read);
    await here.calls.send(read);
    const direct = await refusal(near.calls.send(read));

    expect(seen.map((request) => request.url)).toEqual(['http://far.invalid:81/serin/v1/rollouts', '/v1/rollouts']);
    expect(direct.message).toContain('The host of http://near.invalid is not known here');
  });

  it('goes on after a connection that the API has let go of', async () => {
    const used = new WeakSet();
    const { calls, seen } = await asking((request, response) => {
      const isUsed = used.has(request.socket);
      used.add(request.socket);
      if (isUsed) request.socket.resetAndDestroy();
      else sends(200, { 'content-type': 'application/json' }, '{}')(request, response);
    });

    for (let turn = 0; turn < 5; turn += 1) await calls.send({ method: 'POST', path: '/v1/x', body: { turn } });

    expect(seen).toHaveLength(9);
  });

  it.each([
    ['not-found', 404, 404, 'It is so.', undefined],
    ['forbidden', 403, 403, 'It is so.', undefined],
    ['refused', 409, 409, 'It is so.', undefined],
    ['bad-request', 400, 400, 'It is so. Do that.', undefined],
    ['internal', 500, 500, 'It is so. Do that.', undefined],
    [
      'unauthenticated',
      401,
      401,
      'It is so.',
      'kubectl create token ACCOUNT -n NAMESPACE > FILE, and give that with --token-file FILE',
    ],
  ])('that ends with the problem %s says its sentence', async (kind, sent, status, message, next) => {
    const { calls, seen } = await asking(problem(sent, kind));

    const error = await refusal(calls.send(read));

    expect([error.status, error.kind, error.message, error.next]).toEqual([status, kind, message, next]);
    expect(seen).toHaveLength(1);
  });

  it('is sent again when the API asks for patience, and no sooner than it says', async () => {
    let turn = 0;
    const { calls, paused, seen } = await asking((request, response) => {
      turn += 1;
      const answer = turn < 3 ? problem(429, 'too-many-requests', { 'retry-after': '2' }) : problem(404, 'not-found');
      answer(request, response);
    });

    const error = await refusal(calls.send(read));

    expect([error.status, seen.length, paused()]).toEqual([404, 3, 4_000]);
  });

  it.each([
    [429, 'too-many-requests', 'It is so. Try again in 3600 s, or give each pipeline an account of its own.'],
    [503, 'busy', 'It is so. Do that.'],
  ])('ends with a sentence when the API never gets free (%i)', async (status, kind, message) => {
    const { calls, paused, seen } = await asking(problem(status, kind, { 'retry-after': '3600' }));

    const error = await refusal(calls.send(read));

    expect([error.message, seen.length, paused()]).toEqual([message, 4, 30_000]);
  });

  it.each([
    [
      'a page of a proxy',
      sends(
        502,
        { 'content-type': 'text/html' },
        '<html><head><title>502 Bad\nGateway \u001b[31m</title></head></html>',
      ),
      / answered with 502 and text\/html, which is no answer of Serin's API: .* It says: 502 Bad Gateway \[31m$/,
    ],
    [
      'a page for people',
      sends(200, { 'content-type': 'text/html; charset=utf-8' }, '<body><h1>Sign in</h1></body>'),
      / answered with 200 and text\/html; charset=utf-8, .* It says: Sign in$/,
    ],
    ['nothing', sends(200, {}, ''), / answered with 200 and no type, which is no answer of Serin's API/],
    [
      'half of a JSON',
      sends(200, { 'content-type': 'application/json' }, '{"a":'),
      / answered with 200 and application\/json/,
    ],
    [
      'an error of another program',
      sends(404, { 'content-type': 'application/json' }, '{"error":"no route"}'),
      / answered with 404 .*no route/,
    ],
    [
      'a redirect',
      sends(302, { location: 'https://login.example.com/?back=1' }, ''),
      / sends elsewhere \(302, to https:\/\/login\.example\.com\/\?back=1\), and a token is not sent after\. Give --server the address/,
    ],
  ])('that is answered with %s says so, on one line', async (_what, answer, message) => {
    const { calls, seen } = await asking(answer);

    const error = await refusal(calls.send(read));

    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    expect(error.kind).toBeUndefined();
    expect(seen).toHaveLength(1);
  });

  it('says when nothing listens, and when the connection is broken off', async () => {
    const { calls } = await asking((request) => request.socket.resetAndDestroy());
    const none = await at('http://127.0.0.1:1');
    const unknown = await at('https://no-such-host.invalid');

    expect((await refusal(calls.send(read))).message).toMatch(/^http:\/\/127\.0\.0\.1:\d+ broke the connection off\.$/);
    expect((await refusal(none.calls.send(read))).message).toBe(
      'http://127.0.0.1:1 refused the connection: nothing listens there.',
    );
    expect((await refusal(unknown.calls.send(read))).message).toMatch(
      /^The host of https:\/\/no-such-host\.invalid is not known here \(E\w+\)\.$/,
    );
  });

  it('says when what listens does not speak TLS', async () => {
    const { url } = await asking(sends(200, {}, ''));
    const { calls } = await at(url.replace('http:', 'https:'));

    expect((await refusal(calls.send(read))).message).toMatch(/^https:\/\/127\.0\.0\.1:\d+ does not speak TLS\.$/);
  });

  it('ends when the command is interrupted', async () => {
    const ctrlC = new AbortController();
    const { calls } = await asking(() => ctrlC.abort(), { interrupted: ctrlC.signal });

    expect((await refusal(calls.send(read))).message).toBe('Interrupted.');
  });

  it('never says the token', async () => {
    const { calls } = await asking((request, response) =>
      sends(500, { 'content-type': 'text/plain' }, 'went wrong')(request, response),
    );

    const error = await refusal(calls.send(read));

    expect(JSON.stringify([error.message, error.stack, error.next])).not.toContain('secret-token');
  });
});

describe('a stream', () => {
  it('that is refused says why, and ends the connection', async () => {
    const { calls } = await asking(problem(503, 'busy', { 'retry-after': '10' }));

    const error = await refusal(calls.open('/v1/rollouts/shop/a/events', {}, {}));

    expect([error.status, error.kind]).toEqual([503, 'busy']);
  });

  it('is no stream when the answer is something else', async () => {
    const { calls } = await asking(sends(200, { 'content-type': 'application/json' }, '{}'));

    const error = await refusal(calls.open('/v1/rollouts/shop/a/events', {}, {}));

    expect(error.message).toMatch(/gave no stream of events\.$/);
  });
});
