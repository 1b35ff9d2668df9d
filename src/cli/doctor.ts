// serin doctor: what would make a canary of a Deployment fail, before one is begun.
import type { Finding } from '../controller/ports.ts';
import { settingsOf } from './appear.ts';
import type { CliParts, DoctorFlags, WholeCluster } from './cluster.ts';
import { type Ended, endedOf, movingOf } from './ended.ts';
import { CliError, type ExitCode, exitCodes, statusOf } from './exit.ts';
import { readName } from './find.ts';
import { examinationRecord, findingLines } from './render/doctor.ts';
import { paintFor, textOf } from './terminal.ts';

/** How findings are printed. */
export interface DoctorOutput {
  readonly output: 'table' | 'json';
  readonly verbose: boolean;
}

/**
 * Examines a Deployment: 0 when nothing blocks a rollout of it, 1 when something does. What was released or rejected already is
 * told as a plan tells it: the routes of a pair are then as they should be, and not as a rollout begins with.
 */
export async function runDoctor(
  parts: CliParts,
  cluster: WholeCluster,
  words: readonly string[],
  { output, verbose }: DoctorOutput,
  flags: DoctorFlags,
): Promise<ExitCode> {
  const { name, kind } = readName(words);
  if (kind === 'rollout')
    throw new CliError(
      exitCodes.usage,
      'A Deployment is examined, not a rollout.',
      `serin status ${name} -n ${cluster.namespace}`,
    );
  const { namespace } = cluster;
  const ended = await endedNamed(cluster, name);
  const isExamined = ended === undefined || ended.kind === 'rejected';
  const found = isExamined ? await (await cluster.doctor(flags)).examine(namespace, name) : [];
  const findings = ended === undefined ? found : [findingOf(ended), ...found];
  const absent = findings.find(({ id }) => id === 'deployment-missing');
  if (absent !== undefined) throw new CliError(exitCodes.notFound, absent.message, absent.advice);
  if (output === 'json') {
    parts.terminal.out(`${JSON.stringify(examinationRecord(namespace, name, findings), undefined, 2)}\n`);
  } else {
    if (found.length > 0) parts.terminal.out(textOf(findingLines(found, { verbose, paint: paintFor(parts.terminal) })));
    const last = ended === undefined ? [verdict(name, found)] : [ended.message, ended.advice];
    parts.terminal.err(textOf(found.length > 0 ? ['', ...last] : last));
  }
  return findings.some(({ level }) => level === 'blocking') ? exitCodes.internal : exitCodes.reached;
}

/** What became of the Deployment's revision; undefined too where that may not be read, or Serin is not installed yet. */
async function endedNamed(cluster: WholeCluster, name: string): Promise<Ended | undefined> {
  try {
    const target = await cluster.workloads.get(cluster.namespace, name);
    if (target === undefined) return undefined;
    const parsed = await settingsOf(cluster, target);
    if (parsed.kind !== 'settings') return undefined;
    return (await endedOf(cluster, target, parsed.settings)) ?? (await movingOf(cluster, target, parsed.settings));
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return undefined;
  }
}

function findingOf({ kind, message, advice }: Ended): Finding {
  switch (kind) {
    case 'promoted':
      return { id: 'already-promoted', level: 'fine', message };
    case 'underWay':
      return { id: 'already-under-way', level: 'fine', message };
    case 'rejected':
      return { id: 'already-rejected', level: 'blocking', message, advice };
  }
}

function verdict(name: string, findings: readonly Finding[]): string {
  const blocking = findings.filter(({ level }) => level === 'blocking').length;
  if (blocking > 0)
    return `No rollout of ${name} can begin: ${blocking === 1 ? 'one thing blocks it' : `${blocking} things block it`}.`;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  if (warnings === 0) return `Nothing stands in the way of a rollout of ${name}.`;
  return `A rollout of ${name} can begin; ${warnings === 1 ? 'one thing' : `${warnings} things`} may spoil it.`;
}
