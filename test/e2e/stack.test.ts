// The stack itself: parts stopped and started from another process, and nothing left behind however its process ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive } from '../../tools/parts/cache.ts';
import { attach, type Stack } from '../../tools/stack/description.ts';
import { kubectl, kubectlOutput } from '../../tools/stack/kubectl.ts';
import { startStack } from '../../tools/stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { pingRedis } from '../support/ping.ts';

describe('a stack of another process', () => {
  let harness: ChildProcess;
  let own: Stack;

  beforeAll(async () => {
    const program = join(import.meta.dirname, '..', '..', 'tools', 'stack', 'main.ts');
    harness = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    own = attach(JSON.parse(await firstLineOf(harness)));
  });

  afterAll(() => {
    harness.kill('SIGKILL');
  });

  test('has Redis stopped, hung and started from here, on the port it had', async () => {
    const { redis } = own;
    const before = redis.pid();

    await redis.stop();
    expect(redis.pid()).toBeUndefined();
    await expect(pingRedis(redis.url)).rejects.toThrow('ECONNREFUSED');
    await redis.start();

    expect(redis.pid()).not.toBe(before);
    expect(await pingRedis(redis.url)).toBe('+PONG\r\n');
    redis.signal('SIGSTOP');
    await expect(pingRedis(redis.url)).rejects.toThrow('no answer');
    redis.signal('SIGCONT');
    expect(await pingRedis(redis.url)).toBe('+PONG\r\n');
  });

  test('has its API server stopped and started from here, with everything it knew', async () => {
    await kubectlOutput(own, ['create', 'configmap', 'kept', '--from-literal=answer=42']);

    await own.apiServer.stop();
    const during = await kubectl(own, ['get', 'configmap', 'kept']);
    await own.apiServer.start();
    const after = await kubectlOutput(own, ['get', 'configmap', 'kept', '-o', 'jsonpath={.data.answer}']);

    expect(during.stderr).toContain('refused');
    expect(after).toBe('42');
    await kubectlOutput(own, ['create', 'deployment', 'later', '--image=example/app:1']);
    await kubectlOutput(own, ['rollout', 'status', 'deployment/later', '--timeout=60s'], { timeoutMs: 70_000 });
  });

  test('refuses to be stopped from here', async () => {
    await expect(own.stop()).rejects.toThrow('Only the process that started the stack');
  });

  test('leaves nothing behind when that process is killed', async () => {
    const { etcd, apiServer, controllerManager, scheduler, kwok, redis, prometheus, mesh } = own;
    const pids = [etcd, apiServer, controllerManager, scheduler, kwok, redis, prometheus, mesh].map(
      (part) => part.pid() ?? 0,
    );
    expect(pids.every(isAlive)).toBe(true);

    harness.kill('SIGKILL');

    await eventually('the parts to be gone', async () => !pids.some(isAlive));
    await eventually('the data folder to be gone', async () => !existsSync(own.folder));
  });
});

describe('a stack of few parts', () => {
  test('says which part it was started without', async () => {
    const few = await startStack({ parts: ['redis'] });

    await expect(few.apiServer.start()).rejects.toThrow('started without kube-apiserver');
    expect(() => few.mesh.url).toThrow('started without mesh');
    await few.stop();

    expect(existsSync(few.folder)).toBe(false);
  });
});

async function firstLineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The process has no output to read.');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('The process ended without a line.');
}
