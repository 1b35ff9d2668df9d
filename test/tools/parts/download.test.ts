import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { downloadControlPlane, type Releases } from '../../../tools/parts/control-plane.ts';
import { isExecutable } from '../../../tools/parts/executable.ts';

const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];
const release = `etcd-v3.6.8-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;

let folder: string;
let server: Server;
let published: Map<string, Buffer>;
let releases: Releases;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serin-download-'));
  published = await releaseOf(folder);
  server = createServer((request, response) => {
    const file = published.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  releases = { kubernetes: `http://127.0.0.1:${port}/kubernetes`, etcd: `http://127.0.0.1:${port}/etcd` };
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('the download of the control plane', () => {
  test('brings the five programs, executable, and nothing else', async () => {
    const target = await mkdtemp(join(folder, 'target-'));

    await downloadControlPlane(target, releases, () => undefined);

    expect((await readdir(target)).sort()).toEqual(['etcd', ...programs]);
    expect((await readdir(target)).every((name) => isExecutable(join(target, name)))).toBe(true);
    expect(await readFile(join(target, 'kubectl'), 'utf8')).toBe('the program kubectl');
    expect(await readFile(join(target, 'etcd'), 'utf8')).toBe('the program etcd');
  });

  test('refuses a file that is not the published one', async () => {
    const target = await mkdtemp(join(folder, 'target-'));
    published.set('/kubernetes/kube-scheduler', Buffer.from('something else'));

    const download = downloadControlPlane(target, releases, () => undefined);

    await expect(download).rejects.toThrow(/kube-scheduler has SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} was published/);
    expect(await readdir(target)).not.toContain('kube-scheduler');
  });

  test('names the address that did not answer as expected', async () => {
    const target = await mkdtemp(join(folder, 'target-'));
    published.delete('/etcd/SHA256SUMS');

    await expect(downloadControlPlane(target, releases, () => undefined)).rejects.toThrow(
      '/etcd/SHA256SUMS answered 404, expected 200.',
    );
  });
});

async function releaseOf(place: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const program of programs) {
    const bytes = Buffer.from(`the program ${program}`);
    files.set(`/kubernetes/${program}`, bytes).set(`/kubernetes/${program}.sha256`, Buffer.from(sha256(bytes)));
  }
  await mkdir(join(place, release));
  await writeFile(join(place, release, 'etcd'), 'the program etcd', { mode: 0o755 });
  spawnSync('tar', ['-czf', 'etcd.tar.gz', release], { cwd: place });
  const archive = await readFile(join(place, 'etcd.tar.gz'));
  files.set(`/etcd/${release}.tar.gz`, archive);
  return files.set(
    '/etcd/SHA256SUMS',
    Buffer.from(`${'0'.repeat(64)}  another.tar.gz\n${sha256(archive)}  ${release}.tar.gz\n`),
  );
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
