// One rollout on a page: where it stands, why, and what can be typed next.
import { isAwaitingApproval } from '../../domain/approval.ts';
import type { Lanes } from '../../domain/lanes.ts';
import { isAbortable, isFinal, type Rollout } from '../../domain/rollout.ts';
import { displayOf, isPaused } from '../../domain/status.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import type { Paint } from '../terminal.ts';
import { isGivingBack, namedVerdicts } from './giving-back.ts';
import { paintedPhase } from './rollouts.ts';
import { age, table } from './table.ts';

const shownPast = 8;
const shownRequests = 4;

/** The whole page, as lines. */
export function statusLines(rollout: Rollout, now: Instant, paint: Paint): readonly string[] {
  return [
    ...factLines(rollout, now, paint),
    '',
    rollout.status.message,
    ...stalledLines(rollout, paint),
    ...gateLines(namedVerdicts(rollout, rollout.status.verdicts), paint),
    ...askedLines(rollout, now),
    ...pastLines(rollout, now),
    ...nextLines(rollout, paint),
  ];
}

/** One line for where nothing can be drawn over: what changed, and the sentence behind it. */
export function changeLine({ id, spec, status }: Rollout): string {
  const { step, weight, verdict } = displayOf(spec, status);
  const paused = isPaused(spec, status) ? ' paused' : '';
  return `${id.name} ${status.phase}${paused} step=${step} weight=${weight.replaceAll(' ', '_')} verdict=${verdict.replaceAll(' ', '')}: ${status.message}`;
}

/**
 * Tells, rollout after rollout, which of them is worth a line: where it stands has changed, and a reader can see it. The numbers in
 * a sentence alone are no change.
 */
export function changes(): (rollout: Rollout) => boolean {
  let before: { readonly key: string; readonly line: string } | undefined;
  return (rollout) => {
    const next = { key: changeKey(rollout), line: changeLine(rollout) };
    if (next.key === before?.key) return false;
    const isSeen = next.line !== before?.line;
    before = next;
    return isSeen;
  };
}

function changeKey({ spec, status }: Rollout): string {
  const { step, weight, verdict } = displayOf(spec, status);
  return [status.phase, status.reason, step, weight, verdict, isPaused(spec, status), status.answers.length].join('|');
}

/** The head of a page: which rollout, where it stands, and what is released. */
export function factLines(rollout: Rollout, now: Instant, paint: Paint): readonly string[] {
  const { id, spec, status } = rollout;
  const display = displayOf(spec, status);
  const since = isFinal(status.phase)
    ? `${age(now - (status.finishedAt ?? status.since))} ago`
    : `for ${age(now - status.since)}`;
  const rows = [
    ['Rollout', `${paint.strong(id.name)} in namespace ${id.namespace}, attempt ${spec.attempt}`],
    ['Phase', `${paintedPhase(rollout, paint)} ${since}`],
    ['Step', `${display.step}  ${track(rollout)}`],
    ['Weight', `${display.weight} to the ${isGivingBack(rollout) ? 'copy' : 'canary'}`],
    ['Stable', `${display.stable}  (${spec.stable.hash})`],
    ['Canary', `${display.canary}  (${spec.canary.hash})`],
    ...trackRows(rollout),
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(9)}${value}`);
}

function trackRows({ status }: Rollout): readonly (readonly string[])[] {
  const { route, lanes } = status;
  if (lanes === undefined) return route === undefined ? [] : [['Route', `${route.namespace}/${route.name}`]];
  return lanes.objects.map(({ namespace, name, made }, index) => [
    index === 0 ? 'Lanes' : '',
    `${namespace}/${name}${made ? ' (made for the time of the rollout)' : lanesOf(lanes, `${namespace}/${name}`)}`,
  ]);
}

function lanesOf({ originals }: Lanes, object: string): string {
  const count = originals.filter((original) => original.object === object).length;
  return count === 1 ? ', one destination' : `, ${count} destinations`;
}

function track({ spec, status }: Rollout): string {
  const done = status.phase === 'promoted';
  return spec.plan.steps
    .map((weight, step) => (step === status.step && !done ? `[${weight}%]` : `${weight}%`))
    .join(' > ');
}

function stalledLines({ status }: Rollout, paint: Paint): readonly string[] {
  if (status.stalled === undefined) return [];
  const { reason, message } = status.stalled;
  return [paint.bad(message === status.message ? `Stalled (${reason}).` : `Stalled (${reason}): ${message}`)];
}

/** What each gate says; nothing where none has spoken. */
export function gateLines(verdicts: readonly GateVerdict[], paint: Paint): readonly string[] {
  if (verdicts.length === 0) return [];
  const rows = verdicts.map(({ gate, verdict, message }) => [gate, verdictWord(verdict, paint), message]);
  return ['', ...table(['GATE', 'VERDICT', 'WHY'], rows)];
}

/** A verdict as people read it. */
export function verdictWord(verdict: GateVerdict['verdict'], paint: Paint): string {
  switch (verdict) {
    case 'pass':
      return paint.good('pass');
    case 'fail':
      return paint.bad('FAIL');
    case 'undecided':
      return 'undecided';
    case 'noData':
      return paint.waiting('no data');
    case 'sourceDown':
      return paint.waiting('source down');
  }
}

function askedLines({ spec, status }: Rollout, now: Instant): readonly string[] {
  const rows = spec.requests.slice(-shownRequests).map(({ id, verb, step, actor, time }) => {
    const answer = status.answers.find((given) => given.id === id);
    const what = step === undefined ? verb : `${verb} step ${step + 1}`;
    return [`${age(now - time)} ago`, what, actor, answer?.message ?? 'Not answered yet.'];
  });
  return rows.length === 0 ? [] : ['', ...table(['ASKED', 'FOR', 'BY', 'ANSWER'], rows)];
}

function pastLines({ status }: Rollout, now: Instant): readonly string[] {
  if (status.history.length === 0) return [];
  const rows = status.history
    .slice(-shownPast)
    .map((entry) => [`${age(now - entry.time)} ago`, entry.phase, `${entry.weight}%`, entry.message]);
  return ['', ...table(['WHEN', 'PHASE', 'WEIGHT', 'WHAT'], rows)];
}

/** Whether the Deployment's template is one to be taken back, or was released and can be followed by the one before. */
function isUndoable({ spec, status }: Rollout): boolean {
  return (
    spec.mode === 'managed' &&
    (status.phase === 'rolledBack' || !isAbortable(status.phase)) &&
    status.phase !== 'rollingBack'
  );
}

function nextLines(rollout: Rollout, paint: Paint): readonly string[] {
  const commands = commandsFor(rollout);
  return commands.length === 0 ? [] : ['', paint.faint(`You can: ${commands.join('   ')}`)];
}

/** What can be typed next, as it stands. */
export function commandsFor(rollout: Rollout): readonly string[] {
  const { id, spec, status } = rollout;
  const at = `${spec.target.name} -n ${id.namespace}`;
  return [
    ...(isPaused(spec, status) ? [`serin resume ${at}`] : []),
    ...(isAwaitingApproval(status) ? [`serin approve ${at}`] : []),
    ...(status.phase === 'awaitingApproval' || status.phase === 'baking' ? [`serin promote ${at}`] : []),
    ...(isAbortable(status.phase) ? [`serin abort ${at}`] : []),
    ...(status.phase === 'rolledBack' || status.phase === 'held' ? [`serin retry ${at}`] : []),
    ...(isUndoable(rollout) ? [`serin undo ${at}`] : []),
  ];
}

/** A line with its time, for logs of pipelines. */
export function timed(line: string, now: Instant): string {
  return `${formatInstant(now).replace(/\.\d+Z$/, 'Z')} ${line}`;
}
