// Custom gates written again, for the plan that pins them.
import { formatDuration, type Millis, parseDuration } from '../time.ts';
import type { CustomGate, CustomQuestion } from './custom.ts';

/** A gate as it is written, such that `readGates` reads it back. */
export interface WrittenGate {
  readonly name: string;
  readonly query?: string;
  readonly min?: number;
  readonly max?: number;
  readonly compare?: {
    readonly canary: string;
    readonly stable: string;
    readonly maxRatio?: number;
    readonly maxIncrease?: number;
  };
  readonly onNoData: string;
  readonly shadow: boolean;
  readonly window: string;
  readonly interval?: string;
  readonly failures: number;
}

/** Writes a gate with all its defaults, so that a later default does not change it. */
export function writeGate({
  name,
  question,
  onNoData,
  shadow,
  windowMs,
  intervalMs,
  failures,
}: CustomGate): WrittenGate {
  return {
    name,
    ...writeQuestion(question),
    onNoData,
    shadow,
    window: exactly(windowMs),
    ...(intervalMs === undefined ? {} : { interval: exactly(intervalMs) }),
    failures,
  };
}

function writeQuestion(question: CustomQuestion): Pick<WrittenGate, 'query' | 'min' | 'max' | 'compare'> {
  if (question.kind === 'limit') {
    const { query, min, max } = question;
    return { query, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  }
  const { canary, stable, most } = question;
  const limit = most.kind === 'ratio' ? { maxRatio: most.value } : { maxIncrease: most.value };
  return { compare: { canary, stable, ...limit } };
}

function exactly(millis: Millis): string {
  const text = formatDuration(millis);
  return parseDuration(text) === millis ? text : `${millis}ms`;
}
