// Programs that the machine already has: named by an environment variable, or on PATH.

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { found, missing, type Way } from './obtain.ts';

/** Whether the path is a file that this user may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The full path of a program on PATH, or undefined. */
export function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** The way of an environment variable that holds the path of a program. */
export function namedBy(variable: string): Way<string> {
  return {
    name: variable,
    async find() {
      const path = process.env[variable];
      if (path === undefined || path === '') return missing('not set');
      return isExecutable(path) ? found(path) : missing(`says ${path}, which is no executable file`);
    },
  };
}

/** The way of PATH: the first of the programs that is on it. */
export function amongPath(...programs: readonly string[]): Way<string> {
  return {
    name: `${programs.join(' or ')} on PATH`,
    async find() {
      const path = programs.map(onPath).find((each) => each !== undefined);
      return path === undefined ? missing('not there') : found(path);
    },
  };
}
