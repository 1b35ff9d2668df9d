import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Cluster, type ClusterOptions, connectCluster } from '../../../src/adapters/kubernetes/connection.ts';
import { collection, type FaultyApiServer, faultyApiServer } from './faulty-api-server.ts';
import { type KubeconfigParts, ownFolder, writeKubeconfig } from './kubeconfigs.ts';

let server: FaultyApiServer;
let folder: string;
beforeEach(async () => {
  server = await faultyApiServer();
  onTestFinished(() => server.close());
  folder = await ownFolder({ onTestFinished });
});
afterEach(() => vi.unstubAllEnvs());

async function connect(parts: Partial<KubeconfigParts> = {}, options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const kubeconfig = await writeKubeconfig(folder, { server: server.url, ...parts });
  const cluster = connectCluster({ kubeconfig, ...options });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** What a promise rejects with. */
async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const failed = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failed instanceof Error)) throw new Error('It did not fail.');
  return failed;
}

describe('a call', () => {
  it.each([200, 201, 204, 400, 403, 409, 422, 500])('takes any status for an answer (%i)', async (status) => {
    server.answer(
      (_request, response) => void response.writeHead(status).end(status === 204 ? '' : '{"kind":"Status"}'),
    );
    const cluster = await connect();

    const answer = await cluster.request('PUT', '/x', { body: {} });

    expect(answer).toEqual({ status, body: status === 204 ? '' : { kind: 'Status' } });
  });

  it('sends JSON of the type asked for, a query, and its name', async () => {
    server.answer((_request, response) => void response.end('plain text'));
    const cluster = await connect({ user: { token: 'secret' } }, { userAgent: 'serin/9.9.9' });

    const answer = await cluster.request('PATCH', '/x/y', {
      body: [{ op: 'test', value: '<é>' }],
      contentType: 'application/json-patch+json',
      query: { fieldManager: 'serin', labelSelector: 'a in (b,c)' },
    });

    const [seen] = server.seen;
    expect(answer.body).toBe('plain text');
    expect([seen?.method, seen?.path, seen?.query.get('labelSelector')]).toEqual(['PATCH', '/x/y', 'a in (b,c)']);
    expect(JSON.parse(seen?.body ?? '')).toEqual([{ op: 'test', value: '<é>' }]);
    expect(seen?.headers).toMatchObject({
      'content-type': 'application/json-patch+json',
      'user-agent': 'serin/9.9.9',
      authorization: 'Bearer secret',
    });
  });

  it('goes over connections that are kept', async () => {
    const cluster = await connect();

    for (let index = 0; index < 200; index += 1) await cluster.request('GET', collection);

    expect(server.connections().ever).toBeLessThanOrEqual(2);
  });

  it('shares at most 32 connections with all the others', async () => {
    const cluster = await connect();

    await Promise.all(Array.from({ length: 500 }, () => cluster.request('GET', collection)));

    expect(server.connections().ever).toBeLessThanOrEqual(32);
  });

  it('is given up when there is no answer in time', async () => {
    server.failNext('list', { kind: 'hang' });
    const cluster = await connect({}, { timeoutMs: 100 });

    const failure = await failureOf(cluster.request('GET', collection));

    expect(failure).toMatchObject({ name: 'ClusterUnreachable' });
    expect(failure.message).toBe(
      `GET ${collection}: the API server at ${server.url} could not be reached: no answer within 100 ms`,
    );
  });

  it('is given up when the answer does not end in time', async () => {
    server.answer((_request, response) => void response.write('{"half":'));
    const cluster = await connect({}, { timeoutMs: 100 });

    expect((await failureOf(cluster.request('GET', '/x'))).message).toContain('no answer within 100 ms');
  });

  it('that reads is made again on a connection that had broken while idle; one that writes is not', async () => {
    const cluster = await connect();
    server.failNext('list', { kind: 'reset' });
    server.answer((request) => void request.socket.resetAndDestroy());

    const read = await cluster.request('GET', collection);
    const write = await failureOf(cluster.request('POST', '/x', { body: {} }));

    expect([read.status, server.count('list')]).toEqual([200, 2]);
    expect(write).toMatchObject({ name: 'ClusterUnreachable', code: 'ECONNRESET' });
    expect(server.count('other')).toBe(1);
  });

  it('tells no credentials when it fails', async () => {
    const cluster = await connect({ user: { token: 'planted-token' } }, { timeoutMs: 100 });
    server.failNext('list', { kind: 'hang' }, { kind: 'reset' }, { kind: 'reset' });

    const failures = [
      await failureOf(cluster.request('GET', collection)),
      await failureOf(cluster.request('GET', collection)),
    ];

    expect(server.seen.every(({ headers }) => headers['authorization'] === 'Bearer planted-token')).toBe(true);
    expect(inspect(failures, { depth: 10, showHidden: true }) + JSON.stringify(failures)).not.toContain('planted');
  });

  it('tells no credentials of a basic user, a certificate or a broken plugin either', async () => {
    const key = 'planted-key';
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: join(folder, 'plugin'),
      interactiveMode: 'Never',
    };
    await writeFile(join(folder, 'plugin'), '#!/bin/sh\necho planted-output\nexit 3\n', { mode: 0o755 });
    const users = [
      { username: 'ada', password: 'planted-password' },
      { 'client-key-data': Buffer.from(key).toString('base64') },
      { exec },
    ];

    const texts: string[] = [];
    for (const user of users) {
      server.failNext('list', { kind: 'reset' }, { kind: 'reset' });
      const cluster = await connect({ user });
      texts.push(inspect(await failureOf(cluster.request('GET', collection)), { depth: 10 }));
    }

    expect(texts.join()).not.toContain('planted-');
    expect(texts[2]).toContain(`The credentials for ${server.url} could not be had`);
  });

  it('reads the credentials anew when the cluster does not know them any more', async () => {
    const cluster = await connect({ user: { token: 'old' } });
    server.answer((request, response) => {
      response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : 401).end('{}');
    });
    const before = await cluster.request('GET', '/x');
    await writeKubeconfig(folder, { server: server.url, user: { token: 'new' } });

    const after = await cluster.request('GET', '/x');

    expect([before.status, after.status]).toEqual([401, 200]);
    expect(server.seen.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ]);
  });
});

describe('the way to the cluster', () => {
  it('does not lead through the proxies of the environment', async () => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY'])
      vi.stubEnv(name, 'http://127.0.0.1:1');
    const cluster = await connect();

    expect((await cluster.request('GET', collection)).status).toBe(200);
  });

  it('leads through the proxy that the kubeconfig names', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end('{"through":"proxy"}');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const cluster = await connect({
      cluster: { 'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` },
    });

    const answer = await cluster.request('GET', collection);

    expect(answer.body).toEqual({ through: 'proxy' });
    expect(asked).toEqual([`GET ${server.url}${collection}`]);
    expect(server.seen).toEqual([]);
  });

  it('is that of the context asked for, with its namespace', async () => {
    const here = await connect({ namespace: 'shop' });
    const elsewhere = await connect({}, { context: 'elsewhere' });

    expect([here.server, here.namespace]).toEqual([server.url, 'shop']);
    expect([elsewhere.server, elsewhere.namespace]).toEqual(['https://far.invalid', 'away']);
    expect((await connect()).namespace).toBe('default');
  });

  it('is said to be missing, with what to do', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', folder);

    expect(() => connectCluster()).toThrow('No cluster is configured');
    expect(() => connectCluster({ kubeconfig: join(folder, 'nothing') })).toThrow(
      'nothing cannot be read: there is no such file or folder. Name another with --kubeconfig.',
    );
    await expect(connect({}, { context: 'her' })).rejects.toThrow(
      'The kubeconfig has no context "her". It has: here, elsewhere.',
    );
  });

  it('is found by KUBECONFIG', async () => {
    vi.stubEnv('KUBECONFIG', await writeKubeconfig(folder, { server: server.url }));

    const cluster = connectCluster();
    onTestFinished(() => cluster.close());

    expect(cluster.server).toBe(server.url);
  });
});

describe('a watch', () => {
  it('ends when its signal says so, without an error', async () => {
    const cluster = await connect();
    const stop = new AbortController();
    const events: string[] = [];

    const watching = cluster.watch(
      collection,
      { query: { resourceVersion: '0' }, silenceMs: 5_000 },
      ({ type }) => {
        events.push(type);
        stop.abort();
      },
      stop.signal,
    );
    server.put('a');

    expect(await watching).toEqual({ status: 200, body: undefined });
    expect(events).toEqual(['ADDED']);
  });

  it('is answered with a status when it cannot begin', async () => {
    server.failNext('watch', { kind: 'status', status: 403 });
    const cluster = await connect();

    const answer = await cluster.watch(
      collection,
      { query: {}, silenceMs: 5_000 },
      () => undefined,
      new AbortController().signal,
    );

    expect(answer).toMatchObject({ status: 403, body: { message: 'failed with 403' } });
  });

  it('gives events that came in pieces, and several in one piece', async () => {
    const event = JSON.stringify({ type: 'ADDED', object: { name: 'é' } });
    const bytes = Buffer.from(`${event}\n${event}\n\n${event}\n`);
    const sendPieces = async (response: ServerResponse): Promise<void> => {
      for (const byte of bytes.subarray(0, 60)) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end(bytes.subarray(60));
    };
    server.answer((_request, response) => void sendPieces(response));
    const cluster = await connect();
    const events: unknown[] = [];

    await cluster.watch(
      '/pieces',
      { query: {}, silenceMs: 5_000 },
      (each) => events.push(each),
      new AbortController().signal,
    );

    expect(events).toEqual(Array(3).fill({ type: 'ADDED', object: { name: 'é' } }));
  });
});
