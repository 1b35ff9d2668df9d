// Letters as signed webhooks.
import type { Carried, Carrier } from '../../controller/carrier.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';
import { bodyOf, letterId } from './letter.ts';
import { type Receipt, type Send, sendMs } from './send.ts';
import { signatureOf } from './signature.ts';

/** What a webhook takes. */
export interface WebhookOptions {
  readonly send: Send;
  /** Asked anew for each letter, so that a rotated secret takes effect; what is sent is signed by each, the first one first. */
  readonly secrets: () => Promise<readonly Buffer[]>;
  readonly now: () => Instant;
  readonly cluster?: string;
}

/** The webhook of a plan. */
export function webhookCarrier({ send, secrets, now, cluster }: WebhookOptions): Carrier {
  return {
    target: 'webhook',
    longestMs: sendMs,
    // Its id is the same each time.
    isIdempotent: true,
    waitsTogether: false,
    skips: () => false,
    async carry(rollout, letter) {
      const body = JSON.stringify(bodyOf(rollout, letter, cluster));
      const signed = { id: letterId(rollout, letter), timestamp: Math.floor(now() / 1_000), body };
      const keys = await secrets().catch(() => undefined);
      if (keys === undefined)
        return { kind: 'refused', message: 'The secret of --webhook-secret-file cannot be read. Mount it again.' };
      const receipt = await send({
        method: 'POST',
        url: rollout.spec.plan.webhook ?? '',
        headers: {
          'content-type': 'application/json',
          'webhook-id': signed.id,
          'webhook-timestamp': String(signed.timestamp),
          'webhook-signature': signatureOf(signed, keys),
        },
        body,
      });
      return carriedBy(receipt, rollout);
    },
  };
}

function carriedBy(receipt: Receipt, { spec }: Rollout): Carried {
  if (receipt.kind === 'forbidden') return { kind: 'refused', message: receipt.message };
  if (receipt.kind !== 'answer') return { kind: 'later', message: receipt.message };
  const { status, afterMs } = receipt;
  const { origin } = new URL(spec.plan.webhook ?? '');
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 300 && status < 400) {
    const message = `${origin} answered with a redirect (HTTP status ${status}), which is not followed. Name the address it leads to in serin.dev/webhook.`;
    return { kind: 'refused', message };
  }
  if (status >= 500 || status === 408 || status === 425 || status === 429)
    return {
      kind: 'later',
      message: `${origin} answered with HTTP status ${status}.`,
      ...(afterMs === undefined ? {} : { afterMs }),
    };
  const message = `${origin} answered with HTTP status ${status}. Look at what it expects, and at serin.dev/webhook.`;
  return { kind: 'refused', message };
}
