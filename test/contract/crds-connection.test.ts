// The connection to a real API server over TLS, through a relay that counts connections and breaks them.
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectCluster } from '../../src/adapters/kubernetes/connection.ts';
import { realSurroundings } from '../../src/adapters/kubernetes/surroundings.ts';
import { watchTargets } from '../../src/adapters/kubernetes/watches.ts';
import { ownFolder } from '../adapters/kubernetes/kubeconfigs.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { eventually } from '../support/eventually.ts';
import { change, connectionsForTests, createDeployment, newNamespace } from './crds-bench.ts';

const kubeconfigSchema = z.looseObject({
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({ server: z.string() }) })]),
  users: z.array(z.unknown()),
});

/** A relay to the API server, and a kubeconfig that leads through it. */
async function relayed(): Promise<{
  readonly kubeconfig: string;
  readonly ever: () => number;
  readonly breakAll: () => void;
  /** Passes nothing on any more, in either direction, on the connections there are. */
  readonly swallow: () => void;
}> {
  const original = kubeconfigSchema.parse(parse(await readFile(stackOfThisRun().kubeconfig, 'utf8')));
  const [near] = original.clusters;
  const port = Number(new URL(near.cluster.server).port);
  const pairs = new Set<readonly [Socket, Socket]>();
  let ever = 0;
  const relay = createServer((client) => {
    ever += 1;
    const server = dial(port, '127.0.0.1');
    const pair = [client, server] as const;
    pairs.add(pair);
    client.pipe(server).pipe(client);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    relay.close();
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  });
  const server = `https://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const kubeconfig = join(await ownFolder({ onTestFinished }), 'config');
  const config = { ...original, clusters: [{ ...near, cluster: { ...near.cluster, server } }] };
  await writeFile(kubeconfig, JSON.stringify(config));
  return {
    kubeconfig,
    ever: () => ever,
    breakAll: () => {
      for (const [client] of pairs) client.resetAndDestroy();
    },
    swallow: () => {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        client.resume();
        upstream.resume();
      }
    },
  };
}

describe('a connection to a real API server', () => {
  const connections = connectionsForTests();

  it('is made once for a thousand calls', { timeout: 120_000 }, async () => {
    const { kubeconfig, ever } = await relayed();
    const cluster = connectCluster({ kubeconfig });
    onTestFinished(() => cluster.close());

    for (let index = 0; index < 1_000; index += 1) {
      const { status } = await cluster.request('GET', '/api/v1/namespaces/default');
      if (status !== 200) throw new Error(`Call ${index} was answered with ${status}.`);
    }

    expect(ever()).toBeLessThanOrEqual(2);
  });

  it('verifies the API server', async () => {
    const { kubeconfig } = await relayed();
    const config = kubeconfigSchema.parse(JSON.parse(await readFile(kubeconfig, 'utf8')));
    const [near] = config.clusters;
    const { 'certificate-authority': _, ...cluster } = near.cluster;
    await writeFile(kubeconfig, JSON.stringify({ ...config, clusters: [{ ...near, cluster }] }));
    const unsure = connectCluster({ kubeconfig });
    await writeFile(
      kubeconfig,
      JSON.stringify({ ...config, clusters: [{ ...near, cluster: { ...cluster, 'insecure-skip-tls-verify': true } }] }),
    );
    const careless = connectCluster({ kubeconfig });
    await writeFile(
      kubeconfig,
      JSON.stringify({
        ...config,
        clusters: [{ ...near, cluster: { ...near.cluster, 'tls-server-name': 'elsewhere.example' } }],
      }),
    );
    const misled = connectCluster({ kubeconfig });
    onTestFinished(async () => {
      await Promise.all([unsure.close(), careless.close(), misled.close()]);
    });

    await expect(unsure.request('GET', '/version')).rejects.toThrow(/self-signed|unable to/i);
    await expect(misled.request('GET', '/version')).rejects.toThrow(/elsewhere\.example/);
    expect((await careless.request('GET', '/version')).status).toBe(200);
  });

  it('is outlived by a watch, whether it breaks or falls silent', { timeout: 90_000 }, async () => {
    const { admin } = connections();
    const namespace = await newNamespace(admin, 'relay');
    const { name } = await createDeployment(admin, namespace, { replicas: 0, annotations: { 'serin.dev/bake': '1m' } });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const annotate = (bake: string): Promise<unknown> =>
      change(admin, path, { metadata: { annotations: { 'serin.dev/bake': bake } } });
    const relay = await relayed();
    const cluster = connectCluster({ kubeconfig: relay.kubeconfig });
    const seen: (string | undefined)[] = [];
    const around = realSurroundings({ now: () => Date.now() }, () => undefined);
    const watch = watchTargets({ cluster, around, namespace, times: { silenceMs: 2_000 } }, ({ annotations }) =>
      seen.push(annotations['serin.dev/bake']),
    );
    onTestFinished(async () => {
      await watch.stop();
      await cluster.close();
    });
    const sees = (bake: string): Promise<true> =>
      eventually(`bake ${bake} to be seen`, async () => seen.includes(bake) && (true as const));

    watch.start();
    await sees('1m');
    relay.breakAll();
    await annotate('2m');
    await sees('2m');
    relay.swallow();
    await annotate('3m');

    await sees('3m');
  });
});
