// Signatures of webhooks by the convention of Standard Webhooks (https://www.standardwebhooks.com), version v1.
import { createHmac } from 'node:crypto';

const prefix = 'whsec_';

/** A secret's bytes from its text, which is `whsec_` and 24 to 64 bytes in base64. Throws a sentence that does not quote it. */
export function readSecret(text: string, file: string): Buffer {
  const encoded = text.trim().startsWith(prefix) ? text.trim().slice(prefix.length) : '';
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  if (bytes.length >= 24 && bytes.length <= 64) return bytes;
  throw new Error(
    `${file} holds no secret for webhooks. Expected "whsec_" and 24 to 64 random bytes in base64, as this writes: echo "whsec_$(openssl rand -base64 32)"`,
  );
}

/** What is signed. */
export interface Signed {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** The header `webhook-signature`: one signature for each secret, the first secret's first. */
export function signatureOf({ id, timestamp, body }: Signed, secrets: readonly Buffer[]): string {
  const content = `${id}.${timestamp}.${body}`;
  return secrets.map((secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`).join(' ');
}
