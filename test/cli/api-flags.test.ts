import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/domain/permission.ts';
import { aRollout } from '../support/builders.ts';
import { testCluster } from './support/command.ts';

const controller = 'controller --prometheus-url=http://p';

describe('the HTTP API of serin controller', () => {
  it('is off unless an address is given', async () => {
    const cluster = testCluster();

    await cluster.run(controller);

    expect(cluster.controllers[0]).not.toHaveProperty('api');
  });

  it.each([
    ['--api-address=127.0.0.1:8081', { listen: { host: '127.0.0.1', port: 8_081 } }],
    ['--api-address=[::1]:8081', { listen: { host: '::1', port: 8_081 } }],
    ['--api-address=:8081 --api-insecure', { listen: { host: '0.0.0.0', port: 8_081 } }],
    [
      '--api-address=:8443 --api-tls-cert-file=/c --api-tls-key-file=/k',
      { listen: { host: '0.0.0.0', port: 8_443 }, tls: { certFile: '/c', keyFile: '/k' } },
    ],
  ])('is served as told: %s', async (flags, api) => {
    const cluster = testCluster();

    await cluster.run(`${controller} ${flags}`);

    expect(cluster.controllers).toMatchObject([{ api }]);
  });

  it.each([
    ['--api-address=:8081', 'callers would send their tokens in the clear'],
    ['--api-address=10.0.0.1:8081', 'callers would send their tokens in the clear'],
    ['--api-address=:8443 --api-tls-cert-file=/c', 'TLS takes both --api-tls-cert-file and --api-tls-key-file.'],
    ['--api-insecure', 'There is no HTTP API to be served. Say where: --api-address :8443'],
    [
      '--api-tls-cert-file=/c --api-tls-key-file=/k',
      'There is no HTTP API to be served. Say where: --api-address :8443',
    ],
    ['--api-address=8443', 'Expected an address such as ":8080" or "127.0.0.1:8080".'],
  ])('does not start with %s', async (flags, sentence) => {
    const cluster = testCluster();

    const ran = await cluster.run(`${controller} ${flags}`);

    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
    expect(cluster.controllers).toEqual([]);
  });
});

describe('a request of somebody without the right', () => {
  it('is answered with the sentence of every surface alone', async () => {
    const cluster = testCluster();
    const message = refusalOf({ name: 'bob' }, 'promote', 'shop');
    cluster.put(aRollout({ status: { phase: 'baking' } }));
    cluster.refuses({ kind: 'refused', message });

    expect(await cluster.run('promote reviews-v2')).toMatchObject({ code: 10, err: `serin: ${message}\n` });
  });
});
