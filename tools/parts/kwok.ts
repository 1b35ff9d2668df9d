// KWOK, which plays the nodes.

import { join } from 'node:path';
import { cached, cacheOnce, hashOf } from './cache.ts';
import { amongPath, isExecutable, namedBy } from './executable.ts';
import { buildGo, whyNoGo } from './go.ts';
import { found, missing, type Obtained, obtain, type Say, type Way } from './obtain.ts';

const version = 'v0.8.0';
const module = join(import.meta.dirname, '..', 'kwok');

/** Finds KWOK or builds it (a minute, once per machine) and gives the path of its program. Throws `MissingPart` when neither works here. */
export async function obtainKwok(say: Say): Promise<Obtained<string>> {
  const entry = `kwok-${await hashOf(module, [process.platform, process.arch])}`;
  const ways = [namedBy('KWOK_BIN'), fromCache(entry), fromSource(entry, say), amongPath('kwok')];
  return obtain(`KWOK (${version})`, ways, 'install Go 1.26 or later, or set KWOK_BIN to the path of kwok.');
}

function fromCache(entry: string): Way<string> {
  return {
    name: 'cache',
    async find() {
      const folder = await cached(entry);
      if (folder === undefined) return missing('nothing there yet');
      const path = join(folder, 'kwok');
      return isExecutable(path) ? found(path) : missing(`${path} is no executable file`);
    },
  };
}

function fromSource(entry: string, say: Say): Way<string> {
  return {
    name: 'build with Go',
    async find() {
      const build = (folder: string): Promise<void> =>
        buildGo({ what: 'KWOK', folder: module, output: join(folder, 'kwok'), ldflags: [], expectedMinutes: 1 }, say);
      return (await whyNoGo(1, 26)) ?? found(join(await cacheOnce(entry, build, say), 'kwok'));
    },
  };
}
