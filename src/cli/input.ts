// Files that the command is told to read.
import type { CliParts } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

/** A file's text; `-` is standard input. One that cannot be read is wrong usage. */
export async function readText({ readInput }: CliParts, file: string): Promise<string> {
  try {
    return await readInput(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, `${file} cannot be read: ${why}`);
  }
}
