// Keeps a sink equal to all objects of one kind: list, watch, and list again whenever the watch ends in any trouble.
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import type { Access } from './access.ts';

/** What is followed: the collection's path under the API server and how to read one object of it. */
export interface Kind<T> {
  readonly path: string;
  readonly schema: z.ZodType<T>;
}

/** Where followed objects go. The key of a removed object is its namespace and name. */
export interface Sink<T> {
  replace(objects: readonly T[]): void;
  put(object: T): void;
  remove(key: { readonly namespace: string; readonly name: string }): void;
}

/** What following needs besides the API server: when to end, and where to say what went wrong. */
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

const LIST_TIMEOUT_MS = 10_000;
/** The API server ends a watch after this long; the next one carries on from its last version. */
const WATCH_SECONDS = 240;
const REWATCH_PAUSE_MS = 50;
const RETRY_PAUSE_MS = 250;
/** The kind is not served (yet): its CustomResourceDefinition may come. */
const ABSENT_PAUSE_MS = 1_000;

const anyObject = z.looseObject({
  metadata: z.looseObject({
    namespace: z.string().default(''),
    name: z.string().default(''),
    resourceVersion: z.string(),
  }),
});
const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});
const eventSchema = z.object({ type: z.string(), object: z.unknown() });

/** Follows a kind until the signal aborts. Trouble is told to `log`, once while it stays the same, and outlived. */
export async function follow<T>(access: Access, kind: Kind<T>, sink: Sink<T>, around: Surroundings): Promise<void> {
  const { signal, log } = around;
  let trouble = '';
  let listed = false;
  while (!signal.aborted) {
    let pauseMs = RETRY_PAUSE_MS;
    try {
      let version = await list(access, kind, sink, around);
      if (version === undefined) pauseMs = ABSENT_PAUSE_MS;
      // A kind that was served before is missing while the API server starts again: what is known of it still holds.
      if (version === undefined && !listed) sink.replace([]);
      listed ||= version !== undefined;
      trouble = '';
      while (version !== undefined && !signal.aborted) {
        version = await watch(access, kind, sink, version, around);
        await pause(REWATCH_PAUSE_MS);
      }
    } catch (error) {
      const sentence = `Following ${kind.path}: ${messageOf(error)}. It will be listed again.`;
      if (sentence !== trouble && !signal.aborted) log(sentence);
      trouble = sentence;
    }
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Fills the sink and returns the version to watch from. Undefined, and the sink as it was, when the kind is not served. */
async function list<T>(
  access: Access,
  kind: Kind<T>,
  sink: Sink<T>,
  { signal, log }: Surroundings,
): Promise<string | undefined> {
  const { statusCode, body } = await request(access.url + kind.path, {
    dispatcher: access.dispatcher,
    headers: { ...access.headers, accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]),
  });
  const text = await body.text();
  if (statusCode === 404) return undefined;
  if (statusCode !== 200) throw new Error(`the list was answered with ${statusCode}: ${text.slice(0, 200)}`);
  const { metadata, items } = listSchema.parse(JSON.parse(text));
  sink.replace(items.flatMap((item) => read(kind, item, log) ?? []));
  return metadata.resourceVersion;
}

/** Passes changes to the sink until the stream ends; returns the version reached, undefined when it is too old. */
async function watch<T>(
  access: Access,
  kind: Kind<T>,
  sink: Sink<T>,
  from: string,
  { signal, log }: Surroundings,
): Promise<string | undefined> {
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(WATCH_SECONDS),
  });
  const { statusCode, body } = await request(`${access.url}${kind.path}?${query}`, {
    dispatcher: access.dispatcher,
    headers: { ...access.headers, accept: 'application/json' },
    headersTimeout: LIST_TIMEOUT_MS,
    bodyTimeout: (WATCH_SECONDS + 30) * 1000,
    signal,
  });
  if (statusCode !== 200) {
    await body.dump();
    if (statusCode === 410) return undefined;
    throw new Error(`the watch was answered with ${statusCode}`);
  }
  let version = from;
  for await (const line of lines(body)) {
    const event = eventSchema.parse(JSON.parse(line));
    if (event.type === 'ERROR') return undefined;
    const object = anyObject.parse(event.object);
    version = object.metadata.resourceVersion;
    deliver(kind, sink, event.type, object, log);
  }
  return version;
}

function deliver<T>(
  kind: Kind<T>,
  sink: Sink<T>,
  type: string,
  object: z.output<typeof anyObject>,
  log: (line: string) => void,
): void {
  if (type === 'BOOKMARK') return;
  const parsed = type === 'DELETED' ? undefined : read(kind, object, log);
  if (parsed === undefined) sink.remove(object.metadata);
  else sink.put(parsed);
}

/** An object that cannot be read is said and left out: better no endpoint than a wrong one. */
function read<T>(kind: Kind<T>, object: unknown, log: (line: string) => void): T | undefined {
  const parsed = kind.schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const named = anyObject.safeParse(object);
  const where = named.success ? `${named.data.metadata.namespace}/${named.data.metadata.name}` : 'an object';
  log(`${where} of ${kind.path} is left out, since it cannot be read: ${z.prettifyError(parsed.error)}`);
  return undefined;
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
