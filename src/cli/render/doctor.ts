// What an examination found: what blocks, what may spoil, what nobody could look at, and how much is fine.
import type { Finding } from '../../controller/ports.ts';
import type { Paint } from '../terminal.ts';

/** How much is told. */
export interface Telling {
  /** Every check by itself, the fine ones too. */
  readonly verbose: boolean;
  readonly paint: Paint;
}

const width = 'blocking'.length + 2;

/** Blocking findings, warnings, what is unknown, and how many checks are fine; each finding with what to do. */
export function findingLines(findings: readonly Finding[], { verbose, paint }: Telling): readonly string[] {
  const of = (level: Finding['level']): readonly Finding[] => findings.filter((each) => each.level === level);
  const told = [...of('blocking'), ...of('warning')].flatMap((each) => [...linesOf(each, paint), '']);
  const unknown = of('unknown');
  const fine = of('fine');
  return [
    ...told,
    ...(verbose ? unknown.flatMap((each) => linesOf(each, paint)) : groupsOf(unknown, paint)),
    ...(unknown.length > 0 ? [''] : []),
    ...(verbose ? fine.flatMap((each) => linesOf(each, paint)) : []),
    fine.length === 1 ? 'one check fine' : `${fine.length} checks fine`,
  ];
}

function linesOf({ id, level, message, advice }: Finding, paint: Paint): readonly string[] {
  const blank = ' '.repeat(width);
  return [
    `${painted(level, paint)}${paint.strong(id)}: ${message}`,
    ...(advice === undefined ? [] : [`${blank}${advice}`]),
  ];
}

function painted(level: Finding['level'], paint: Paint): string {
  const word = level.padEnd(width);
  switch (level) {
    case 'blocking':
      return paint.bad(word);
    case 'warning':
      return paint.waiting(word);
    case 'fine':
      return paint.good(word);
    case 'unknown':
      return paint.faint(word);
  }
}

/** One refusal hides many checks behind one reason, which is told once. */
function groupsOf(unknown: readonly Finding[], paint: Paint): readonly string[] {
  return [...Map.groupBy(unknown, ({ message }) => message)].map(
    ([message, same]) => `${painted('unknown', paint)}${same.map(({ id }) => id).join(', ')}: ${message}`,
  );
}

/** What a program is told; the keys stay. */
export function examinationRecord(namespace: string, name: string, findings: readonly Finding[]): unknown {
  return {
    schema: 'serin.dev/examination/v1',
    namespace,
    deployment: name,
    blocked: findings.some(({ level }) => level === 'blocking'),
    findings: findings.map(({ id, level, message, advice }) => ({
      id,
      level,
      message,
      ...(advice === undefined ? {} : { advice }),
    })),
  };
}
