// serin doctor: what would make a canary of a Deployment fail, before one is begun.
import type { Finding } from '../controller/ports.ts';
import type { CliCluster, CliParts, DoctorFlags } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { readName } from './find.ts';
import { examinationRecord, findingLines } from './render/doctor.ts';
import { paintFor, textOf } from './terminal.ts';

/** How findings are printed. */
export interface DoctorOutput {
  readonly output: 'table' | 'json';
  readonly verbose: boolean;
}

/** Examines a Deployment: 0 when nothing blocks a rollout of it, 1 when something does. */
export async function runDoctor(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  { output, verbose }: DoctorOutput,
  flags: DoctorFlags,
): Promise<ExitCode> {
  const { name, kind } = readName(words);
  if (kind === 'rollout')
    throw new CliError(exitCodes.usage, 'A Deployment is examined, not a rollout.', `serin status ${name}`);
  const { namespace } = cluster;
  const findings = await cluster.doctor(flags).examine(namespace, name);
  const absent = findings.find(({ id }) => id === 'deployment-missing');
  if (absent !== undefined) throw new CliError(exitCodes.notFound, absent.message, absent.advice);
  const blocking = findings.filter(({ level }) => level === 'blocking').length;
  if (output === 'json') {
    parts.terminal.out(`${JSON.stringify(examinationRecord(namespace, name, findings), undefined, 2)}\n`);
  } else {
    parts.terminal.out(textOf(findingLines(findings, { verbose, paint: paintFor(parts.terminal) })));
    parts.terminal.err(`\n${verdict(name, findings)}\n`);
  }
  return blocking > 0 ? exitCodes.internal : exitCodes.reached;
}

function verdict(name: string, findings: readonly Finding[]): string {
  const blocking = findings.filter(({ level }) => level === 'blocking').length;
  if (blocking > 0)
    return `No rollout of ${name} can begin: ${blocking === 1 ? 'one thing blocks it' : `${blocking} things block it`}.`;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  if (warnings === 0) return `Nothing stands in the way of a rollout of ${name}.`;
  return `A rollout of ${name} can begin; ${warnings === 1 ? 'one thing' : `${warnings} things`} may spoil it.`;
}
