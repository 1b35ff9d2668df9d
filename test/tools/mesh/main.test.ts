import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { meshClient } from '../../../tools/mesh/client.ts';
import { metadata, rawPod, rawService, rawSlice, split } from './builders.ts';
import { type ScriptedApiServer, scriptedApiServer } from './scripted-api-server.ts';

const MAIN = new URL('../../../tools/mesh/main.ts', import.meta.url).pathname;
const ISTIO = '/apis/networking.istio.io/v1';
const WITHIN = { timeout: 10_000, interval: 50 };

let folder: string;
let apiServer: ScriptedApiServer;
let child: ChildProcess;

async function start(...options: readonly string[]): Promise<void> {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: apiServer.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'secret' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const given = options.length > 0 ? options : ['--kubeconfig', kubeconfig];
  child = spawn(process.execPath, [MAIN, ...given], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream === null) throw new Error('the child has no such stream');
  for await (const line of createInterface({ input: stream })) return line;
  return '';
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serin-mesh-'));
  apiServer = await scriptedApiServer();
});

afterEach(async () => {
  child.kill('SIGKILL');
  await apiServer.close();
  await rm(folder, { recursive: true });
});

describe('the mesh as a process', { timeout: 30_000 }, () => {
  it('prints its address, plays what it finds in the cluster, and ends on SIGTERM', async () => {
    const pods = [rawPod('v1-a', 'reviews-v1', { labels: { version: 'v1' } })];
    apiServer.give('/api/v1/pods', pods);
    apiServer.give('/api/v1/services', [rawService()]);
    apiServer.give('/apis/discovery.k8s.io/v1/endpointslices', [rawSlice([{ name: 'v1-a' }])]);
    apiServer.give(`${ISTIO}/destinationrules`, []);
    const spec = { hosts: ['reviews'], http: [{ route: split({ v1: 1 }) }] };
    apiServer.give(`${ISTIO}/virtualservices`, [{ metadata: metadata({}, 'reviews'), spec }]);

    await start();
    const { url } = z.object({ url: z.string() }).parse(JSON.parse(await firstLine(child.stdout)));
    await vi.waitFor(async () => expect((await fetch(`${url}/healthz`)).status).toBe(200), WITHIN);
    const mesh = meshClient(url);
    await mesh.putLoad('shop', 'browse', { host: 'reviews', rps: 200, clientWorkload: 'web' });
    await vi.waitFor(async () => expect((await mesh.counts('shop'))[0]?.flags).toBe('NC'), WITHIN);
    const rule = { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v1' } }] };
    apiServer.stream(`${ISTIO}/destinationrules`, 'ADDED', { metadata: metadata({}, 'reviews'), spec: rule });
    await vi.waitFor(async () => expect((await mesh.counts('shop'))[1]?.workload).toBe('reviews-v1'), WITHIN);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');

    expect(code).toBe(0);
  });

  it('says which option is wrong', async () => {
    await start('--port', '0');

    const said = await firstLine(child.stderr);
    const [code] = await once(child, 'exit');

    expect(said).toBe('mesh: The mesh simulator cannot start with these options.');
    expect(code).toBe(2);
  });
});
