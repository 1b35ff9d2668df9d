// Whether the controller lives and whether it can do its work, part by part, each with a sentence.
import { formatDuration, type Instant, type Millis } from '../domain/time.ts';

/** `degraded`: the work goes on, less well. `failed`: it does not. */
export interface Part {
  readonly name: string;
  readonly state: 'ok' | 'degraded' | 'failed';
  readonly message: string;
}

/** The answer to a probe: 200, or 503 as soon as one part has failed. */
export interface Health {
  readonly code: 200 | 503;
  readonly body: { readonly status: 'ok' | 'degraded' | 'failed'; readonly parts: readonly Part[] };
}

const staleWatchMs = 180_000;
const hungTickMs = 300_000;
const hungLoopMs = 10_000;
const manyFailures = 5;

/** The worst part decides. */
export function healthOf(parts: readonly Part[]): Health {
  const has = (state: Part['state']) => parts.some((part) => part.state === state);
  const status = has('failed') ? 'failed' : has('degraded') ? 'degraded' : 'ok';
  return { code: status === 'failed' ? 503 : 200, body: { status, parts } };
}

/** A watch: its first list must be done, and something, be it a bookmark, must have come within three minutes. */
export function watchPart(
  name: string,
  watch: { readonly listed: boolean; readonly lastEventAt?: Instant },
  now: Instant,
): Part {
  if (!watch.listed) return { name, state: 'failed', message: 'The first list is not done.' };
  const silence = now - (watch.lastEventAt ?? Number.NEGATIVE_INFINITY);
  if (silence <= staleWatchMs) return { name, state: 'ok', message: 'Listed and fresh.' };
  return {
    name,
    state: 'failed',
    message: `Nothing was heard for ${spell(silence)}; the cluster may be out of reach.`,
  };
}

/** Ticks: five failures in a row across all rollouts mean that it is not one rollout's fault. */
export function ticksPart(failedInARow: number): Part {
  if (failedInARow === 0) return { name: 'ticks', state: 'ok', message: 'The last tick did its work.' };
  const state = failedInARow >= manyFailures ? 'failed' : 'degraded';
  return { name: 'ticks', state, message: `The last ${failedInARow} ticks failed; the log says why.` };
}

/** The queue of wakes: without it the process rings by itself, so it never makes the controller unready. */
export function queuePart(queue: 'none' | 'healthy' | 'away'): Part {
  switch (queue) {
    case 'none':
      return { name: 'queue', state: 'ok', message: 'No Redis is set; the process rings by itself.' };
    case 'healthy':
      return { name: 'queue', state: 'ok', message: 'Redis rings in time.' };
    case 'away':
      return { name: 'queue', state: 'degraded', message: 'Redis is out of reach; the process rings by itself.' };
  }
}

/** The metrics source: without it nothing moves forward, and rollbacks still work. Undefined when nothing was read yet. */
export function metricsPart(lastRead: 'data' | 'sourceDown' | undefined): Part {
  switch (lastRead) {
    case undefined:
      return { name: 'metrics', state: 'ok', message: 'Nothing had to be read yet.' };
    case 'data':
      return { name: 'metrics', state: 'ok', message: 'The last slot was read.' };
    case 'sourceDown':
      return {
        name: 'metrics',
        state: 'degraded',
        message: 'The last slot could not be read; weights stay where they are until it can. Rollbacks still work.',
      };
  }
}

/** Whether the process itself moves: no tick hangs for five minutes, and no turn of the event loop took ten seconds. */
export function processParts(oldestTickMs: Millis, longestTurnMs: Millis): readonly Part[] {
  const hung = oldestTickMs > hungTickMs;
  const stuck = longestTurnMs > hungLoopMs;
  return [
    {
      name: 'process',
      state: hung ? 'failed' : 'ok',
      message: hung ? `A tick has been under way for ${spell(oldestTickMs)}.` : 'No tick hangs.',
    },
    {
      name: 'eventLoop',
      state: stuck ? 'failed' : 'ok',
      message: stuck ? `One turn of the event loop took ${spell(longestTurnMs)}.` : 'The event loop moves.',
    },
  ];
}

function spell(ms: Millis): string {
  return Number.isFinite(ms) ? formatDuration(Math.round(ms / 1_000) * 1_000) : 'ever';
}
