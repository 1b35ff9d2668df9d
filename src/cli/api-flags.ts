// The flags of the HTTP API, which the controller serves when it is told where.
import { type Command, Option } from 'commander';
import type { ControllerFlags } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { readListen } from './options.ts';

/** The flags as commander names them. */
export interface ApiWords {
  readonly apiAddress?: ControllerFlags['listen'];
  readonly apiTlsCertFile?: string;
  readonly apiTlsKeyFile?: string;
  readonly apiInsecure?: boolean;
}

/** Adds the flags to the verb. */
export function addApiFlags(controller: Command): void {
  const address = new Option('--api-address <address>', 'where the HTTP API is served; off unless given');
  controller
    .addOption(address.argParser(readListen))
    .option('--api-tls-cert-file <file>', 'the certificate of the HTTP API, PEM; read again when it changes')
    .option('--api-tls-key-file <file>', 'the key of that certificate, PEM')
    .option('--api-insecure', 'serve the HTTP API without TLS on more than loopback, behind something that adds it');
}

/** Where the API is served, read from the flags; a usage error when callers would send tokens in the clear. */
export function apiFlags(words: ApiWords): Pick<ControllerFlags, 'api'> {
  const { apiAddress: listen, apiTlsCertFile: certFile, apiTlsKeyFile: keyFile, apiInsecure = false } = words;
  if (listen === undefined) {
    if (certFile === undefined && keyFile === undefined && !apiInsecure) return {};
    throw new CliError(exitCodes.usage, 'There is no HTTP API to be served. Say where: --api-address :8443');
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new CliError(exitCodes.usage, 'TLS takes both --api-tls-cert-file and --api-tls-key-file.');
  }
  if (certFile !== undefined && keyFile !== undefined) return { api: { listen, tls: { certFile, keyFile } } };
  if (!apiInsecure && !isLoopback(listen.host)) {
    throw new CliError(
      exitCodes.usage,
      `The HTTP API would be served at ${listen.host} without TLS, and callers would send their tokens in the clear. ` +
        'Give --api-tls-cert-file and --api-tls-key-file, serve it at 127.0.0.1, or say --api-insecure where a mesh or a proxy adds TLS.',
    );
  }
  return { api: { listen } };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
