// A replay as text and as a record.
import { customId, isCustomId } from '../../domain/gates/custom.ts';
import { grouped } from '../../domain/gates/words.ts';
import type { End, Event, Look, Replay } from '../../domain/replay.ts';
import { eventsOf, lostSlots } from '../../domain/replay.ts';
import { formatDuration, formatInstant, type Instant, type Millis } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import type { ReplayWanted } from '../replay-ask.ts';
import type { Paint } from '../terminal.ts';
import { numberRows } from './numbers.ts';
import { fact } from './plan.ts';
import { leftOut, type Said, saidBy, shownSaid } from './replay-custom.ts';
import { table } from './table.ts';

/** Everything there is to show of a replay. */
export interface Shown {
  readonly wanted: ReplayWanted;
  readonly replay: Replay;
  readonly slotMs: Millis;
}

/** The page: what was judged, what would have happened when, the gates at the end, and what was assumed. */
export function replayLines(shown: Shown, paint: Paint): readonly string[] {
  const { replay } = shown;
  return [
    headline(shown),
    '',
    ...planRows(shown),
    '',
    ...table(
      ['WHEN', 'STEP', 'WHAT'],
      eventsOf(replay).map((event) => eventRow(event, shown, paint)),
    ),
    ...(replay.looks.at(-1)?.verdicts ?? []).flatMap((verdict) => gateLines(replay, verdict)),
    '',
    paint.strong(conclusion(shown)),
    '',
    ...assumptions(shown),
  ];
}

/** What was compared, and over which time. */
export function headline({ wanted, replay, slotMs }: Shown): string {
  const { judged, from, to } = wanted;
  const slots = grouped((to - from) / slotMs);
  const looked = replay.looks.length;
  const seen = `${second(from)} to ${second(to)}, ${slots} slots of ${formatDuration(slotMs)}, ${looked === 1 ? 'one look' : `${grouped(looked)} looks`}`;
  return `Replay of ${judged.canary} against ${judged.stable} in namespace ${judged.namespace} (${seen})`;
}

/** The end in one sentence. */
export function conclusion({ wanted, replay }: Shown): string {
  const { end } = replay;
  const after = formatDuration(end.time - replay.from);
  const at = `at ${end.weight}% (step ${end.step + 1} of ${wanted.plan.steps.length})`;
  switch (end.kind) {
    case 'promoted':
      return `It would have been promoted after ${after}.`;
    case 'rolledBack':
      return `It would have been rolled back after ${after} ${at}: ${end.reason}.`;
    case 'held':
      return `It would have been held ${at} when the past that was read ends, after ${after}.`;
    case 'underWay':
      return `It would still have been under way ${at} when the past that was read ends, after ${after}.`;
  }
}

/** What a replay takes for granted, one sentence each. */
export function assumptions({ wanted, replay }: Shown): readonly string[] {
  const { plan, splitAt } = wanted;
  const lost = lostSlots(replay);
  return [
    `The weights ${plan.steps.map((weight) => `${weight}%`).join(', ')} are assumed, because they choose the margin; the past had its own split (the canary received ${shareText(replay)} of the requests), and that share is not judged.`,
    'The canary keeps the traffic it had, whatever the step: at a lower weight there would have been less evidence, at a higher one more.',
    'Pods are not judged, and no time is counted for the mesh to settle between steps.',
    ...(splitAt === undefined
      ? []
      : [
          `One workload is cut in two at ${second(splitAt)}, and the slots before it are laid beside those after it: what changed with the time of day counts as if the version had changed it. Times are those of the later half.`,
        ]),
    ...customAssumptions({ wanted, replay }),
    ...(plan.analysis === 'off' ? ['The plan says analysis off; it is replayed as if it were on.'] : []),
    ...(lost === 0
      ? []
      : [
          `${grouped(lost)} of ${grouped(replay.looks.length)} slots could not be judged, because their counts were missing or may be a lifetime of requests.`,
        ]),
  ];
}

function customAssumptions({ wanted, replay }: Pick<Shown, 'wanted' | 'replay'>): readonly string[] {
  const { plan, gates } = wanted;
  const left = plan.gates.filter(({ name }) => !gates.some((gate) => gate.name === name)).map(({ name }) => name);
  const blind = gates
    .map((gate) => [gate.name, unanswered(replay, customId(gate))] as const)
    .filter(([, looks]) => looks > 0);
  return [
    ...(gates.length === 0
      ? []
      : ['Custom gates were asked for their values of then, with the assumed weights in place of {{weight}}.']),
    ...(left.length === 0
      ? []
      : [
          `Not replayed: ${left.join(', ')}. One query there names both versions, which are one workload here; two under compare can be replayed.`,
        ]),
    ...blind.map(
      ([name, looks]) =>
        `${name} was without an answer at ${grouped(looks)} of ${grouped(replay.looks.length)} looks, which held the step as it would a rollout.`,
    ),
  ];
}

function unanswered({ looks }: Replay, gate: string): number {
  return looks.filter(({ verdicts }) =>
    verdicts.some((said) => said.gate === gate && said.verdict === 'sourceDown' && said.shadow !== true),
  ).length;
}

/** The record for programs; every look with its numbers, queries at the last one alone. */
export function replayRecord({ wanted, replay, slotMs }: Shown): unknown {
  const { judged, plan, from, to, splitAt } = wanted;
  return {
    schema: 'serin.dev/replay/v1',
    namespace: judged.namespace,
    canary: judged.canary,
    stable: judged.stable,
    from: formatInstant(from),
    to: formatInstant(to),
    ...(splitAt === undefined ? {} : { splitAt: formatInstant(splitAt) }),
    slotMs,
    plan,
    end: { ...replay.end, ...shownPlace(replay.end) },
    events: eventsOf(replay).map((event) => ({ ...event, ...shownPlace(event) })),
    assumptions: assumptions({ wanted, replay, slotMs }),
    looks: replay.looks.map((look, index) => lookRecord(look, index === replay.looks.length - 1)),
  };
}

function lookRecord(look: Look, isLast: boolean): unknown {
  const { decision, requests, seen, verdicts, weight } = look;
  return {
    ...shownPlace(look),
    weight,
    decision: decision.kind,
    requests,
    ...(seen.length === 0 ? {} : { seen: seen.map((each) => ({ ...each, at: formatInstant(each.at) })) }),
    verdicts: isLast ? verdicts : verdicts.map(withoutQuery),
  };
}

function withoutQuery(verdict: GateVerdict): Omit<GateVerdict, 'query'> {
  const { query: _, ...rest } = verdict;
  return rest;
}

/** Times as people and programs read them, and steps counted from 1. */
function shownPlace({ time, step }: Pick<End, 'time' | 'step'>): { readonly time: string; readonly step: number } {
  return { time: formatInstant(time), step: step + 1 };
}

function planRows({ wanted }: Shown): readonly string[] {
  const { plan } = wanted;
  return [
    fact('Steps', plan.steps.map((weight) => `${weight}%`).join(' > ')),
    fact(
      'Bake',
      `${formatDuration(plan.bakeMs)} to ${formatDuration(plan.maxBakeMs)} per step, on-undecided ${plan.onUndecided}`,
    ),
  ];
}

function eventRow({ kind, time, step, weight, message }: Event, { wanted }: Shown, paint: Paint): readonly string[] {
  return [second(time), `${step + 1}/${wanted.plan.steps.length} ${weight}%`, `${painted(kind, paint)}: ${message}`];
}

/** What became of it, in a word or two. */
export const eventWords: Readonly<Record<Event['kind'], string>> = {
  begun: 'begins',
  advanced: 'step passed',
  held: 'held',
  promoted: 'promoted',
  rolledBack: 'rolled back',
  underWay: 'the past ends',
};

function painted(kind: Event['kind'], paint: Paint): string {
  const word = eventWords[kind];
  if (kind === 'rolledBack') return paint.bad(word);
  return kind === 'promoted' ? paint.good(word) : kind === 'held' ? paint.waiting(word) : word;
}

function gateLines(replay: Replay, { gate, verdict, message, numbers }: GateVerdict): readonly string[] {
  return [
    '',
    `${gate} at the end: ${verdict}. ${message}`,
    ...(numbers === undefined ? [] : numberRows(numbers).map(([name, words]) => `  ${name.padEnd(11)}${words}`)),
    ...(isCustomId(gate) ? saidLines(saidBy(replay, gate)) : []),
  ];
}

/** What a custom gate said on the way, where that was more than one thing. */
function saidLines(all: readonly Said[]): readonly string[] {
  if (all.length < 2) return [];
  const { first, left, last } = shownSaid(all);
  const line = ({ from, weight, verdict, looks, message }: Said): string =>
    `  ${second(from)}  ${`${weight}%`.padEnd(4)}  ${verdict.padEnd(10)}  ${looks === 1 ? 'at one look' : `at ${grouped(looks)} looks`}: ${message}`;
  return [...first.map(line), ...(left === 0 ? [] : [`  (${leftOut(left)})`]), ...last.map(line)];
}

function shareText({ looks }: Replay): string {
  const canary = looks.reduce((sum, { requests }) => sum + requests.canary, 0);
  const all = looks.reduce((sum, { requests }) => sum + requests.canary + requests.stable, 0);
  return all === 0 ? 'none' : `${Math.round((100 * canary) / all)}%`;
}

/** An instant without its milliseconds. */
export function second(at: Instant): string {
  return formatInstant(at).replace(/\.\d+Z$/, 'Z');
}
