// Looking at one thing again and again, through outages of the cluster, until something ends the looking.
import { formatDuration, type Instant, type Millis } from '../domain/time.ts';
import type { CliParts } from './cluster.ts';
import { CliError, exitCodeOfError, exitCodes } from './exit.ts';

/** One look: the thing as it is now, or that it is no more, or why looking ended. */
export type Seen<T> =
  | { readonly kind: 'found'; readonly found: T }
  | { readonly kind: 'gone' }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'interrupted' };

/** How to look. */
export interface Looking<T> {
  /** Reads what is followed; undefined when it is no more. */
  readonly read: () => Promise<T | undefined>;
  readonly everyMs: Millis;
  /** When to give up; never when left out. */
  readonly until?: Instant;
  /** Who is told of outages; the narration of the terminal unless it is said otherwise. */
  readonly say?: (text: string) => void;
}

const patienceMs = 120_000;
const remindEveryMs = 60_000;

/** Looks until the caller stops asking, the time is up or the user interrupts. A cluster that is silent for two minutes ends it with its error. */
export async function* follow<T>(parts: CliParts, looking: Looking<T>): AsyncGenerator<Seen<T>, void, void> {
  const read = patiently(parts, looking);
  for (;;) {
    if (parts.interrupted.aborted) return yield { kind: 'interrupted' };
    const seen = await read();
    if (seen !== 'silent') yield seen === undefined ? { kind: 'gone' } : { kind: 'found', found: seen };
    if (looking.until !== undefined && parts.clock.now() >= looking.until) return yield { kind: 'timedOut' };
    await parts.pause(Math.min(looking.everyMs, (looking.until ?? Number.POSITIVE_INFINITY) - parts.clock.now()));
  }
}

/** The first look that says anything, patient as all of them. */
export async function firstSeen<T>(parts: CliParts, looking: Looking<T>): Promise<Seen<T>> {
  for await (const seen of follow(parts, looking)) return seen;
  throw new Error('Looking has ended without a reason.');
}

function patiently<T>(parts: CliParts, { read, say }: Looking<T>): () => Promise<T | 'silent' | undefined> {
  const tell = say ?? parts.terminal.err;
  let silentSince: Instant | undefined;
  let toldAt: Instant = 0;
  return async () => {
    try {
      const answer = await read();
      if (silentSince !== undefined) tell('The cluster answers again.\n');
      silentSince = undefined;
      return answer;
    } catch (error) {
      if (error instanceof CliError || exitCodeOfError(error) === exitCodes.notFound) throw error;
      // What was under way has been broken off with it.
      if (parts.interrupted.aborted) return 'silent';
      const now = parts.clock.now();
      if (silentSince === undefined) {
        tell(
          `The cluster does not answer (${error instanceof Error ? error.message : String(error)}); trying again.\n`,
        );
        toldAt = now;
      }
      silentSince ??= now;
      if (now - silentSince >= patienceMs) throw error;
      if (now - toldAt >= remindEveryMs) {
        tell(`The cluster has not answered for ${formatDuration(now - silentSince)}; trying again.\n`);
        toldAt = now;
      }
      return 'silent';
    }
  };
}
