// Release binaries over the network. A machine without network must find out within seconds.

import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from './run.ts';

const firstAnswerMs = 3_000;
const wholeFileMs = 10 * 60_000;

/** Whether a server answers for this address within three seconds. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(firstAnswerMs) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** The text of a small file. Throws when the server refuses it or takes longer than half a minute. */
export async function downloadText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}, expected 200.`);
  return response.text();
}

/** Writes the file at `url` to `path`, executable. Throws, and writes nothing, when its SHA-256 is another than the one published. */
export async function downloadVerified(url: string, sha256: string, path: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(wholeFileMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}, expected 200.`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256)
    throw new Error(`${url} has SHA-256 ${actual}, but ${sha256} was published. Nothing was kept.`);
  await writeFile(path, bytes);
  await chmod(path, 0o755);
}

/** Takes one file out of a gzipped tar next to it and removes the archive. Throws when it is not in there. */
export async function takeFromArchive(archive: string, member: string, path: string): Promise<void> {
  const folder = `${archive}.unpacked`;
  await mkdir(folder);
  const ended = await run('tar', ['-xzf', archive, '-C', folder, member], { timeoutMs: 60_000 });
  if (ended.code !== 0) throw new Error(`${basename(archive)} has no ${member}: ${ended.stderr.trim()}`);
  await rename(join(folder, member), path);
  await rm(folder, { recursive: true });
  await rm(archive);
}
