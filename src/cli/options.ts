// Words of the command line turned into values; what cannot be read is a usage error with a sentence.
import { InvalidArgumentError } from 'commander';
import { type Millis, parseDuration } from '../domain/time.ts';

/** How the help says what a rollout is named by. */
export const nameHelp = 'checkout, deployment/checkout, or a rollout by its own name';

/** The formats of `-o`. */
export const outputs = ['table', 'wide', 'json', 'yaml', 'name'] as const;

export type Output = (typeof outputs)[number];

/** A Go-style duration above zero. */
export function readDuration(text: string): Millis {
  const millis = parseDuration(text);
  if (millis !== undefined && millis > 0) return millis;
  const guess = /^\d+$/.test(text) && Number(text) > 0 ? ` Did you mean "${text}s"?` : '';
  throw new InvalidArgumentError(`Expected a duration such as "90s" or "5m".${guess}`);
}

/** A Go-style duration; `0` stands for no limit and is read as Infinity. */
export function readTimeout(text: string): Millis {
  return /^0(s|ms|m|h)?$/.test(text) ? Number.POSITIVE_INFINITY : readDuration(text);
}

/** A whole number from 1. */
export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return count;
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

/** `host:port`, `:port` for every address, `[::1]:port`. */
export function readListen(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, host, port] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError('Expected an address such as ":8080" or "127.0.0.1:8080".');
  }
  return { host: bracketed ?? (host || '0.0.0.0'), port: Number(port) };
}

/** An address with one of these schemes. */
export function readUrl(...schemes: readonly string[]): (text: string) => string {
  return (text) => {
    if (URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))) return text;
    throw new InvalidArgumentError(`Expected an address such as "${schemes[0]}://host:port".`);
  };
}

/** An object as `namespace/name`. */
export function readPolicy(text: string): { readonly namespace: string; readonly name: string } {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined)
    throw new InvalidArgumentError('Expected a CanaryPolicy such as "serin-system/cluster".');
  return { namespace, name };
}

/** A ServiceAccount as `namespace/name`, given as the cluster names users. */
export function readAccount(text: string): string {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? [];
  if (namespace === undefined) throw new InvalidArgumentError('Expected an account such as "serin-system/serin".');
  return `system:serviceaccount:${namespace}:${name}`;
}
