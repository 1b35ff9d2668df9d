// A rollout as a tree: its two versions with their pods, how far it is, and every gate with what it has and what it still needs.
import type { PodTrouble } from '../../controller/ports.ts';
import { oddsWords } from '../../domain/gates/odds.ts';
import { isFinal, type Rollout, type Version } from '../../domain/rollout.ts';
import { shortened } from '../../domain/shortened.ts';
import { displayOf } from '../../domain/status.ts';
import type { Instant } from '../../domain/time.ts';
import type { GateNumbers, GateVerdict } from '../../domain/verdict.ts';
import type { Paint } from '../terminal.ts';
import { widthOf } from '../width.ts';
import { intervalWords, numberRows, points, progressWords } from './numbers.ts';
import { paintedPhase } from './rollouts.ts';
import { commandsFor } from './status.ts';
import { age } from './table.ts';
import { type Branch, type Room, treeLines } from './tree.ts';

/** Pods of one version. */
export interface Pods {
  readonly ready: number;
  readonly wanted: number;
}

/** A rollout and what was read beside it. */
export interface WatchView {
  readonly rollout: Rollout;
  /** With the numbers that its evidence still holds. */
  readonly verdicts: readonly GateVerdict[];
  /** Undefined where the version has no Deployment, or it may not be read. */
  readonly stable: Pods | undefined;
  readonly canary: Pods | undefined;
  readonly troubles: readonly PodTrouble[];
}

/** Where it is drawn. */
export interface WatchRoom extends Room {
  /** How many lines the screen holds; any number of them where it is left out. */
  readonly rows?: number;
  readonly now: Instant;
  readonly paint: Paint;
}

/**
 * How much is drawn: everything; of gates that pass only that they do; of the others what decides and what is missing; of the
 * rollout's sentence the beginning; and of all gates their verdict alone.
 */
type Detail = 'all' | 'open' | 'brief' | 'short' | 'signs';

/**
 * The tree as lines, none wider than the room; where it is higher than the room, gates are told in fewer words, those first that
 * pass. Colour is never the only sign.
 */
export function watchLines(view: WatchView, room: WatchRoom): readonly string[] {
  const most = (room.rows ?? Number.POSITIVE_INFINITY) - 1;
  for (const detail of ['all', 'open', 'brief', 'short'] as const) {
    const lines = linesIn(view, room, detail);
    if (lines.length <= most) return lines;
  }
  return linesIn(view, room, 'signs');
}

function linesIn(view: WatchView, room: WatchRoom, detail: Detail): readonly string[] {
  const { rollout } = view;
  const { spec } = rollout;
  const root: Branch = {
    text: `${spec.target.name} in ${rollout.id.namespace}: ${rollout.id.name}, attempt ${spec.attempt}`,
    paint: room.paint.strong,
    branches: [
      phaseBranch(rollout, room, detail),
      versionBranch('stable', stableNow(rollout), 100 - rollout.status.weight.intended, view.stable),
      versionBranch('canary', spec.canary, rollout.status.weight.intended, view.canary, troubleBranches(view, room)),
      { text: `steps  ${stepTrack(rollout, room)}` },
      weightBranch(rollout, room),
      gatesBranch(view, room, detail),
    ],
  };
  return [...treeLines(root, room), ...commandLines(rollout, room)];
}

/** What can be typed next: in one line, or where that is too narrow each in one of its own, to be copied whole. */
function commandLines(rollout: Rollout, room: Room): readonly string[] {
  const commands = commandsFor(rollout);
  if (commands.length === 0) return [];
  const line = `You can: ${commands.join(', ')}`;
  return widthOf(line) <= room.columns ? ['', line] : ['', 'You can:', ...commands.map((command) => `  ${command}`)];
}

function phaseBranch(rollout: Rollout, room: WatchRoom, detail: Detail): Branch {
  const { message } = rollout.status;
  const isCut = detail === 'short' || detail === 'signs';
  const shown = isCut ? shortened(message, 2 * (room.columns - 8)) : message;
  return { text: phaseWords(rollout, room), branches: [{ text: shown }, ...stalledBranch(rollout, room)] };
}

function phaseWords(rollout: Rollout, { now }: WatchRoom): string {
  const { status } = rollout;
  const plain = paintedPhase(rollout, asItIs);
  return isFinal(status.phase)
    ? `${plain} ${age(now - (status.finishedAt ?? status.since))} ago`
    : `${plain} for ${age(now - status.since)}`;
}

const asIs = (text: string): string => text;
const asItIs: Paint = { good: asIs, bad: asIs, waiting: asIs, faint: asIs, strong: asIs };

function stalledBranch({ status }: Rollout, { paint }: WatchRoom): readonly Branch[] {
  if (status.stalled === undefined) return [];
  const { reason, message } = status.stalled;
  return [
    { text: message === status.message ? `Stalled (${reason}).` : `Stalled (${reason}): ${message}`, paint: paint.bad },
  ];
}

/** What stable's workload runs: of a managed Deployment, from its promotion on, what the canary was. */
function stableNow({ spec, status }: Rollout): Version {
  const { stable, canary, mode } = spec;
  const runsNew = status.phase === 'finalizing' || status.phase === 'promoted';
  return mode === 'managed' && runsNew ? { ...stable, hash: canary.hash, images: canary.images } : stable;
}

function versionBranch(
  role: string,
  { workload, hash, images }: Version,
  weight: number,
  pods: Pods | undefined,
  branches: readonly Branch[] = [],
): Branch {
  const running = pods === undefined ? 'no pods' : `${pods.ready} of ${pods.wanted} pods ready`;
  const image = images.length === 0 ? '' : ` ${images.join(', ')}`;
  return { text: `${role} ${workload}${image} (${hash}): ${running}, ${weight}%`, branches };
}

function troubleBranches({ troubles }: WatchView, { paint }: WatchRoom): readonly Branch[] {
  return troubles.slice(0, 3).map(({ pod, message }) => ({ text: `${pod}: ${message}`, paint: paint.bad }));
}

/** Every step with its own sign: behind, here, or ahead; where a rollout was sent back, that step. */
function stepTrack({ spec, status }: Rollout, { unicode }: Room): string {
  const signs = unicode
    ? { behind: '✓', here: '●', ahead: '○', failed: '✗', to: '→' }
    : { behind: '+', here: '*', ahead: '-', failed: 'x', to: '>' };
  const here = status.cause === undefined ? signs.here : signs.failed;
  const isOver = status.phase === 'promoted';
  return spec.plan.steps
    .map((weight, step) => {
      const isBehind = isOver || step < status.step;
      return `${isBehind ? signs.behind : step === status.step ? here : signs.ahead}${weight}%`;
    })
    .join(` ${signs.to} `);
}

function weightBranch({ spec, status }: Rollout, { paint }: WatchRoom): Branch {
  const { intended, observed } = status.weight;
  const { step } = displayOf(spec, status);
  const seen = observed === null ? 'not observed yet' : `${observed}% observed`;
  const differs = observed !== null && observed !== intended;
  return {
    text: `weight ${intended}% intended, ${seen} (step ${step})`,
    ...(differs ? { paint: paint.waiting } : {}),
  };
}

function gatesBranch({ verdicts }: WatchView, room: WatchRoom, detail: Detail): Branch {
  if (verdicts.length === 0) return { text: 'gates  none has said anything of this step yet' };
  return { text: 'gates', branches: verdicts.map((verdict) => gateBranch(verdict, room, detail)) };
}

function gateBranch(said: GateVerdict, { paint, unicode }: WatchRoom, detail: Detail): Branch {
  const { gate, verdict, reason, shadow } = said;
  const [sign, word, colour] = signOf(verdict, unicode, paint);
  const isShort = detail === 'signs' || (detail !== 'all' && (verdict === 'pass' || shadow === true));
  return {
    text: `${sign} ${gate}: ${word} (${reason}${shadow === true ? ', shown and not judged' : ''})`,
    paint: colour,
    branches: isShort ? [] : gateTexts(said, detail).map((text) => ({ text })),
  };
}

/** Value, interval, limit and what is missing, as far as the gate counts; otherwise its sentence. */
function gateTexts({ message, numbers }: GateVerdict, detail: Detail): readonly string[] {
  if (numbers === undefined) return [message];
  const { canary, stable, interval, progress } = numbers;
  const counts = numberRows({ canary, ...(stable === undefined ? {} : { stable }) });
  return [
    ...(detail === 'all' || detail === 'open' ? counts.map(([name, words]) => `${name}: ${words}`) : []),
    ...(interval === undefined ? [] : [`Difference: ${intervalWords(interval)}`]),
    ...limitTexts(numbers),
    ...(progress === undefined || progress.leftMs === 0 ? [] : [`Missing: ${progressWords(progress)}`]),
  ];
}

/** The limit, and how surely it is kept by now: a pass goes by odds, which an interval does not tell. */
function limitTexts({ margin, fine }: GateNumbers): readonly string[] {
  if (margin === undefined) return [];
  const odds =
    fine === undefined ? '.' : `; the odds that it is are ${oddsWords(fine.odds)}, and ${oddsWords(fine.needed)} pass.`;
  return [`Limit: less than ${points(margin)} points worse than stable${odds}`];
}

function signOf(
  verdict: GateVerdict['verdict'],
  unicode: boolean,
  paint: Paint,
): readonly [sign: string, word: string, paint: (text: string) => string] {
  switch (verdict) {
    case 'pass':
      return [unicode ? '✓' : '+', 'pass', paint.good];
    case 'fail':
      return [unicode ? '✗' : 'x', 'FAIL', paint.bad];
    case 'undecided':
      return [unicode ? '…' : '~', 'undecided', paint.waiting];
    case 'noData':
      return ['?', 'no data', paint.waiting];
    case 'sourceDown':
      return ['!', 'source down', paint.waiting];
  }
}
