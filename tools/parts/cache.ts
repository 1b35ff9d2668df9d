// What is built or downloaded once per machine lives in one folder outside the
// work tree. An entry appears all at once or not at all, and two processes never make the same one.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Say } from './obtain.ts';

const lockPollMs = 1_000;
const lockWaitMs = 60 * 60_000;

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'serin');
}

/** A short hash of the files of a folder (not of its sub-folders) and of anything else that decides what is built from them. */
export async function hashOf(folder: string, alsoDecidedBy: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  for (const name of names.sort()) hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  return hash.update(alsoDecidedBy.join('\n')).digest('hex').slice(0, 16);
}

/** The path of an entry that is complete, or undefined. */
export async function cached(entry: string): Promise<string | undefined> {
  const path = join(cacheFolder(), entry);
  return (await exists(path)) ? path : undefined;
}

/**
 * The path of an entry, made first when it is not there. `make` fills an empty folder; when it throws, nothing is kept.
 * While another process makes the same entry this one waits for it (an hour at most) and says so.
 */
export async function cacheOnce(entry: string, make: (folder: string) => Promise<void>, say: Say): Promise<string> {
  const path = join(cacheFolder(), entry);
  await mkdir(cacheFolder(), { recursive: true });
  const unlock = await lock(`${path}.lock`, entry, say);
  try {
    if (!(await exists(path))) await makeAside(path, make);
    return path;
  } finally {
    await unlock();
  }
}

async function makeAside(path: string, make: (folder: string) => Promise<void>): Promise<void> {
  const aside = await mkdtemp(`${path}.part-`);
  try {
    await make(aside);
    await rename(aside, path);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function lock(file: string, entry: string, say: Say): Promise<() => Promise<void>> {
  const deadline = Date.now() + lockWaitMs;
  let said = false;
  while (!(await claim(file))) {
    const holder = await holderOf(file);
    if (holder !== undefined && !isAlive(holder)) await rm(file, { force: true });
    else if (Date.now() > deadline)
      throw new Error(
        `Process ${holder} has held ${file} for an hour. End it, or delete the file if it is not making ${entry}.`,
      );
    else {
      if (!said) say(`${entry}: process ${holder ?? 'of unknown number'} is making it already, waiting`);
      said = true;
      await pause(lockPollMs);
    }
  }
  return () => rm(file, { force: true });
}

async function claim(file: string): Promise<boolean> {
  return writeFile(file, String(process.pid), { flag: 'wx' }).then(
    () => true,
    () => false,
  );
}

async function holderOf(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whether a process of this number lives (a zombie counts as alive until it is reaped). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
