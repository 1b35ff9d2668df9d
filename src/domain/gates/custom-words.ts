// What a look of a custom gate means and how it is said. Pure.
import type { Opinion } from '../gate.ts';
import { formatDuration, formatInstant, type Instant, type Millis } from '../time.ts';
import type { CustomGate, CustomQuestion, Look, Sample } from './custom.ts';

/** A look as it is judged. */
export interface Seen {
  readonly look: Look;
  /** How old stable's number is, where it is one of before all traffic had left stable. */
  readonly stableAgeMs?: Millis;
}

/** What a look comes to, its gate's patience aside. */
type Measured =
  | { readonly kind: 'inside' | 'outside'; readonly sentence: string }
  | { readonly kind: 'noData'; readonly reason: Opinion['reason']; readonly sentence: string };

/** Whether a look counts towards a rollback. */
export function isOutside(gate: CustomGate, seen: Seen): boolean {
  const { kind } = measured(gate, seen);
  return kind === 'outside' || (kind === 'noData' && gate.onNoData === 'fail');
}

/** The verdict on the last look, made at `at`, after `bad` bad ones in a row. */
export function sayLook(gate: CustomGate, seen: Seen & { readonly bad: number; readonly at: Instant }): Opinion {
  const found = measured(gate, seen);
  switch (found.kind) {
    case 'inside':
      return { verdict: 'pass', reason: 'WithinLimit', message: `${gate.name} ${found.sentence}.` };
    case 'outside':
      return badLook(gate, seen.bad, 'OutsideLimit', `${gate.name} ${found.sentence}`);
    case 'noData':
      return withoutData(gate, seen.bad, found, `${gate.name} ${found.sentence} at ${timeOf(seen.at)}`);
  }
}

/** What is said before the first look. */
export function sayWaiting(gate: CustomGate, leftMs: Millis): Opinion {
  const when =
    leftMs > 0 ? ` in ${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)}, once the step is old enough` : '';
  return {
    verdict: 'undecided',
    reason: 'NotAsked',
    message: `${gate.name} is asked for the first time${when || ' now'}.`,
  };
}

function badLook({ failures }: CustomGate, bad: number, reason: Opinion['reason'], sentence: string): Opinion {
  if (bad >= failures) {
    const times = failures === 1 ? '' : `, in ${bad} looks in a row`;
    return { verdict: 'fail', reason, message: `${sentence}${times}.` };
  }
  return {
    verdict: 'undecided',
    reason,
    message: `${sentence}, in ${bad} of the ${failures} looks in a row that roll back.`,
  };
}

function withoutData(
  gate: CustomGate,
  bad: number,
  { reason }: Measured & { readonly kind: 'noData' },
  sentence: string,
): Opinion {
  switch (gate.onNoData) {
    case 'hold':
      return { verdict: 'noData', reason, message: `${sentence}. No step passes without.` };
    case 'pass':
      return { verdict: 'pass', reason, message: `${sentence}, which passes because its onNoData says so.` };
    case 'fail':
      return badLook(gate, bad, reason, `${sentence}, which its onNoData counts as bad`);
  }
}

function measured({ question }: CustomGate, seen: Seen): Measured {
  const { canary, stable = { kind: 'none' } } = seen.look;
  if (question.kind === 'limit')
    return canary.kind === 'number' ? against(question, canary.value) : missing('', canary);
  if (canary.kind !== 'number') return missing(' for the canary', canary);
  if (stable.kind !== 'number') return missing(' for stable', stable);
  return compared(question, canary.value, stable.value, seen.stableAgeMs);
}

function against({ min, max }: CustomQuestion & { readonly kind: 'limit' }, value: number): Measured {
  const shown = `is ${numberText(value)}`;
  if (max !== undefined && value > max)
    return { kind: 'outside', sentence: `${shown}, above its limit of ${numberText(max)}` };
  if (min !== undefined && value < min)
    return { kind: 'outside', sentence: `${shown}, below its limit of ${numberText(min)}` };
  const bounds = [
    ...(min === undefined ? [] : [`at least ${numberText(min)}`]),
    ...(max === undefined ? [] : [`at most ${numberText(max)}`]),
  ];
  return { kind: 'inside', sentence: `${shown}; ${bounds.join(' and ')} is allowed` };
}

function compared(
  { most }: CustomQuestion & { readonly kind: 'compare' },
  canary: number,
  stable: number,
  ageMs: Millis | undefined,
): Measured {
  const then =
    ageMs === undefined ? '' : ` ${formatDuration(Math.round(ageMs / 1_000) * 1_000)} ago, before all traffic left it`;
  const both = `is ${numberText(canary)} on the canary and ${ageMs === undefined ? '' : 'was '}${numberText(stable)} on stable${then}`;
  if (most.kind === 'increase') {
    const kind = canary - stable > most.value ? 'outside' : 'inside';
    return { kind, sentence: `${both}: ${signed(canary - stable)}, at most ${signed(most.value)} is allowed` };
  }
  if (stable < 0 || canary < 0 || (stable === 0 && canary > 0)) {
    const sentence = `${both}, of which there is no ratio (compare it by maxIncrease),`;
    return { kind: 'noData', reason: 'NoComparison', sentence };
  }
  const ratio = stable === 0 ? 1 : canary / stable;
  const kind = ratio > most.value ? 'outside' : 'inside';
  return { kind, sentence: `${both}: ${numberText(ratio)} times, at most ${numberText(most.value)} times is allowed` };
}

function missing(whose: string, sample: Exclude<Sample, { readonly kind: 'number' }>): Measured {
  switch (sample.kind) {
    case 'none':
      return { kind: 'noData', reason: 'NoSample', sentence: `has no sample${whose}` };
    case 'several': {
      const sentence = `has ${sample.count} samples${whose} where one is meant (sum or max them in the query)`;
      return { kind: 'noData', reason: 'SeveralSamples', sentence };
    }
    case 'notNumber':
      return { kind: 'noData', reason: 'NotANumber', sentence: `gave ${sample.text}${whose}, which is no number,` };
  }
}

/** A number with six significant digits at most. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function signed(value: number): string {
  return value >= 0 ? `+${numberText(value)}` : numberText(value);
}

function timeOf(at: Instant): string {
  return formatInstant(at).slice(11, 19);
}
