// One check: what it needs to know, and what it makes of it. Pure.
import type { Finding } from '../../../controller/ports.ts';
import type { Examined, Facts, Sources } from './facts.ts';

/** What a check says, its id aside. */
export type Outcome = Omit<Finding, 'id'>;

/** A check by its id. */
export interface Check {
  readonly id: string;
  readonly examine: (facts: Facts) => Finding;
}

/** Whether `source` is known, for what a check can do without. */
export type Glimpse = <S extends keyof Sources>(source: S) => Sources[S] | undefined;

/** What a check is told: what is examined, and all sources it needs. */
export type Known<S extends keyof Sources> = Examined & Pick<Sources, S>;

/** Makes a check that answers `unknown` while one of the sources it needs could not be read. */
export function check<S extends keyof Sources>(
  id: string,
  needs: readonly S[],
  look: (known: Known<S>, glimpse: Glimpse) => Outcome,
): Check {
  return {
    id,
    examine(facts) {
      const missing = needs.map((source) => facts.sources[source]).find((reading) => reading.kind === 'unread');
      if (missing?.kind === 'unread') return { id, level: 'unknown', message: `Not looked at, because ${missing.why}` };
      const read = needs.map((source) => [source, glimpseOf(facts, source)] as const);
      // Every source is there, which the line above has seen to.
      const known = { ...facts.examined, ...Object.fromEntries(read) } as Known<S>;
      return { id, ...look(known, (source) => glimpseOf(facts, source)) };
    },
  };
}

function glimpseOf<S extends keyof Sources>({ sources }: Facts, source: S): Sources[S] | undefined {
  const reading = sources[source];
  return reading.kind === 'read' ? reading.value : undefined;
}

/** Looked at and in order. */
export function fine(message: string): Outcome {
  return { level: 'fine', message };
}

/** A rollout starts, and this may spoil it. */
export function warning(message: string, advice: string): Outcome {
  return { level: 'warning', message, advice };
}

/** No rollout starts. */
export function blocking(message: string, advice: string): Outcome {
  return { level: 'blocking', message, advice };
}

/** What was read does not say. */
export function unknown(message: string, advice?: string): Outcome {
  return { level: 'unknown', message, ...(advice === undefined ? {} : { advice }) };
}
