import { writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { collection, type FaultyApiServer } from './faulty-api-server.ts';
import { follow, following, serverForTest, shows, withinMs } from './following.ts';
import { ownFolder } from './kubeconfigs.ts';

let server: FaultyApiServer;
beforeEach(async () => {
  server = await serverForTest();
});

describe('following a collection', () => {
  it('goes on when a callback throws', async () => {
    const bench = await following(server);
    bench.onPut = (object) => {
      if (object.name === 'bad') throw new Error('no thanks');
    };

    server.put('bad');
    server.put('good');

    await shows(bench, 'good');
    expect(bench.troubles).toEqual([`What was told of ${collection} was not taken: no thanks`]);
    expect(server.count('watch')).toBe(1);
  });

  it('leaves out an object that cannot be read, and tells it', async () => {
    server.put('bad', { metadata: { uid: 7 } });
    server.put('good');

    const bench = await following(server);

    await shows(bench, 'good');
    expect(bench.troubles[0]).toContain(`An object of ${collection} cannot be read and is left out`);
  });

  it('outlives a credential plugin that fails', async () => {
    const folder = await ownFolder({ onTestFinished });
    const [plugin, broken] = [join(folder, 'plugin'), join(folder, 'broken')];
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'one-call-only', expirationTimestamp: '2000-01-01T00:00:00Z' },
    };
    const script = `#!/bin/sh\nif [ -e '${broken}' ]; then echo 'no token today' >&2; exit 1; fi\necho '${JSON.stringify(credential)}'\n`;
    await writeFile(plugin, script, { mode: 0o755 });
    const exec = { apiVersion: credential.apiVersion, command: plugin, interactiveMode: 'Never' };
    const bench = await following(server, { user: { exec } });
    server.put('a');
    await shows(bench, 'a');

    writeFileSync(broken, '');
    server.endWatches('reset');
    const isTold = async (): Promise<boolean> => bench.troubles.some((text) => text.includes('The credentials for'));
    await eventually('the trouble to be told', isTold, { withinMs });
    await rm(broken);
    server.put('b');

    await shows(bench, 'a', 'b');
    expect(server.seen.at(-1)?.headers['authorization']).toBe('Bearer one-call-only');
  });

  describe('is started and stopped', () => {
    it('once, however often it is started', async () => {
      const bench = await following(server);

      for (let time = 0; time < 3; time += 1) bench.watch.start();
      server.put('a');
      await shows(bench, 'a');

      expect([server.count('list'), server.watches()]).toEqual([1, 1]);
    });

    it('and tells nothing after its end, which it does not take for trouble', async () => {
      const bench = await following(server);

      await bench.watch.stop();
      server.put('a');

      await eventually('the connection to close', async () => server.watches() === 0, { withinMs });
      expect([bench.present.size, bench.troubles]).toEqual([0, []]);
    });

    it('while it waits to try again, and opens no watch afterwards', async () => {
      const signals: AbortSignal[] = [];
      const untilAborted = (_ms: number, signal: AbortSignal): Promise<void> =>
        new Promise((resolve) => {
          signals.push(signal);
          signal.addEventListener('abort', () => resolve());
        });
      const bench = await follow(server, { pause: untilAborted });
      server.failNext('list', { kind: 'status', status: 500 });
      bench.watch.start();
      await eventually('the wait', async () => signals.length === 1, { withinMs });

      await bench.watch.stop();

      expect(signals[0]?.aborted).toBe(true);
      expect([server.count('list'), server.count('watch')]).toEqual([1, 0]);
    });

    it('again and again', async () => {
      const bench = await following(server);

      for (let time = 0; time < 5; time += 1) {
        const stopping = bench.watch.stop();
        bench.watch.start();
        await stopping;
      }
      server.put('a');

      await shows(bench, 'a');
      await eventually('one watch to be left', async () => server.watches() === 1, { withinMs });
    });
  });
});
