import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openCluster } from '../../src/main/cluster.ts';

const host = { clock: { now: () => 0 }, userAgent: 'serin/test' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serin-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

describe('a cluster that is not configured as was said', () => {
  it.each([
    ['a kubeconfig that is not there', 'nothing', undefined],
    ['a folder', '', undefined],
    ['a text that is no kubeconfig', 'garbage', '{'],
  ])('is wrong usage, with what to do: %s', async (_what, name, text) => {
    const kubeconfig = join(folder, name);
    if (text !== undefined) await writeFile(kubeconfig, text);

    await expect(openCluster({ kubeconfig }, host)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^The kubeconfig .* cannot be read: .* Name another with --kubeconfig\.$/s),
    });
  });

  it('is wrong usage where there is none at all, and where the context is unknown', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', folder);

    await expect(openCluster({}, host)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^No cluster is configured: .*--kubeconfig or KUBECONFIG\.$/),
    });
    await expect(openCluster({ context: 'her' }, host)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('has no context "her"'),
    });
  });
});
