// One part of a stack, as any process of the machine may stop and start it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { probeSchema, whenReady } from './probe.ts';

/** One process of the stack. It comes back on the same port with the data it keeps on disk (Redis keeps none). */
export interface Part {
  /** Its process id, or undefined while it does not run. */
  pid(): number | undefined;
  /** Kills it and resolves when it is gone. Does nothing when it does not run. */
  stop(): Promise<void>;
  /** Starts it and resolves when it is ready. Rejects with the end of its log when it does not get there within a minute. */
  start(): Promise<void>;
  /** Sends it a signal, for example SIGSTOP to make it hang. Throws when it does not run. */
  signal(signal: NodeJS.Signals): void;
}

/** What another process needs to reach a part. */
export const partDescriptionSchema = z
  .object({ name: z.string(), folder: z.string(), warden: z.string(), url: z.string().optional(), probe: probeSchema })
  .readonly();

/** What another process needs to reach a part, as plain JSON. */
export type PartDescription = z.infer<typeof partDescriptionSchema>;

const readyMs = 60_000;
const wardenMs = 15_000;

/** The part that was described. */
export function partOf(described: PartDescription): Part {
  const { name, folder, warden, probe } = described;
  const pid = (): number | undefined => pidIn(join(folder, `${name}.pid`));
  const order = (verb: 'start' | 'stop'): Promise<void> => orderWarden(`${warden}/parts/${name}/${verb}`);

  async function start(): Promise<void> {
    await order('start');
    await whenReady(name, probe, () => pid() !== undefined, readyMs).catch((cause: Error) => {
      throw new Error(`${cause.message} The end of its log:\n${endOfLog(folder, name)}`);
    });
  }

  function signal(signal: NodeJS.Signals): void {
    const target = pid();
    if (target === undefined) throw new Error(`${name} cannot be sent ${signal}: it does not run.`);
    process.kill(target, signal);
  }

  return { pid, stop: () => order('stop'), start, signal };
}

/** Stands for a part that the stack was started without: `pid` says undefined, everything else throws. */
export function absentPart(name: string): Part {
  const refuse = (): never => {
    throw new Error(`This stack was started without ${name}. Name it among the parts given to startStack.`);
  };
  return { pid: () => undefined, stop: async () => refuse(), start: async () => refuse(), signal: refuse };
}

async function orderWarden(url: string): Promise<void> {
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(wardenMs) }).catch(
    (cause: unknown) => {
      throw new Error(`The stack does not run any more: nobody answers at ${url}.`, { cause });
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
}

function pidIn(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined; // empty for a moment while it is written
  } catch {
    return undefined;
  }
}

/** The last lines of a part's log. */
export function endOfLog(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, 'logs', `${name}.log`), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-12)
      .join('\n');
  } catch {
    return '(there is no log)';
  }
}
