// Waiting for the rollouts of a namespace, state by state: cheaper for the API server than asking it again and again, and no phase is
// too short to be seen.
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { type Api, listedRollouts, oldestFirst, rolloutsPath, type SeenRollout, seenRolloutOf } from './api.ts';
import { patientMs } from './eventually.ts';

/** What is looked for: the oldest first, as `rolloutsIn` gives them. */
type Look<T> = (rollouts: readonly SeenRollout[]) => T | undefined | false;

const againMs = 200;
/** After so many seconds everything is asked for anew, for looks that depend on more than the rollouts. */
const watchSeconds = 10;

const eventSchema = z.object({ type: z.string(), object: z.unknown() });

/**
 * Looks at the rollouts as they are and after each change of one of them, until something is found, and gives that. A server that is
 * away counts as no change. Rejects at the deadline with `what`, which reads on after "Waited 120 s for".
 */
export async function awaitedRollouts<T>(
  api: Api,
  namespace: string,
  what: string,
  look: Look<T>,
  { withinMs = patientMs }: { readonly withinMs?: number } = {},
): Promise<T> {
  const ending = AbortSignal.timeout(withinMs);
  let trouble = '';
  while (!ending.aborted) {
    try {
      const found = await lookOver(api, namespace, look, ending);
      if (found !== undefined) return found;
    } catch (cause) {
      trouble = ` The last attempt failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    }
    await pause(againMs);
  }
  throw new Error(`Waited ${withinMs / 1_000} s for ${what}.${trouble}`);
}

/** Looks once at all, and then over the changes of some seconds; undefined when nothing was found among them. */
async function lookOver<T>(api: Api, namespace: string, look: Look<T>, ending: AbortSignal): Promise<T | undefined> {
  const { items, version } = await listedRollouts(api, namespace);
  const known = new Map(items.map((rollout) => [rollout.metadata.uid, rollout]));
  const foundNow = look(oldestFirst([...known.values()]));
  if (foundNow !== undefined && foundNow !== false) return foundNow;
  for await (const { type, object } of changesSince(api, namespace, version, ending)) {
    if (type === 'ERROR') return undefined;
    const rollout = seenRolloutOf(object);
    if (type === 'DELETED') known.delete(rollout.metadata.uid);
    else known.set(rollout.metadata.uid, rollout);
    const found = look(oldestFirst([...known.values()]));
    if (found !== undefined && found !== false) return found;
  }
  return undefined;
}

async function* changesSince(
  { access }: Api,
  namespace: string,
  version: string,
  ending: AbortSignal,
): AsyncGenerator<z.output<typeof eventSchema>> {
  const query = `watch=true&timeoutSeconds=${watchSeconds}&resourceVersion=${version}`;
  const { dispatcher, headers, url } = access;
  const watched = await request(`${url}${rolloutsPath(namespace)}?${query}`, { dispatcher, headers, signal: ending });
  const { statusCode, body } = watched;
  const lines = createInterface({ input: body });
  // A stream that breaks ends the lines; what was missed is listed again.
  for (const each of [body, lines]) each.on('error', () => undefined);
  try {
    if (statusCode !== 200) throw new Error(`Watching rollouts: status ${statusCode}`);
    for await (const line of lines) yield eventSchema.parse(JSON.parse(line));
  } finally {
    body.destroy();
  }
}
