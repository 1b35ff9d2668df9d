// Istio's own CustomResourceDefinitions, as published with istio.io/api.

import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheOnce } from './cache.ts';
import { goModuleFolder, whyNoGo } from './go.ts';
import { found, missing, type Obtained, obtain, type Say, type Way } from './obtain.ts';

const module = join(import.meta.dirname, '..', 'kwok');
const fileName = 'istio-crds.yaml';

/** Finds the CRDs, or takes them from the Go module, and gives the path of the YAML file. Throws `MissingPart` when neither works here. */
export async function obtainIstioCrds(say: Say): Promise<Obtained<string>> {
  const entry = `istio-crds-${await requiredVersion()}`;
  const ways = [fromEnvironment(), fromCache(entry), fromGoModule(entry, say)];
  return obtain(
    "The file of Istio's CRDs",
    ways,
    'install Go 1.26 or later, or set SERIN_ISTIO_CRDS to a YAML file with the CRDs of Istio.',
  );
}

async function requiredVersion(): Promise<string> {
  const version = /^\s*istio\.io\/api (\S+)/m.exec(await readFile(join(module, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined)
    throw new Error(`${join(module, 'go.mod')} does not require istio.io/api, which has Istio's CRDs.`);
  return version;
}

function fromEnvironment(): Way<string> {
  return {
    name: 'SERIN_ISTIO_CRDS',
    async find() {
      const path = process.env['SERIN_ISTIO_CRDS'];
      if (path === undefined || path === '') return missing('not set');
      const isFile = await stat(path).then(
        (each) => each.isFile(),
        () => false,
      );
      return isFile ? found(path) : missing(`says ${path}, which is no file`);
    },
  };
}

function fromCache(entry: string): Way<string> {
  return {
    name: 'cache',
    async find() {
      const folder = await cached(entry);
      return folder === undefined ? missing('nothing there yet') : found(join(folder, fileName));
    },
  };
}

function fromGoModule(entry: string, say: Say): Way<string> {
  return {
    name: 'the Go module istio.io/api',
    async find() {
      const folder = (await whyNoGo(1, 26)) ?? (await cacheOnce(entry, (made) => copyCrds(made, say), say));
      return typeof folder === 'string' ? found(join(folder, fileName)) : folder;
    },
  };
}

async function copyCrds(folder: string, say: Say): Promise<void> {
  const source = await goModuleFolder('istio.io/api', module, say);
  await copyFile(join(source, 'kubernetes', 'customresourcedefinitions.gen.yaml'), join(folder, fileName));
}
