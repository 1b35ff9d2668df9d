// What custom gates said in the course of a replay: in words, and as a plot of the values they saw.
import { type CustomGate, customId, type Sample } from '../../domain/gates/custom.ts';
import { grouped } from '../../domain/gates/words.ts';
import type { Look, Replay } from '../../domain/replay.ts';
import type { SeenLook } from '../../domain/replay-custom.ts';
import type { Instant } from '../../domain/time.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Mark, Plot, Point } from './plot.ts';
import { evenTicks, shortNumber, spanOf } from './replay-plots.ts';

/** A stretch of looks of one step at which a gate kept to one verdict; the sentence is that of its last look. */
export interface Said {
  readonly from: Instant;
  readonly looks: number;
  readonly weight: number;
  readonly verdict: Verdict;
  readonly message: string;
}

/** Stretches shown of one gate, the first and the last of them. */
const mostSaid = 12;

/** All that a gate said, in order. */
export function saidBy({ looks }: Replay, gate: string): readonly Said[] {
  const stretches: { step: number; said: Said }[] = [];
  for (const { time, step, weight, verdicts } of looks) {
    const spoken = verdicts.find((verdict) => verdict.gate === gate);
    if (spoken === undefined) continue;
    const { verdict, message } = spoken;
    const last = stretches.at(-1);
    if (last?.step === step && last.said.verdict === verdict)
      last.said = { ...last.said, looks: last.said.looks + 1, message };
    else stretches.push({ step, said: { from: time, looks: 1, weight, verdict, message } });
  }
  return stretches.map(({ said }) => said);
}

/** The same, the middle of a long one left out; `left` says how much. */
export function shownSaid(all: readonly Said[]): {
  readonly first: readonly Said[];
  readonly left: number;
  readonly last: readonly Said[];
} {
  if (all.length <= mostSaid) return { first: all, left: 0, last: [] };
  const half = mostSaid / 2;
  return { first: all.slice(0, half), left: all.length - mostSaid, last: all.slice(-half) };
}

/** What stands in place of the middle. */
export function leftOut(left: number): string {
  return left === 1 ? 'one change of its verdict is left out here' : `${grouped(left)} changes are left out here`;
}

/** The values that a gate saw, with its limits. Undefined where it never saw a number. */
export function valuePlot(replay: Replay, gate: CustomGate): Plot | undefined {
  const seen = replay.looks.flatMap((look) =>
    look.seen.filter((each) => each.gate === customId(gate)).map((each) => ({ look, each })),
  );
  const kept = withPeaks(seen);
  const canary = linesOf(kept, ({ look }) => numberOf(look.canary));
  const stable = linesOf(kept, ({ look }, { weight }) => (weight < 100 ? numberOf(look.stable) : undefined));
  if (canary.length === 0) return undefined;
  const limits = limitsOf(gate, replay, stable);
  const range = rangeOf([canary, stable, ...limits.map(({ pieces }) => pieces)].flat(2));
  const ticks = evenTicks(range, 4).map((y) => ({ y, text: shortNumber(y) }));
  return {
    title: `What the query of the gate ${gate.name} gave over time, with its limit.`,
    span: spanOf(replay),
    range,
    ticks,
    marks: [
      { kind: 'line', style: 'canary', label: stable.length === 0 ? 'value' : 'canary', pieces: canary },
      ...(stable.length === 0 ? [] : [{ kind: 'line', style: 'stable', label: 'stable', pieces: stable } as const]),
      ...limits,
    ],
  };
}

/** What was seen, and when. */
interface At {
  readonly look: Look;
  readonly each: SeenLook;
}

type Line = Extract<Mark, { readonly kind: 'line' }>;

/** So many looks as are drawn, of each few the least and the greatest value and one without: no peak is left out. */
function withPeaks(seen: readonly At[]): readonly At[] {
  const size = Math.ceil(seen.length / 200);
  if (size <= 3) return seen;
  return Array.from({ length: Math.ceil(seen.length / size) }, (_, index) => {
    const few = seen.slice(index * size, (index + 1) * size);
    const numbers = few.filter(({ each }) => numberOf(each.look.canary) !== undefined);
    const value = ({ each }: At): number => numberOf(each.look.canary) ?? 0;
    const none = few.find((at) => !numbers.includes(at));
    const [least] = numbers.toSorted((a, b) => value(a) - value(b));
    const [greatest] = numbers.toSorted((a, b) => value(b) - value(a));
    return few.filter((at) => at === least || at === greatest || at === none);
  }).flat();
}

/** A limit is level; that of a comparison goes with stable, and stays where stable's last number was. */
function limitsOf({ question }: CustomGate, { from, end }: Replay, stable: Line['pieces']): readonly Line[] {
  const line = (label: string, pieces: Line['pieces']): Line => ({ kind: 'line', style: 'limit', label, pieces });
  if (question.kind === 'compare') {
    const { kind, value } = question.most;
    const most = (y: number): number => (kind === 'ratio' ? y * value : y + value);
    const label = kind === 'ratio' ? `at most ${value} times stable` : `at most ${value} above stable`;
    const pieces = stable.map((piece) => piece.map(({ at, y }) => ({ at, y: most(y) })));
    const last = pieces.at(-1)?.at(-1);
    return [line(label, last === undefined ? [] : [...pieces, [last, { at: end.time, y: last.y }]])];
  }
  const level = (y: number): Line['pieces'] => [
    [
      { at: from, y },
      { at: end.time, y },
    ],
  ];
  const { min, max } = question;
  return [
    ...(max === undefined ? [] : [line(`at most ${max}`, level(max))]),
    ...(min === undefined ? [] : [line(`at least ${min}`, level(min))]),
  ];
}

/** Runs of looks with a number; what is none ends a run. */
function linesOf(
  seen: readonly At[],
  value: (each: SeenLook, look: Look) => number | undefined,
): readonly (readonly Point[])[] {
  const runs: Point[][] = [[]];
  for (const { look, each } of seen) {
    const y = value(each, look);
    if (y === undefined) runs.push([]);
    else runs.at(-1)?.push({ at: each.at, y });
  }
  return runs.filter(({ length }) => length > 0);
}

function numberOf(sample: Sample | undefined): number | undefined {
  return sample?.kind === 'number' ? sample.value : undefined;
}

/** All of it with some room around, and zero where that is near. */
function rangeOf(all: readonly Point[]): Plot['range'] {
  const values = all.map(({ y }) => y);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const low = least >= 0 && least < most / 2 ? 0 : least;
  const room = 0.1 * (most - low) || Math.abs(most) || 1;
  return { low: low === 0 ? 0 : low - room, high: most + room };
}
