// Which addresses outside may be spoken to: origins that the operator has named, and nothing else.
import type { Read } from './settings-values.ts';

/** An origin that may be spoken to. */
export interface AllowedOrigin {
  readonly protocol: 'https:' | 'http:';
  /** The host, in small letters; with `subdomains` every name below it and not itself. */
  readonly host: string;
  readonly port: string;
  readonly subdomains: boolean;
}

const expected = 'Expected one such as "https://hooks.example.com" or "https://*.example.com".';

/**
 * Reads `https://host`, `https://host:port` or `https://*.domain`. The star stands for one label or several, and its domain has two at
 * least. `http://` is taken where it is written, for one host alone.
 */
export function readOrigin(text: string): Read<AllowedOrigin> {
  const [, scheme, star, rest = ''] = /^(https?):\/\/(\*\.)?([^/*?#@\s]+)\/?$/.exec(text) ?? [];
  if (scheme === undefined || !URL.canParse(`${scheme}://${rest}`)) return { wrong: `which is no origin. ${expected}` };
  const { hostname, port } = new URL(`${scheme}://${rest}`);
  const subdomains = star !== undefined;
  if (subdomains && scheme === 'http')
    return { wrong: `which would have many hosts spoken to in the clear. Name each, or use https. ${expected}` };
  if (subdomains && (!hostname.includes('.') || isAddress(hostname)))
    return { wrong: `whose star stands for too much. Write at least two labels after it. ${expected}` };
  return { value: { protocol: `${scheme as 'https' | 'http'}:`, host: hostname, port, subdomains } };
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
}

/** Whether a URL may be spoken to: its scheme, host and port are those of an origin on the list, and it holds no credentials. */
export function isAllowed(url: URL, origins: readonly AllowedOrigin[]): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return origins.some(({ protocol, host, port, subdomains }) => {
    if (url.protocol !== protocol || url.port !== port) return false;
    return subdomains
      ? url.hostname.endsWith(`.${host}`) && url.hostname.length > host.length + 1
      : url.hostname === host;
  });
}
