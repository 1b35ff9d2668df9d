// Files that the command is told to read.
import type { CliParts } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

/** A file's text; `-` is standard input. One that cannot be read is wrong usage. */
export async function readText({ readInput }: CliParts, file: string): Promise<string> {
  try {
    return await readInput(file);
  } catch (error) {
    throw new CliError(exitCodes.usage, `${file} cannot be read: ${whyNot(error)}`);
  }
}

/** Codes of Node.js (nodejs.org/api/errors.html, "Common system errors") as sentences after a colon. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder.',
  ENOTDIR: 'a part of its path is no folder.',
  EISDIR: 'it is a folder. Name a file.',
  EACCES: 'you have no right to.',
  EPERM: 'you have no right to.',
};

/** Why a file cannot be read or written, as a sentence after a colon. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? reasons[String(error.code)] : undefined) ?? error.message;
}
