import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Answer, type PrometheusOptions, prometheusClient } from '../../../src/adapters/prometheus/client.ts';

const token = 'hunter2-very-secret';
const tenant = 'tenant-key-very-secret';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let url: string;
let answering: Answering;
let requests: IncomingMessage[];
let connections: number;
let folder: string;

beforeEach(async () => {
  requests = [];
  connections = 0;
  server = createServer((request, response) => {
    requests.push(request);
    answering(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  folder = await mkdtemp(join(tmpdir(), 'serin-client-'));
  await writeFile(join(folder, 'token'), `${token}\n`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function ask(more: Partial<PrometheusOptions> = {}): Promise<Answer> {
  const options = {
    url,
    timeoutMs: 2_000,
    bearerTokenFile: join(folder, 'token'),
    headers: { 'x-tenant': tenant },
    ...more,
  };
  return prometheusClient(options)('up', 1_000_000);
}

function answerJson(status: number, body: unknown): Answering {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

function vector(result: unknown, more: object = {}): Answering {
  return answerJson(200, { status: 'success', ...more, data: { resultType: 'vector', result } });
}

describe('An answer', () => {
  test('is a vector of labels and numbers, in which NaN and the infinities stay apart', async () => {
    const values = ['3', 'NaN', '+Inf', '-Inf', '1e3'];
    answering = vector(values.map((value, index) => ({ metric: { n: String(index) }, value: [1, value] })));

    const answer = await ask();

    const samples = answer.kind === 'vector' ? answer.samples : [];
    const numbers = [3, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1_000];
    expect(samples.map(({ value }) => value)).toEqual(numbers);
    expect(samples[1]?.labels).toEqual({ n: '1' });
  });

  test('may be a scalar, which is a number without labels', async () => {
    answering = answerJson(200, { status: 'success', data: { resultType: 'scalar', result: [1, '+Inf'] } });

    expect(await ask()).toEqual({ kind: 'vector', samples: [{ labels: {}, value: Number.POSITIVE_INFINITY }] });
  });

  test.each<readonly [string, Answering, RegExp]>([
    [
      'cannot be read',
      answerJson(400, { errorType: 'bad_data', error: 'parse error' }),
      /400 \(bad_data\): parse error\./,
    ],
    [
      'cannot be carried out',
      answerJson(422, { errorType: 'execution', error: 'many-to-many' }),
      /\(execution\): many-to-many\./,
    ],
    [
      'gives ranges',
      answerJson(200, { status: 'success', data: { resultType: 'matrix', result: [] } }),
      /gave ranges of values/,
    ],
    [
      'gives a text',
      answerJson(200, { status: 'success', data: { resultType: 'string', result: [1, 'x'] } }),
      /gave a text/,
    ],
  ])('is none, for good, to a query that %s', async (_, how, sentence) => {
    answering = how;

    const answer = await ask();

    expect(answer).toEqual({ kind: 'down', message: expect.stringMatching(sentence), refused: true });
    expect(answer.kind === 'down' && answer.message).toMatch(/ The query has to be changed\.$/);
  });

  test('may be empty, which is an answer', async () => {
    answering = vector([]);

    expect(await ask()).toEqual({ kind: 'vector', samples: [] });
  });

  test('is asked for by POST at one instant, with the token as it is in the file now', async () => {
    answering = vector([]);
    const client = prometheusClient({ url, timeoutMs: 2_000, bearerTokenFile: join(folder, 'token') });
    await client('up', 1_000_000);
    await writeFile(join(folder, 'token'), 'rotated');
    await client('up', 1_000_000);

    const seen = requests.map(({ method, headers }) => [method, headers.authorization]);
    expect(seen).toEqual([
      ['POST', `Bearer ${token}`],
      ['POST', 'Bearer rotated'],
    ]);
  });

  test('comes over one connection, and past any proxy the environment names', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9');
    answering = vector([]);
    const client = prometheusClient({ url, timeoutMs: 2_000 });
    for (let turn = 0; turn < 5; turn++) await client('up', 1_000_000);

    expect([requests.length, connections]).toEqual([5, 1]);
  });
});

describe('A source that does not answer is down, in a sentence that says why', () => {
  const echo: Answering = ({ headers }, response) => {
    const error = `no access for ${headers.authorization} and ${String(headers['x-tenant'])}`;
    response
      .writeHead(500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: 'error', errorType: 'internal', error }));
  };
  const page: Answering = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
  };

  test.each<readonly [string, Answering, RegExp]>([
    ['a login page with code 200', page, /answered with a page instead of metrics/],
    [
      'an error page',
      (_, response) => void response.writeHead(502).end('<html>Bad gateway</html>'),
      /answered 502 without saying why/,
    ],
    [
      'a redirection',
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/login' }).end(),
      /redirection \(302\), which is not followed/,
    ],
    ['credentials that are refused', answerJson(401, {}), /answered 401: the credentials were not accepted/],
    [
      'an overload',
      answerJson(503, { status: 'error', errorType: 'timeout', error: 'query timed out.' }),
      /answered 503 \(timeout\): query timed out\. /,
    ],
    [
      'a partial answer',
      vector([], { warnings: ['store 2 is away'] }),
      /may not be complete \(store 2 is away\), so nothing was counted/,
    ],
    ['histograms', vector([{ metric: {}, histogram: [1, {}] }]), /unknown shape/],
    ['nothing at all', (_, response) => void response.end(), /answered with a page instead of metrics/],
    [
      'JSON that breaks off',
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":'),
      /answered with a page/,
    ],
    ['a connection that breaks', (request) => void request.socket.destroy(), /cannot be reached \(ECONNRESET\)/],
    ['an error that repeats the credentials', echo, /no access for Bearer \*\*\* and \*\*\*/],
  ])('%s', async (_, how, sentence) => {
    answering = how;

    const answer = await ask();

    expect(answer).toEqual({ kind: 'down', message: expect.stringMatching(sentence), refused: false });
    expect(JSON.stringify(answer)).not.toContain(token);
    expect(JSON.stringify(answer)).not.toContain(tenant);
    expect(answer.kind === 'down' && answer.message).toMatch(
      new RegExp(`^Prometheus at ${url} .*\\. Judging goes on when it can be read\\.$`),
    );
  });

  test('in which nobody waits for it to come back', async () => {
    answering = answerJson(503, {});

    const answer = await ask({ afterwards: '' });

    expect(answer).toMatchObject({ kind: 'down', message: expect.stringMatching(/stands between\.$/) });
  });

  test('nothing within the time-out, before or in the middle of the answer', async () => {
    answering = () => undefined;
    const silent = await ask({ timeoutMs: 200 });
    answering = (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    const stuck = await ask({ timeoutMs: 200 });

    const late = { kind: 'down', message: expect.stringContaining('did not answer within 200ms'), refused: false };
    expect([silent, stuck]).toEqual([late, late]);
  });

  test('nobody listens', async () => {
    const answer = await ask({ url: 'http://someone:pass-very-secret@127.0.0.1:9/prefix' });

    expect(answer).toEqual({
      kind: 'down',
      message: expect.stringMatching(
        /^Prometheus at http:\/\/127\.0\.0\.1:9\/prefix cannot be reached \(ECONNREFUSED\)/,
      ),
      refused: false,
    });
  });

  test('its token cannot be read', async () => {
    const answer = await ask({ bearerTokenFile: join(folder, 'none') });

    expect(answer).toEqual({
      kind: 'down',
      message: expect.stringContaining('cannot be read'),
      refused: false,
    });
    expect(requests).toEqual([]);
  });
});
