// Files that the command is told to read.
import { whyNot } from '../domain/unread.ts';
import type { CliParts } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

/** The manifests of files and folders, in the order named. A folder without one is wrong usage, and so is what cannot be read. */
export async function manifestFiles(parts: CliParts, paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map((path) => filesAt(parts, path)));
  return found.flat();
}

async function filesAt({ manifestsAt }: CliParts, path: string): Promise<readonly string[]> {
  const files = await reading(path, manifestsAt(path));
  if (files.length > 0) return files;
  throw new CliError(
    exitCodes.usage,
    `${path} is a folder without a manifest: no name in it ends in .yaml, .yml or .json. Folders within it are not looked into.`,
  );
}

/** A file's text; `-` is standard input. One that cannot be read is wrong usage. */
export async function readText({ readInput }: CliParts, file: string): Promise<string> {
  return reading(file, readInput(file));
}

async function reading<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new CliError(exitCodes.usage, `${path} cannot be read: ${whyNot(error)}.`);
  }
}
