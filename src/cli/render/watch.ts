// A rollout as a tree: its two versions with their pods, how far it is, and every gate with what it has and what it still needs.
import type { PodTrouble } from '../../controller/ports.ts';
import { formatShare } from '../../domain/plan.ts';
import { isFinal, type Rollout, type Version } from '../../domain/rollout.ts';
import { displayOf } from '../../domain/status.ts';
import type { Instant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import type { Paint } from '../terminal.ts';
import { numberRows } from './numbers.ts';
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
  readonly now: Instant;
  readonly paint: Paint;
}

/** The tree as lines, none wider than the room. Colour is never the only sign. */
export function watchLines(view: WatchView, room: WatchRoom): readonly string[] {
  const { rollout } = view;
  const { status, spec } = rollout;
  const root: Branch = {
    text: `${spec.target.name} in ${rollout.id.namespace}: ${rollout.id.name}, attempt ${spec.attempt}`,
    paint: room.paint.strong,
    branches: [
      { text: phaseWords(rollout, room), branches: [{ text: status.message }, ...stalledBranch(rollout, room)] },
      versionBranch('stable', spec.stable, 100 - status.weight.intended, view.stable),
      versionBranch('canary', spec.canary, status.weight.intended, view.canary, troubleBranches(view, room)),
      { text: `steps  ${stepTrack(rollout, room)}` },
      weightBranch(rollout, room),
      gatesBranch(view, room),
    ],
  };
  const commands = commandsFor(rollout);
  const can = commands.length === 0 ? [] : ['', ...treeLines({ text: `You can: ${commands.join(', ')}` }, room)];
  return [...treeLines(root, room), ...can];
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

function gatesBranch({ verdicts }: WatchView, room: WatchRoom): Branch {
  if (verdicts.length === 0) return { text: 'gates  none has said anything of this step yet' };
  return { text: 'gates', branches: verdicts.map((verdict) => gateBranch(verdict, room)) };
}

function gateBranch(said: GateVerdict, { paint, unicode }: WatchRoom): Branch {
  const { gate, verdict, reason, message, numbers, shadow } = said;
  const [sign, word, colour] = signOf(verdict, unicode, paint);
  const rows = numbers === undefined ? [] : numberRows(numbers).filter(([name]) => name !== 'Odds' && name !== '');
  const limit =
    numbers?.margin === undefined || numbers.interval !== undefined
      ? []
      : [{ text: `Limit: less than ${formatShare(numbers.margin)} worse than stable` }];
  return {
    text: `${sign} ${gate}: ${word} (${reason}${shadow === true ? ', shown and not judged' : ''})`,
    paint: colour,
    branches:
      rows.length === 0
        ? [{ text: message }]
        : [...rows.map(([name, words]) => ({ text: `${name}: ${words}` })), ...limit],
  };
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
