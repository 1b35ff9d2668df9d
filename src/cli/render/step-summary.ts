// What GitHub Actions is told at the end: a page for the step, and a line that it shows as an error.
import type { Rollout } from '../../domain/rollout.ts';
import { displayOf } from '../../domain/status.ts';
import { formatDuration } from '../../domain/time.ts';
import { exitCodes, outcomeOf } from '../exit.ts';
import type { EndedWait, WaitEnd, Waited } from '../wait-telling.ts';

/** The page of the step, in GitHub's Markdown. */
export function stepSummary(waited: Waited, end: EndedWait): string {
  const { code, rollout, message, next, tookMs } = end;
  const outcome = code === exitCodes.reached ? waited.goal : `${outcomeOf(code)} (exit code ${code})`;
  const whole = Math.round(tookMs / 1_000) * 1_000;
  return [
    `### ${cell(waited.name)}: ${cell(outcome)}`,
    '',
    cell(message),
    ...(next === undefined ? [] : ['', cell(next)]),
    ...(rollout === undefined ? [] : rolloutLines(rollout)),
    '',
    `Waited ${formatDuration(whole)} in namespace ${cell(waited.namespace)}.`,
    '',
    '',
  ].join('\n');
}

function rolloutLines({ id, spec, status }: Rollout): readonly string[] {
  const shown = displayOf(spec, status);
  const facts = [
    ['Rollout', `${id.name}, attempt ${spec.attempt}`],
    ['Stable', shown.stable],
    ['Canary', shown.canary],
    ['Phase', status.phase],
    ['Step', `${shown.step} at ${shown.weight}`],
  ];
  const gates = status.verdicts.map(({ gate, verdict, message }) => row([gate, verdict, message]));
  return [
    '',
    '| | |',
    '| --- | --- |',
    ...facts.map(row),
    ...(gates.length === 0 ? [] : ['', '| Gate | Verdict | Why |', '| --- | --- | --- |', ...gates]),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Text that means itself in a line of Markdown, and cannot leave its cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_{}[\]<>|#~]/g, (letter) => `\\${letter}`);
}

/** A workflow command that marks the step with an error (docs.github.com, "Workflow commands for GitHub Actions"). */
export function errorCommand({ name }: Waited, { code, message, next }: WaitEnd): string {
  const text = next === undefined ? message : `${message} ${next}`;
  return `::error title=${property(`serin wait ${name}: ${outcomeOf(code)}`)}::${data(text)}`;
}

/** As the toolkit of GitHub Actions escapes them (actions/toolkit, packages/core/src/command.ts). */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
