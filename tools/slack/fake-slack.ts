// Slack's Web API on loopback: messages are kept as Slack keeps them, and calls fail as a test wants them to.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type SocketMode, serveSocketMode } from './fake-slack-socket.ts';

/** A message as it stands. */
export interface FakeMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread?: string;
  readonly broadcast: boolean;
  text: string;
  blocks: unknown;
  /** Every text it has had, the first included. */
  readonly texts: string[];
}

/** One call as it came in. */
export interface FakeCall {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly token: string | undefined;
}

/**
 * How a call fails. `dropped` cuts the connection: the call was done before that, comes to pass after `lateMs` of the fake's clock,
 * or never does.
 */
export type Failure =
  | { readonly kind: 'limited'; readonly seconds: number }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'word'; readonly error: string }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'dropped'; readonly done: 'before' | 'never' | { readonly lateMs: number } };

/** A member of the workspace, as `users.info` shows them. */
export interface FakeUser {
  readonly id: string;
  readonly team?: string;
  readonly mail?: string;
  readonly restricted?: boolean;
  readonly stranger?: boolean;
  readonly deleted?: boolean;
}

/** The fake, listening. */
export interface FakeSlack {
  /** The base address of its Web API. */
  readonly url: string;
  readonly calls: readonly FakeCall[];
  /** All that came from the app, in the order it came: the methods it called, and `ack ID` for each acknowledged envelope. */
  readonly heard: readonly string[];
  readonly messages: readonly FakeMessage[];
  /** What only one person saw. */
  readonly whispers: readonly { readonly user: string; readonly channel: string; readonly text: string }[];
  readonly socket: SocketMode;
  /** Asked for every call; what it gives is how the call fails. */
  failing(rule: (call: FakeCall) => Failure | undefined): void;
  /** Deletes a message, as a person may. */
  deleteMessage(ts: string): void;
  user(user: FakeUser): void;
  close(): Promise<void>;
}

type Reply = Readonly<Record<string, unknown>>;

/** Starts a fake on a free port. `now` is the clock by which late calls come to pass. */
export async function fakeSlack({ now = Date.now }: { readonly now?: () => number } = {}): Promise<FakeSlack> {
  const calls: FakeCall[] = [];
  const heard: string[] = [];
  const messages = new Map<string, FakeMessage>();
  const whispers: { user: string; channel: string; text: string }[] = [];
  const users = new Map<string, FakeUser>();
  let late: readonly { readonly at: number; readonly perform: () => void }[] = [];
  let rule: (call: FakeCall) => Failure | undefined = () => undefined;
  let stamps = 0;

  function post({ channel, text, blocks, thread_ts: thread, reply_broadcast: broadcast }: FakeCall['args']): Reply {
    if (typeof thread === 'string' && !messages.has(thread)) return { ok: false, error: 'thread_not_found' };
    stamps += 1;
    const ts = `1700000000.${String(stamps).padStart(6, '0')}`;
    const id = idOf(String(channel));
    messages.set(ts, {
      channel: id,
      ts,
      ...(typeof thread === 'string' ? { thread } : {}),
      broadcast: broadcast === true || broadcast === 'true',
      text: String(text),
      blocks: parsed(blocks),
      texts: [String(text)],
    });
    return { ok: true, channel: id, ts };
  }

  function update({ channel, ts, text, blocks }: FakeCall['args']): Reply {
    const message = messages.get(String(ts));
    if (message === undefined) return { ok: false, error: 'message_not_found' };
    if (message.channel !== channel) return { ok: false, error: 'channel_not_found' };
    message.text = String(text);
    message.blocks = parsed(blocks);
    message.texts.push(message.text);
    return { ok: true, channel, ts };
  }

  function answer({ method, args }: FakeCall): Reply {
    switch (method) {
      case 'chat.postMessage':
        return post(args);
      case 'chat.update':
        return update(args);
      case 'chat.postEphemeral':
        whispers.push({ user: String(args['user']), channel: String(args['channel']), text: String(args['text']) });
        return { ok: true, message_ts: '1' };
      case 'respond':
        whispers.push({ user: '', channel: '', text: String(args['text']) });
        return { ok: true };
      case 'users.info':
        return info(users.get(String(args['user'])));
      case 'conversations.info':
        return { ok: true, channel: { id: idOf(String(args['channel'])) } };
      case 'apps.connections.open':
        return { ok: true, url: socket.url() };
      case 'auth.test':
        return { ok: true, user_id: 'USERIN', bot_id: 'BSERIN', team_id: 'T1' };
      default:
        return { ok: false, error: 'unknown_method' };
    }
  }

  function come(): void {
    const due = late.filter(({ at }) => at <= now());
    late = late.filter(({ at }) => at > now());
    for (const { perform } of due) perform();
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    come();
    calls.push(call);
    heard.push(call.method);
    const failure = rule(call);
    if (failure === undefined) return reply(response, answer(call));
    switch (failure.kind) {
      case 'limited':
        response.writeHead(429, { 'retry-after': String(failure.seconds) }).end();
        return;
      case 'status':
        response.writeHead(failure.status).end('trouble');
        return;
      case 'word':
        return reply(response, { ok: false, error: failure.error });
      case 'slow':
        setTimeout(() => reply(response, answer(call)), failure.ms).unref();
        return;
      case 'dropped':
        if (failure.done === 'before') answer(call);
        else if (failure.done !== 'never')
          late = [...late, { at: now() + failure.done.lateMs, perform: () => void answer(call) }];
        request.socket.destroy();
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  const socket = serveSocketMode(server, (id) => void heard.push(`ack ${id}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/`,
    calls,
    heard,
    get messages() {
      come();
      return [...messages.values()];
    },
    whispers,
    socket,
    failing: (next) => {
      rule = next;
    },
    deleteMessage: (ts) => {
      messages.delete(ts);
    },
    user: (user) => {
      users.set(user.id, user);
    },
    close: async () => {
      socket.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Slack answers with the id of a channel, whatever it was named by. */
function idOf(channel: string): string {
  return channel.startsWith('C') ? channel : `C${channel.replace(/\W/g, '').toUpperCase()}`;
}

function info(user: FakeUser | undefined): Reply {
  if (user === undefined) return { ok: false, error: 'user_not_found' };
  const { id, team = 'T1', mail, restricted = false, stranger = false, deleted = false } = user;
  const profile = mail === undefined ? {} : { email: mail };
  return {
    ok: true,
    user: { id, team_id: team, deleted, is_bot: false, is_restricted: restricted, is_stranger: stranger, profile },
  };
}

async function readCall(request: IncomingMessage): Promise<FakeCall> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const method = (request.url ?? '').split('/').at(-1) ?? '';
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  const args: FakeCall['args'] = isJson ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
  return { method, args, token: request.headers.authorization?.replace('Bearer ', '') };
}

function parsed(blocks: unknown): unknown {
  return typeof blocks === 'string' && blocks !== '' ? JSON.parse(blocks) : [];
}

function reply(response: ServerResponse, body: Reply): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
