import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cached, cacheOnce, hashOf } from '../../../tools/parts/cache.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'serin-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const silent = (): void => undefined;

describe('the cache', () => {
  test('an entry asked for by several at once is made by one', async () => {
    let made = 0;
    const make = async (folder: string): Promise<void> => {
      made += 1;
      await writeFile(join(folder, 'part'), 'made');
    };

    const paths = await Promise.all([1, 2, 3].map(() => cacheOnce('part-1', make, silent)));

    expect(made).toBe(1);
    expect(new Set(paths)).toEqual(new Set([await cached('part-1')]));
    expect(await readFile(join(home, 'serin', 'part-1', 'part'), 'utf8')).toBe('made');
  });

  test('nothing is kept of an entry whose making failed, and the next attempt makes it', async () => {
    const failing = async (folder: string): Promise<void> => {
      await writeFile(join(folder, 'half'), 'half');
      throw new Error('the network failed');
    };

    await expect(cacheOnce('part-2', failing, silent)).rejects.toThrow('the network failed');

    expect(await cached('part-2')).toBeUndefined();
    expect(await readdir(join(home, 'serin'))).toEqual([]);
    await cacheOnce('part-2', (folder) => writeFile(join(folder, 'whole'), 'whole'), silent);
    expect(await readdir(join(home, 'serin', 'part-2'))).toEqual(['whole']);
  });

  test('the lock of a process that died is taken over', async () => {
    const dead = spawnSync(process.execPath, ['--version']).pid;
    await cacheOnce('part-3', async () => undefined, silent);
    await writeFile(join(home, 'serin', 'part-4.lock'), String(dead));

    const path = await cacheOnce('part-4', async () => undefined, silent);

    expect(path).toBe(join(home, 'serin', 'part-4'));
    expect((await readdir(join(home, 'serin'))).sort()).toEqual(['part-3', 'part-4']);
  });

  test('the hash of a folder changes with a file, a name and whatever else decides', async () => {
    const folder = await mkdtemp(join(home, 'module-'));
    await writeFile(join(folder, 'main.go'), 'package main');
    const first = await hashOf(folder, ['linux']);

    expect(await hashOf(folder, ['linux'])).toBe(first);
    expect(await hashOf(folder, ['darwin'])).not.toBe(first);
    await writeFile(join(folder, 'go.mod'), '');
    expect(await hashOf(folder, ['linux'])).not.toBe(first);
  });
});
