// A proxy in front of the API server that sees every write of a controller: to count it, to hold it, or to cut it off
// before it has happened or after it has, when nobody was told.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, request as send } from 'undici';
import { parse, stringify } from 'yaml';
import { type Access, accessFrom } from '../../tools/mesh/access.ts';

/** A write as the controller sent it. */
export interface SentWrite {
  /** Counted from 1 in the order they came. */
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** A write that is only tried, which changes nothing. */
  readonly isDryRun: boolean;
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown;
}

/** A write and what became of it: the API server's status, or undefined when it never got there. */
export interface SeenWrite extends SentWrite {
  readonly status: number | undefined;
}

/** What may be done to writes. A write that is cut off is never forwarded, or never answered: the connection breaks instead. */
export interface Interception {
  /** Called with each write before it is forwarded, and waited for. */
  readonly before?: (write: SentWrite) => Promise<'forward' | 'cut off'>;
  /** Called when the API server has answered, before the controller hears of it, and waited for. */
  readonly after?: (write: SeenWrite) => Promise<'answer' | 'cut off'>;
}

/** A running proxy. It speaks plain HTTP on loopback and passes the caller's token on. */
export interface WriteProxy {
  /** A kubeconfig like the one given, which leads through the proxy. */
  readonly kubeconfig: string;
  /** Every write that was answered or cut off so far, in the order they were sent. */
  writes(): readonly SeenWrite[];
  /** The paths of single reads so far, with the query; watches are left out. */
  reads(): readonly string[];
  /** How many writes have come and are neither answered nor cut off yet. */
  underWay(): number;
  /** Replaces what is done to the writes from now on. */
  intercept(interception: Interception): void;
  /** Ends it and every connection through it. */
  dispose(): Promise<void>;
}

const readVerbs = ['GET', 'HEAD'];
const namesOfHops = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host', 'content-length'];

/** Starts a proxy in front of the API server of a kubeconfig. The caller owes a `dispose`. */
export async function startWriteProxy(kubeconfig: string): Promise<WriteProxy> {
  const access = await accessFrom(kubeconfig);
  const folder = await mkdtemp(join(tmpdir(), 'serin-proxy-'));
  const ledger: Ledger = { reads: [], writes: new Map(), sent: 0, underWay: 0, interception: {} };
  const server = createServer((incoming, response) => {
    const road = { access, ledger, incoming, response };
    const done = readVerbs.includes(incoming.method ?? '') ? passRead(road) : passWrite(road);
    done.catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  const own = join(folder, 'kubeconfig');
  await writeFile(own, leadingTo(`http://127.0.0.1:${address.port}`, await readFile(kubeconfig, 'utf8')), {
    mode: 0o600,
  });
  return {
    kubeconfig: own,
    writes: () => [...ledger.writes.values()].toSorted((a, b) => a.number - b.number),
    reads: () => [...ledger.reads],
    underWay: () => ledger.underWay,
    intercept: (interception) => {
      ledger.interception = interception;
    },
    dispose: async () => {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Ledger {
  readonly reads: string[];
  readonly writes: Map<number, SeenWrite>;
  sent: number;
  underWay: number;
  interception: Interception;
}

interface Road {
  readonly access: Access;
  readonly ledger: Ledger;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string }[];
}

/** Client libraries refuse plain HTTP unless told that nothing is to be verified. */
function leadingTo(server: string, kubeconfig: string): string {
  const config: Kubeconfig = parse(kubeconfig);
  const cluster = { server, 'insecure-skip-tls-verify': true };
  return stringify({ ...config, clusters: config.clusters.map(({ name }) => ({ name, cluster })) });
}

/** Reads and watches flow through as they come; when the controller hangs up, so does the proxy. */
async function passRead(road: Road): Promise<void> {
  const { ledger, incoming, response } = road;
  const url = incoming.url ?? '/';
  if (!/[?&]watch=(true|1)/.test(url)) ledger.reads.push(url);
  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  const answer = await forward(road, undefined, hungUp.signal);
  response.writeHead(answer.statusCode, withoutHops(answer.headers));
  response.flushHeaders();
  await pipeline(answer.body, response);
}

/** A write that has come in whole is carried out even when the controller has gone meanwhile, as the network would. */
async function passWrite(road: Road): Promise<void> {
  const { ledger, incoming } = road;
  const body = await text(incoming);
  ledger.sent += 1;
  ledger.underWay += 1;
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?');
  const isDryRun = new URLSearchParams(query).has('dryRun');
  const write = { number: ledger.sent, method: incoming.method ?? '', path, isDryRun, body: parsed(body) };
  try {
    await carryOut(road, write, body);
  } finally {
    ledger.underWay -= 1;
  }
}

async function carryOut(road: Road, write: SentWrite, body: string): Promise<void> {
  const { ledger, response } = road;
  if ((await ledger.interception.before?.(write)) === 'cut off') {
    ledger.writes.set(write.number, { ...write, status: undefined });
    response.destroy();
    return;
  }
  const answer = await forward(road, body, new AbortController().signal);
  const said = await answer.body.text();
  const seen = { ...write, status: answer.statusCode };
  ledger.writes.set(write.number, seen);
  if ((await ledger.interception.after?.(seen)) === 'cut off') response.destroy();
  else response.writeHead(answer.statusCode, withoutHops(answer.headers)).end(said);
}

function forward(road: Road, body: string | undefined, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const { access, incoming } = road;
  return send(`${access.url}${incoming.url ?? '/'}`, {
    method: (incoming.method ?? 'GET') as Dispatcher.HttpMethod,
    headers: withoutHops(incoming.headers),
    dispatcher: access.dispatcher,
    headersTimeout: 0,
    bodyTimeout: 0,
    signal,
    ...(body === undefined || body === '' ? {} : { body }),
  });
}

function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !namesOfHops.includes(name) && !name.startsWith(':')),
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
