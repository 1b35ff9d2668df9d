// Serin's calls to the API server, from the server's own audit log: what was asked for, not what the client believes.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Stack } from '../tools/stack/description.ts';

const entrySchema = z.object({
  stage: z.string(),
  verb: z.string(),
  userAgent: z.string().default(''),
  objectRef: z
    .object({
      resource: z.string().default(''),
      subresource: z.string().optional(),
      namespace: z.string().default(''),
      name: z.string().default(''),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().default(0) }).optional(),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
});

/** One call, as the server saw it. Times are milliseconds since 1970. */
export interface Call {
  readonly verb: string;
  /** With the subresource, such as `canaryrollouts/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  readonly receivedAt: number;
  readonly doneAt: number;
}

/** A time during which calls are recorded. */
export interface AuditWindow {
  /** The calls received since the window was opened, in order, watches left out. May be asked for again. */
  calls(): Promise<readonly Call[]>;
}

const agent = 'serin/';
/** The server writes an entry right after its answer. */
const flushMs = 200;

/** Begins to record the calls of every client that goes by Serin's name, in one namespace or about all objects. */
export async function openAudit({ auditLog }: Stack, namespace?: string): Promise<AuditWindow> {
  const { size } = await stat(auditLog);
  const from = Date.now();
  return {
    calls: async () => {
      const until = Date.now();
      await wait(flushMs);
      const calls = await callsSince(auditLog, size);
      return calls.filter(
        (call) =>
          call.receivedAt >= from &&
          call.receivedAt <= until &&
          (namespace === undefined || call.namespace === namespace),
      );
    },
  };
}

async function callsSince(file: string, start: number): Promise<readonly Call[]> {
  const calls: Call[] = [];
  for await (const line of createInterface({ input: createReadStream(file, { start }) })) {
    if (line.includes(agent)) calls.push(...callOf(line));
  }
  return calls.sort((a, b) => a.receivedAt - b.receivedAt);
}

/** Nothing for a line that is still being written or is no finished call of Serin's. */
function callOf(line: string): readonly Call[] {
  if (!line.endsWith('}')) return [];
  const { stage, verb, userAgent, objectRef, responseStatus, ...times } = entrySchema.parse(JSON.parse(line));
  if (stage !== 'ResponseComplete' || verb === 'watch' || !userAgent.startsWith(agent)) return [];
  const { resource = '', subresource, namespace = '', name = '' } = objectRef ?? {};
  return [
    {
      verb,
      resource: subresource === undefined ? resource || 'discovery' : `${resource}/${subresource}`,
      namespace,
      name,
      code: responseStatus?.code ?? 0,
      receivedAt: Date.parse(times.requestReceivedTimestamp),
      doneAt: Date.parse(times.stageTimestamp),
    },
  ];
}

/** How often each kind of call was made, by verb and resource, writes first, then the most frequent. */
export function callsByKind(calls: readonly Call[]): readonly (readonly [string, string, number])[] {
  const kinds = [...Map.groupBy(calls, ({ verb, resource }) => `${verb} ${resource}`)];
  return kinds
    .map(([kind, same]) => {
      const [verb = '', resource = ''] = kind.split(' ');
      return [verb, resource, same.length] as const;
    })
    .sort((a, b) => Number(isRead(a[0])) - Number(isRead(b[0])) || b[2] - a[2]);
}

/** Whether a verb changes nothing. */
export function isRead(verb: string): boolean {
  return verb === 'get' || verb === 'list';
}
