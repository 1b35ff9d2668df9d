// How a waiting ended as a JUnit report, which every CI system draws: one test for the rollout, and one for each gate.
import { formatInstant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import { exitCodes, outcomeOf } from '../exit.ts';
import type { EndedWait, Waited } from '../wait-telling.ts';
import { escaped } from './html.ts';

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** A word for what went wrong. */
  readonly type: string;
  readonly message: string;
  readonly text: string;
}

/** The report as XML. What was not decided is skipped, never passed. */
export function junitReport(waited: Waited, end: EndedWait): string {
  const cases = [rolloutCase(waited, end), ...(end.rollout?.status.verdicts ?? []).map(gateCase)];
  const count = (outcome: Case['outcome']): number => cases.filter((each) => each.outcome === outcome).length;
  const counts = `tests="${cases.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}"`;
  const seconds = (end.tookMs / 1_000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="serin" ${counts} time="${seconds}">`,
    `  <testsuite name="${xml(`serin wait ${waited.name}`)}" ${counts} time="${seconds}">`,
    ...cases.flatMap((each) => caseLines(each, waited)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function rolloutCase({ name, goal }: Waited, { code, message, next, rollout, tookMs }: EndedWait): Case {
  const history = (rollout?.status.history ?? []).map(
    (entry) => `${formatInstant(entry.time)} ${entry.phase} ${entry.weight}% ${entry.message}`,
  );
  return {
    name: `${name} ${goal}`,
    seconds: tookMs / 1_000,
    outcome: code === exitCodes.reached ? 'passed' : 'failed',
    type: outcomeOf(code),
    message,
    text: [...(next === undefined ? [] : [next]), ...history].join('\n'),
  };
}

function gateCase({ gate, verdict, reason, message, query, shadow }: GateVerdict): Case {
  const failed = verdict === 'fail' && shadow !== true;
  const outcome = failed ? 'failed' : verdict === 'pass' ? 'passed' : 'skipped';
  const text = query === undefined ? '' : `Query: ${query}`;
  return { name: `gate ${gate}`, seconds: 0, outcome, type: reason, message, text };
}

function caseLines({ name, seconds, outcome, type, message, text }: Case, waited: Waited): readonly string[] {
  const of = `${waited.namespace}.${waited.name}`;
  const head = `    <testcase classname="${xml(of)}" name="${xml(name)}" time="${seconds.toFixed(3)}"`;
  if (outcome === 'passed') return [`${head}/>`];
  const inside =
    outcome === 'failed'
      ? `      <failure type="${xml(type)}" message="${xml(message)}">${xml(text)}</failure>`
      : `      <skipped message="${xml(message)}"/>`;
  return [`${head}>`, inside, '    </testcase>'];
}

/** Text for XML 1.0, which knows no control characters but tab and line ends, and no half of a letter (section 2.2). */
function xml(text: string): string {
  return escaped(text.toWellFormed().replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, ''));
}
