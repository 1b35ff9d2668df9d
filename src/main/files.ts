// Files and folders that the command is told to read.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text as textFrom } from 'node:stream/consumers';

/** A file's text; `-` is standard input. */
export async function readInput(file: string): Promise<string> {
  return file === '-' ? textFrom(process.stdin) : readFile(file, 'utf8');
}

/** The manifests directly in a folder, by name, as `kubectl apply -f` takes them; the path alone where it is no folder. */
export async function manifestsAt(path: string): Promise<readonly string[]> {
  if (path === '-' || !(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name));
  return names.toSorted().map((name) => join(path, name));
}
