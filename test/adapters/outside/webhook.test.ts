// Letters to a receiver on loopback: what is sent, and what each answer is taken for.
import { describe, expect, it, onTestFinished } from 'vitest';
import { sender } from '../../../src/adapters/outside/send.ts';
import { readSecret } from '../../../src/adapters/outside/signature.ts';
import { webhookCarrier } from '../../../src/adapters/outside/webhook.ts';
import type { Carried } from '../../../src/controller/carrier.ts';
import { readOrigin } from '../../../src/domain/allow-list.ts';
import type { Letter } from '../../../src/domain/mail.ts';
import type { RolloutStatus } from '../../../src/domain/rollout.ts';
import { aPlan, aRollout, dawn } from '../../support/builders.ts';
import { isSigned, type Receiver, type ReceiverAnswer, receiver } from '../../support/receiver.ts';

const newer = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const older = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;

const letter: Letter = {
  number: 7,
  time: dawn,
  event: 'shifting',
  phase: 'shifting',
  step: 1,
  weight: { intended: 25, observed: null },
  reason: 'Shifting',
  message: 'Shifting 25% of traffic: «gut».',
};

async function aReceiver(answer?: ReceiverAnswer): Promise<Receiver> {
  const one = await receiver();
  onTestFinished(() => one.close());
  one.answering(() => answer);
  return one;
}

/** Carries the letter to a URL, with the list as it is given. */
async function carry(url: string, list: readonly string[], status: Partial<RolloutStatus> = {}): Promise<Carried> {
  const allowed = list.flatMap((text) => {
    const read = readOrigin(text);
    return 'value' in read ? [read.value] : [];
  });
  const carrier = webhookCarrier({
    send: sender({ allowed, now: () => dawn, mostBytes: 16 * 1024, userAgent: 'serin/test' }),
    secrets: async () => [newer, older].map((secret) => readSecret(secret, 'file')),
    now: () => dawn + 1_500,
    cluster: 'prod-eu',
  });
  const rollout = aRollout({ spec: { plan: aPlan({ webhook: url, steps: [10, 25, 100] }) }, status });
  return carrier.carry(rollout, letter, undefined);
}

describe('a letter', () => {
  it('is posted in the words of the record, with an id, a time and a signature for each secret', async () => {
    const { origin, received } = await aReceiver();

    expect(await carry(`${origin}/serin?team=shop`, [origin])).toEqual({ kind: 'taken' });

    const [request] = received;
    if (request === undefined) throw new Error('Nothing came.');
    expect(request).toMatchObject({
      method: 'POST',
      path: '/serin?team=shop',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'serin/test',
        'webhook-id': 'msg_uid-rollout-0a1_7',
        'webhook-timestamp': String(dawn / 1_000 + 1),
      },
    });
    expect([newer, older].map((secret) => isSigned(request, secret))).toEqual([true, true]);
    expect(isSigned({ ...request, body: `${request.body} ` }, newer)).toBe(false);
    expect(JSON.parse(request.body)).toEqual({
      schema: 'serin.dev/announcement/v1',
      number: 7,
      event: 'shifting',
      time: '2026-01-05T09:00:00.000Z',
      cluster: 'prod-eu',
      rollout: {
        namespace: 'shop',
        name: 'reviews-v2-two-1',
        uid: 'uid-rollout-0a1',
        target: 'reviews-v2',
        mode: 'pair',
        attempt: 1,
      },
      stable: { workload: 'reviews-v1', hash: 'one', images: ['reviews:1'] },
      canary: { workload: 'reviews-v2', hash: 'two', images: ['reviews:2'] },
      phase: 'shifting',
      finished: false,
      step: 2,
      steps: [10, 25, 100],
      weight: { intended: 25, observed: null },
      reason: 'Shifting',
      message: 'Shifting 25% of traffic: «gut».',
    });
  });

  it.each<[string, ReceiverAnswer, Carried]>([
    ['200 with words', { status: 200, body: 'thanks' }, { kind: 'taken' }],
    [
      '429 with Retry-After',
      { status: 429, headers: { 'retry-after': '17' } },
      { kind: 'later', message: expect.stringContaining('HTTP status 429') as string, afterMs: 17_000 },
    ],
    [
      '503 with a date',
      { status: 503, headers: { 'retry-after': new Date(dawn + 90_000).toUTCString() } },
      { kind: 'later', message: expect.stringContaining('HTTP status 503') as string, afterMs: 90_000 },
    ],
    ['500', { status: 500 }, { kind: 'later', message: expect.stringContaining('HTTP status 500') as string }],
    ['no answer but an end', 'dropped', { kind: 'later', message: expect.stringContaining('broke the') as string }],
    ['404', { status: 404 }, { kind: 'refused', message: expect.stringContaining('HTTP status 404') as string }],
    ['410', { status: 410 }, { kind: 'refused', message: expect.stringContaining('HTTP status 410') as string }],
  ])('that is answered with %s is %o', async (_, answer, carried) => {
    const { origin } = await aReceiver(answer);

    expect(await carry(origin, [origin])).toEqual(carried);
  });

  it('does not follow a redirect, and says so', async () => {
    const elsewhere = await aReceiver();
    const here = await aReceiver({ status: 307, headers: { location: `${elsewhere.origin}/x` } });

    const carried = await carry(here.origin, [here.origin, elsewhere.origin]);

    expect(carried).toEqual({
      kind: 'refused',
      message: expect.stringContaining('a redirect (HTTP status 307), which is not followed') as string,
    });
    expect(elsewhere.received).toEqual([]);
  });

  it('counts as taken by its status, and the rest of an endless answer is not read', async () => {
    const one = await aReceiver({ status: 200, endless: 64 * 1024 });

    expect(await carry(one.origin, [one.origin])).toEqual({ kind: 'taken' });

    expect(one.sentBytes()).toBeLessThan(32 * 1024 * 1024);
  });

  it('is tried again when no answer comes within 5 seconds', { timeout: 15_000 }, async () => {
    const { origin } = await aReceiver('silent');

    expect(await carry(origin, [origin])).toEqual({
      kind: 'later',
      message: `${origin} did not answer within 5 s.`,
    });
  });

  it('is tried again when nobody listens', async () => {
    const gone = await receiver();
    const { origin } = gone;
    await gone.close();

    expect(await carry(origin, [origin])).toEqual({ kind: 'later', message: `${origin} refuses connections.` });
  });

  it('is tried again when the name cannot be found', async () => {
    const origin = 'http://receiver.invalid:9000';

    expect(await carry(`${origin}/secret-path`, [origin])).toEqual({
      kind: 'later',
      message: expect.stringMatching(
        /^http:\/\/receiver\.invalid:9000 (cannot be found by its name|could not be)/,
      ) as string,
    });
  });

  it.each([
    ['another origin', 'https://hooks.example.com'],
    ['nothing', undefined],
  ])('goes nowhere when the list has %s', async (_, listed) => {
    const { origin, received } = await aReceiver();

    const carried = await carry(`${origin}/secret-path`, listed === undefined ? [] : [listed]);

    expect(carried).toEqual({
      kind: 'refused',
      message: `${origin} is not among the addresses that this controller may speak to. Start it with --announce-to ${origin}`,
    });
    expect(received).toEqual([]);
  });

  it('is refused while its secret cannot be read', async () => {
    const { origin, received } = await aReceiver();
    const carrier = webhookCarrier({
      send: async () => ({ kind: 'answer', status: 204, text: '' }),
      secrets: () => Promise.reject(new Error('gone')),
      now: () => dawn,
    });

    const carried = await carrier.carry(aRollout({ spec: { plan: aPlan({ webhook: origin }) } }), letter, undefined);

    expect(carried).toMatchObject({ kind: 'refused', message: expect.stringContaining('--webhook-secret-file') });
    expect(received).toEqual([]);
  });

  it('of the way back says why', async () => {
    const { origin, received } = await aReceiver();
    const back = { ...letter, event: 'rolledBack', phase: 'rolledBack' } as const;
    const carrier = webhookCarrier({
      send: sender({ allowed: [origin].flatMap(read), now: () => dawn, mostBytes: 1_024, userAgent: 'serin/test' }),
      secrets: async () => [readSecret(newer, 'file')],
      now: () => dawn,
    });
    const rollout = aRollout({
      spec: { plan: aPlan({ webhook: origin }) },
      status: { phase: 'rolledBack', cause: 'gate' },
    });

    await carrier.carry(rollout, back, undefined);

    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ finished: true, cause: 'gate' });
  });
});

function read(text: string) {
  const origin = readOrigin(text);
  return 'value' in origin ? [origin.value] : [];
}
