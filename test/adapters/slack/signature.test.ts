// Signatures as Slack makes them: the example of its own documentation, and what must not pass.
import { describe, expect, it } from 'vitest';
import { isFromSlack, signatureOf } from '../../../src/adapters/slack/signature.ts';

const secret = '8f742231b10e8888abcd99yyyzzz85a5';
const timestamp = '1531420618';
const body = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
);
const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
const now = Number(timestamp) * 1_000;

describe('a signature', () => {
  it('is the one of the documentation', () => {
    expect(signatureOf(secret, timestamp, body)).toBe(signature);
    expect(isFromSlack({ timestamp, signature, body }, [secret], now)).toBe(true);
  });

  it('is of the raw bytes, whatever letters they are', () => {
    const cyrillic = Buffer.from('payload={"text":"релиз ✅ 🐤"}');

    const made = signatureOf(secret, timestamp, cyrillic);

    expect(made).toBe('v0=bf27c7ccdd327c9a28e30ab3b67db1b9d1c1937b5149cb6afb81e3a15f2a9344');
    expect(isFromSlack({ timestamp, signature: made, body: cyrillic }, [secret], now)).toBe(true);
  });

  it('counts by either secret while one is rotated', () => {
    expect(isFromSlack({ timestamp, signature, body }, ['another', secret], now)).toBe(true);
    expect(isFromSlack({ timestamp, signature, body }, [secret, 'another'], now)).toBe(true);
  });

  it.each([
    ['of another secret', { signature: signatureOf('another', timestamp, body) }],
    ['too short', { signature: signature.slice(0, -1) }],
    ['too long', { signature: `${signature}0` }],
    ['empty', { signature: '' }],
    ['missing', { signature: undefined }],
    ['of another body', { body: Buffer.from('payload={}') }],
    ['of another time', { timestamp: '1531420619' }],
    ['without a time', { timestamp: undefined }],
    ['with a time that is no number', { timestamp: `${timestamp}.0` }],
    ['with a time below zero', { timestamp: '-1531420618' }],
  ])('%s does not count', (_name, parts) => {
    expect(isFromSlack({ timestamp, signature, body, ...parts }, [secret], now)).toBe(false);
  });

  it.each([
    [-301_000, false],
    [-300_000, true],
    [300_000, true],
    [301_000, false],
  ])('seen %i ms after it was made counts: %s', (lateMs, expected) => {
    expect(isFromSlack({ timestamp, signature, body }, [secret], now + lateMs)).toBe(expected);
  });

  it('counts by no secret that is empty', () => {
    const forged = signatureOf('', timestamp, body);

    expect(isFromSlack({ timestamp, signature: forged, body }, ['', ''], now)).toBe(false);
    expect(isFromSlack({ timestamp, signature: forged, body }, [], now)).toBe(false);
  });
});
