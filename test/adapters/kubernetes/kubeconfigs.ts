// Kubeconfigs in a folder of the test's own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** A folder that goes with the test. */
export async function ownFolder({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-kubeconfig-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** What a kubeconfig says. */
export interface KubeconfigParts {
  readonly server: string;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
}

/** Writes `config` into the folder, with contexts `here` and `elsewhere`, and gives its path. */
export async function writeKubeconfig(folder: string, parts: KubeconfigParts): Promise<string> {
  const { server, user = {}, cluster = {}, namespace } = parts;
  const path = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'near', cluster: { server, 'insecure-skip-tls-verify': true, ...cluster } },
      { name: 'far', cluster: { server: 'https://far.invalid' } },
    ],
    users: [{ name: 'ada', user }],
    contexts: [
      { name: 'here', context: { cluster: 'near', user: 'ada', ...(namespace === undefined ? {} : { namespace }) } },
      { name: 'elsewhere', context: { cluster: 'far', user: 'ada', namespace: 'away' } },
    ],
    'current-context': 'here',
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}
