// Looks of custom gates: each is asked for once per process, however often its rollout is ticked, and nobody waits long.
import type { GaugeQuestion } from '../domain/gates/custom.ts';
import type { Instant, Millis } from '../domain/time.ts';
import { within } from './flights.ts';
import type { Clock, Gauge, GaugeAnswer } from './ports.ts';

/** Looks through a gauge. */
export interface Gauges {
  /**
   * The answer as of `at`; undefined while it takes longer than a look may wait, to be had by a later call. One that is down is
   * asked for again by a call about a slot later.
   */
  look(question: GaugeQuestion, at: Instant): Promise<GaugeAnswer | undefined>;
  /** The query as it can be pasted into the metrics source. */
  text(question: GaugeQuestion): string;
}

/** What is needed to look. */
export interface GaugesOptions {
  readonly gauge: Gauge;
  readonly clock: Clock;
  readonly slotMs: Millis;
  /** How long one look may hold up a tick. */
  readonly patienceMs?: Millis;
  /** Most answers kept at a time; beyond that the oldest are asked for again. */
  readonly kept?: number;
}

/** For so long an answer may be wanted again: a rollout begins each tick from what was saved of it. */
const slotsKept = 12;

interface Asked {
  readonly since: Instant;
  readonly answer: Promise<GaugeAnswer>;
  came: GaugeAnswer | undefined;
}

/** Gauges that have asked nothing yet. */
export function gauges({ gauge, clock, slotMs, patienceMs = 1_000, kept = 20_000 }: GaugesOptions): Gauges {
  const asked = new Map<string, Asked>();

  function ask(key: string, question: GaugeQuestion, at: Instant): Asked {
    const fresh: Asked = { since: clock.now(), came: undefined, answer: guarded(gauge.ask(question, at)) };
    void fresh.answer.then((answer) => {
      fresh.came = answer;
    });
    asked.delete(key);
    asked.set(key, fresh);
    letGo(fresh.since);
    return fresh;
  }

  /** Answers stand in the order in which they were asked for. */
  function letGo(now: Instant): void {
    for (const [key, { since }] of asked) {
      if (asked.size <= kept && now - since < slotsKept * slotMs) return;
      asked.delete(key);
    }
  }

  return {
    text: (question) => gauge.text(question),
    async look(question, at) {
      const key = JSON.stringify([question.canary, question.stable, at]);
      const known = asked.get(key);
      const isOld = known?.came?.kind === 'down' && clock.now() - known.since >= slotMs;
      const { answer } = known === undefined || isOld ? ask(key, question, at) : known;
      return (await within(answer, patienceMs)) ? answer : undefined;
    },
  };
}

/** A gauge never throws; should one do so all the same, that is an answer too. */
function guarded(answer: Promise<GaugeAnswer>): Promise<GaugeAnswer> {
  return answer.catch(() => ({ kind: 'down', message: 'The metrics source failed without a word.', refused: false }));
}
