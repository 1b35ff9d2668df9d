// Signatures of webhooks: the example that the libraries of Standard Webhooks are tested with, and what is no secret.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSecret, signatureOf } from '../../../src/adapters/outside/signature.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };

describe('a signature', () => {
  it('is that of the published example', () => {
    expect(signatureOf(example, [readSecret(`${secret}\n`, 'file')])).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('is given for each of two secrets, the first one first', () => {
    const older = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const signature = signatureOf(example, [readSecret(secret, 'a'), readSecret(older, 'b')]);
    const [first, second, ...others] = signature.split(' ');

    expect(first).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update(
      `${example.id}.${example.timestamp}.${example.body}`,
    );
    const sent = Buffer.from(second?.slice(3) ?? '', 'base64');
    expect(timingSafeEqual(sent, expected.digest())).toBe(true);
    expect(others).toEqual([]);
  });

  it.each([
    { ...example, id: 'msg_other' },
    { ...example, timestamp: example.timestamp + 1 },
    { ...example, body: '{"test": 2432232315}' },
  ])('is another one for another letter: %j', (other) => {
    const key = [readSecret(secret, 'file')];

    expect(signatureOf(other, key)).not.toBe(signatureOf(example, key));
  });

  it('covers letters outside ASCII as UTF-8', () => {
    const body = '{"message":"Ошибок больше, чем у stable: 1,9 %"}';
    const bytes = Buffer.concat([Buffer.from(`${example.id}.${example.timestamp}.`), Buffer.from(body, 'utf8')]);
    const key = readSecret(secret, 'file');

    expect(signatureOf({ ...example, body }, [key])).toBe(
      `v1,${createHmac('sha256', key).update(bytes).digest('base64')}`,
    );
  });
});

describe('a secret', () => {
  it.each([
    ['', 'nothing'],
    ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'no prefix'],
    ['whsec_c2hvcnQ=', 'too few bytes'],
    [`whsec_${Buffer.alloc(65).toString('base64')}`, 'too many bytes'],
    ['whsec_not base64 at all, but a sentence of words', 'no base64'],
  ])('is not "%s": %s', (text) => {
    expect(() => readSecret(text, '/secrets/webhook')).toThrow(/^\/secrets\/webhook holds no secret for webhooks/);
  });

  it('is not quoted when it is none', () => {
    expect(() => readSecret('hunter2hunter2', 'file')).not.toThrow(/hunter2/);
  });
});
