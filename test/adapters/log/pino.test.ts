import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type LogLevel, pinoLog } from '../../../src/adapters/log/pino.ts';
import type { Log } from '../../../src/controller/log.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.planted-token.signature';

describe('the log', () => {
  it('writes one JSON object a line with level, time, message and fields', () => {
    const { log, lines } = logInMemory();

    log.info('A rollout was promoted.', { namespace: 'shop', step: 3, verdicts: ['errors', 'health'] });

    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        namespace: 'shop',
        step: 3,
        verdicts: ['errors', 'health'],
        msg: 'A rollout was promoted.',
      },
    ]);
  });

  it('writes the fields of a child with every line of it and of no other', () => {
    const { log, lines } = logInMemory();

    log.child({ rollout: { namespace: 'shop', name: 'reviews-v2-abc-1', uid: 'u' } }).warn('A tick failed.');
    log.info('Something else.');

    expect(lines().map((line) => line['rollout'])).toEqual(['shop/reviews-v2-abc-1', undefined]);
  });

  it('writes nothing below its level', () => {
    const { log, lines } = logInMemory('error');

    log.info('Nobody reads this.');
    log.warn('Nor this.');
    log.error('But this.');

    expect(lines().map((line) => line['msg'])).toEqual(['But this.']);
  });

  it('keeps type, message, code, causes and a short stack of an error', () => {
    const { log, lines } = logInMemory();
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', address: '10.0.0.1' });

    log.error('A tick failed.', {}, new TypeError('fetch failed', { cause: reset }));

    expect(lines()[0]?.['error']).toEqual({
      type: 'TypeError',
      message: 'fetch failed',
      stack: expect.arrayContaining([expect.stringMatching(/^at /)]),
      cause: { type: 'Error', message: 'socket hang up', code: 'ECONNRESET', stack: expect.any(Array) },
    });
  });

  it('ends the chain of causes even where it is a ring', () => {
    const { log, lines } = logInMemory();
    const ring: Error & { cause?: unknown } = new Error('ring');
    ring.cause = ring;

    log.error('A tick failed.', {}, ring);

    expect(JSON.stringify(lines()[0]).match(/"message":"ring"/g)).toHaveLength(4);
  });

  it.each([['text'], [undefined], [null], [42], [Symbol('s')]])(
    'writes a line for %s thrown instead of an error',
    (thrown) => {
      const { log, lines } = logInMemory();

      log.error('Somebody threw.', {}, thrown);

      expect(lines()).toHaveLength(1);
    },
  );
});

describe('a planted token does not appear', () => {
  it.each([
    ['an error like the ones of axios', axiosLikeError()],
    [
      'a plain rejection that carries the original error',
      { status: 'error', error: 'bad gateway', original: axiosLikeError() },
    ],
    ['a fetch error whose cause keeps the request', fetchLikeError()],
    ['an error that repeats the header in its message', new Error(`refused: Authorization: Bearer ${token}`)],
    [
      'an error that repeats an address with a password',
      new Error(`connect redis://default:${token}@redis:6379 failed`),
    ],
    ['a sentence thrown as it is', `token=${token}`],
    ['a real client request that failed', new Error('failed', { cause: realRequest() })],
  ])('from %s', (_what, error) => {
    const { log, text } = logInMemory();

    log.error('A call failed.', { name: 'prometheus' }, error);

    expect(text()).toContain('A call failed.');
    expect(text()).not.toContain('planted-token');
  });

  it('from fields that hold whole objects', () => {
    const { log, text } = logInMemory();

    log.warn('A call failed.', {
      config: axiosLikeError().config,
      error: axiosLikeError(),
      headers: { authorization: token },
    });

    expect(text()).not.toContain('planted-token');
  });
});

function logInMemory(level: LogLevel = 'info'): {
  readonly log: Log;
  readonly text: () => string;
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
} {
  const chunks: string[] = [];
  const text = () => chunks.join('');
  return {
    log: pinoLog(level, { write: (chunk) => void chunks.push(chunk) }),
    text,
    lines: () =>
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

function axiosLikeError() {
  const config = {
    url: 'http://prometheus:9090',
    headers: { Authorization: `Bearer ${token}` },
    auth: { password: token },
  };
  return Object.assign(new Error('Request failed with status code 502'), {
    name: 'AxiosError',
    code: 'ERR_BAD_RESPONSE',
    config,
    request: { _header: `GET / HTTP/1.1\r\nAuthorization: Bearer ${token}\r\n` },
    response: { status: 502, headers: { 'set-cookie': [token] }, config },
  });
}

function fetchLikeError(): Error {
  const cause = Object.assign(new Error('other side closed'), {
    code: 'UND_ERR_SOCKET',
    options: { headers: { authorization: `Bearer ${token}` } },
  });
  return new TypeError('fetch failed', { cause });
}

function realRequest(): unknown {
  const call = request({ host: '127.0.0.1', port: 1, headers: { authorization: `Bearer ${token}` } });
  call.on('error', () => undefined);
  call.destroy();
  return call;
}
