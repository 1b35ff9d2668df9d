// What a waiting pipeline is told as records: one JSON object a line, every one with its version.
import type { Rollout } from '../../domain/rollout.ts';
import { displayOf, isPaused } from '../../domain/status.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import { outcomeOf } from '../exit.ts';
import type { WaitEnd, Waited } from '../wait-telling.ts';

/** What a line is about besides the end. */
export type WaitLine =
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'change' | 'heartbeat'; readonly rollout: Rollout };

/** The keys of version 1 stay; new ones may be added. */
export function waitRecord(waited: Waited, now: Instant, line: WaitLine): unknown {
  const body = line.kind === 'note' ? { message: line.message } : rolloutFields(line.rollout);
  return { ...head(waited, now, line.kind), ...body };
}

/** The last line: the outcome in a word, and the exit code that stands for it. */
export function endRecord(waited: Waited, now: Instant, { code, rollout, message, next }: WaitEnd): unknown {
  return {
    ...head(waited, now, 'end'),
    ...(rollout === undefined ? {} : rolloutFields(rollout)),
    outcome: outcomeOf(code),
    exitCode: code,
    message,
    ...(next === undefined ? {} : { next }),
  };
}

function head({ namespace, name, goal }: Waited, now: Instant, type: string): Readonly<Record<string, unknown>> {
  return { version: 1, type, time: formatInstant(now), namespace, name, goal };
}

function rolloutFields({ id, spec, status }: Rollout): Readonly<Record<string, unknown>> {
  return {
    rollout: id.name,
    target: spec.target.name,
    revision: spec.canary.hash,
    attempt: spec.attempt,
    phase: status.phase,
    paused: isPaused(spec, status),
    step: Math.min(status.step + 1, spec.plan.steps.length),
    steps: spec.plan.steps,
    weight: status.weight,
    verdict: displayOf(spec, status).verdict,
    ...(status.cause === undefined ? {} : { cause: status.cause }),
    reason: status.reason,
    message: status.message,
  };
}
