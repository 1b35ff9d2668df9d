// A letter as it is sent: the words of the record that `serin get -o json` prints, as they were when the letter was written.
import type { Letter } from '../../domain/mail.ts';
import { isFinal, type Rollout } from '../../domain/rollout.ts';
import { formatInstant } from '../../domain/time.ts';

/** A letter's body; times as RFC 3339, steps counted from 1. */
export function bodyOf({ id, uid, spec, status }: Rollout, letter: Letter, cluster?: string): unknown {
  const { number, time, event, phase, step, weight, reason, message } = letter;
  const isLeaving = phase === 'rollingBack' || phase === 'rolledBack';
  return {
    schema: 'serin.dev/announcement/v1',
    number,
    event,
    time: formatInstant(time),
    ...(cluster === undefined ? {} : { cluster }),
    rollout: {
      namespace: id.namespace,
      name: id.name,
      uid,
      target: spec.target.name,
      mode: spec.mode,
      attempt: spec.attempt,
    },
    stable: spec.stable,
    canary: spec.canary,
    phase,
    finished: isFinal(phase),
    step: Math.min(step + 1, spec.plan.steps.length),
    steps: spec.plan.steps,
    weight,
    reason,
    message,
    ...(isLeaving && status.cause !== undefined ? { cause: status.cause } : {}),
  };
}

/** The id of a letter, the same whenever it is sent. */
export function letterId({ uid }: Rollout, { number }: Letter): string {
  return `msg_${uid}_${number}`;
}
