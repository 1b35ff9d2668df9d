// The custom gates of a replay, asked of a metrics source: some looks ahead, a few at a time, none for good where nobody answers.
import type { Gauge, GaugeAnswer } from '../controller/ports.ts';
import type { GaugeQuestion } from '../domain/gates/custom.ts';
import { type Past, type Replay, replaying } from '../domain/replay.ts';
import type { LookAnswer, WantedLook } from '../domain/replay-custom.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { CliParts } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

/** Whom the gates are asked of, and how. */
export interface PastGauge {
  readonly gauge: Pick<Gauge, 'ask'>;
  /** Nothing is asked of after this moment. */
  readonly until: Instant;
  /** How much earlier stable is asked, where it is the same workload at another time; 0 where two ran side by side. */
  readonly stableEarlierMs: Millis;
}

/** Questions under way at a time. */
const asksAtOnce = 4;
/** Looks of a gate that are asked for before they are due; the step may end before. */
const looksAhead = 16;
/** After so many unanswered looks in a row a gate is not asked again. */
const mostUnanswered = 20;

/** Judges a past with its custom gates. A look without an answer, at two tries, is a source that is down. Ctrl-C ends it. */
export async function replayAsking(
  past: Past,
  source: PastGauge,
  { interrupted }: Pick<CliParts, 'interrupted'>,
): Promise<Replay | undefined> {
  const answersTo = asking(source, interrupted);
  const turns = replaying(past);
  let turn = turns.next();
  while (turn.done !== true) turn = turns.next(await answersTo(turn.value));
  return turn.value;
}

/** Looks that came before they were due, and gates that nobody answered for, in a row. */
interface Memory {
  readonly known: Map<string, LookAnswer>;
  readonly unanswered: Map<string, { readonly count: number; readonly message: string }>;
}

/** Answers from what came ahead, and asks for what is missing together with what is due next. */
function asking(
  source: PastGauge,
  interrupted: AbortSignal,
): (wanted: readonly WantedLook[]) => Promise<readonly LookAnswer[]> {
  const memory: Memory = { known: new Map(), unanswered: new Map() };

  async function ask(looks: readonly WantedLook[]): Promise<readonly GaugeAnswer[]> {
    if (interrupted.aborted) throw new CliError(exitCodes.interrupted, 'Interrupted; nothing was changed.');
    return Promise.all(looks.map((look) => askTwice(source, look)));
  }

  async function askDue(looks: readonly WantedLook[]): Promise<boolean> {
    const answers: GaugeAnswer[] = [];
    for (const batch of batches(looks)) answers.push(...(await ask(batch)));
    for (const [index, look] of looks.entries()) remember(memory, look, answers[index]);
    return answers.every(({ kind }) => kind === 'look');
  }

  async function askAhead(looks: readonly WantedLook[]): Promise<void> {
    for (const batch of batches(looks)) {
      const answers = await ask(batch);
      for (const [index, look] of batch.entries()) {
        const answer = answers[index];
        if (answer?.kind === 'look') memory.known.set(keyOf(look), answer);
      }
      if (answers.some(({ kind }) => kind === 'down')) return;
    }
  }

  return async (wanted) => {
    const missing = wanted.filter((look) => !memory.known.has(keyOf(look)) && !isGivenUp(memory, look));
    const ahead = missing
      .flatMap((look) => aheadOf(look, source.until))
      .filter((look) => !memory.known.has(keyOf(look)))
      .sort((a, b) => a.at - b.at);
    if (missing.length > 0 && (await askDue(missing))) await askAhead(ahead);
    return wanted.map((look) => take(memory, look));
  };
}

function isGivenUp({ unanswered }: Memory, { gate }: WantedLook): boolean {
  return (unanswered.get(gate)?.count ?? 0) >= mostUnanswered;
}

/** A question that is refused would be the next time too. */
function remember({ known, unanswered }: Memory, look: WantedLook, answer: GaugeAnswer | undefined): void {
  if (answer === undefined) return;
  if (answer.kind === 'look') {
    known.set(keyOf(look), answer);
    unanswered.delete(look.gate);
    return;
  }
  const count = answer.refused ? mostUnanswered : (unanswered.get(look.gate)?.count ?? 0) + 1;
  unanswered.set(look.gate, { count, message: answer.message });
}

/** A look is taken once; one that did not come is asked for again with the next slot. */
function take({ known, unanswered }: Memory, look: WantedLook): LookAnswer {
  const answer = known.get(keyOf(look));
  known.delete(keyOf(look));
  const message = unanswered.get(look.gate)?.message ?? 'The metrics source did not answer.';
  return answer ?? { kind: 'down', message };
}

function keyOf({ gate, question: { canary, stable }, at }: WantedLook): string {
  return JSON.stringify([gate, canary, stable, at]);
}

function aheadOf(look: WantedLook, until: Instant): readonly WantedLook[] {
  const all = Array.from({ length: looksAhead }, (_, index) => ({ ...look, at: look.at + (index + 1) * look.everyMs }));
  return all.filter(({ at }) => at <= until);
}

function batches(looks: readonly WantedLook[]): readonly (readonly WantedLook[])[] {
  const count = Math.ceil(looks.length / asksAtOnce);
  return Array.from({ length: count }, (_, index) => looks.slice(index * asksAtOnce, (index + 1) * asksAtOnce));
}

async function askTwice(source: PastGauge, { question, at }: WantedLook): Promise<GaugeAnswer> {
  const once = await askBoth(source, question, at);
  return once.kind === 'look' || once.refused ? once : askBoth(source, question, at);
}

/** One question for both arms, or one for each where their moments differ. */
async function askBoth(
  { gauge, stableEarlierMs }: PastGauge,
  question: GaugeQuestion,
  at: Instant,
): Promise<GaugeAnswer> {
  const { canary, stable } = question;
  if (stable === undefined || stableEarlierMs === 0) return gauge.ask(question, at);
  const [own, earlier] = await Promise.all([
    gauge.ask({ canary }, at),
    gauge.ask({ canary: stable }, at - stableEarlierMs),
  ]);
  if (own.kind === 'down') return own;
  if (earlier.kind === 'down') return earlier;
  return { kind: 'look', look: { canary: own.look.canary, stable: earlier.look.canary } };
}
