import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Api, SeenRollout } from './api.ts';
import { awaitedRollouts } from './awaited-rollouts.ts';

let server: Server;
let dispatcher: Agent;
let api: Api;
/** What each list gives, the last one again and again. */
let lists: (readonly object[])[];
/** What each watch tells. */
let watches: ((response: ServerResponse) => void)[];
let asked: string[];

function aRollout(phase: string, uid = 'one'): object {
  const metadata = {
    name: uid,
    namespace: 'shop',
    uid,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { metadata, spec: { attempt: 1 }, status: { phase } };
}

function tell(response: ServerResponse, ...phases: readonly string[]): void {
  for (const phase of phases) response.write(`${JSON.stringify({ type: 'MODIFIED', object: aRollout(phase) })}\n`);
}

function phaseOf(rollouts: readonly SeenRollout[]): string | undefined {
  return rollouts.at(-1)?.status.phase;
}

beforeEach(async () => {
  [lists, watches, asked] = [[], [], []];
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (path.includes('watch=true')) {
      response.writeHead(200).flushHeaders();
      (watches.shift() ?? (() => undefined))(response);
      return;
    }
    const items = lists.length > 1 ? lists.shift() : lists[0];
    response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  dispatcher = new Agent();
  api = {
    access: { url, dispatcher, headers: {} },
    get: async (path) => (await fetch(url + path)).json(),
    patch: () => Promise.reject(new Error('Nothing is patched here.')),
    remove: () => Promise.reject(new Error('Nothing is removed here.')),
  };
});

afterEach(async () => {
  server.closeAllConnections();
  await dispatcher.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('gives what is there already, and watches nothing then', async () => {
  lists = [[aRollout('baking')]];

  expect(await awaitedRollouts(api, 'shop', 'a bake', phaseOf)).toBe('baking');
  expect(asked).toEqual(['/apis/serin.dev/v1alpha1/namespaces/shop/canaryrollouts']);
});

it('sees a phase that was over at once, from the version of the list on', async () => {
  lists = [[aRollout('pending')]];
  watches = [(response) => tell(response, 'preparing', 'shifting', 'baking')];

  const found = await awaitedRollouts(api, 'shop', 'a shift', (all) => phaseOf(all) === 'shifting' && 'it shifted');

  expect(found).toBe('it shifted');
  expect(asked[1]).toContain('resourceVersion=7');
});

it('lists again when the watch ends, breaks or is refused, and misses nothing', async () => {
  lists = [[aRollout('pending')], [aRollout('preparing')], [aRollout('shifting')], [aRollout('promoted')]];
  watches = [
    (response) => response.end(),
    (response) => response.destroy(),
    (response) => response.write(`${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`),
  ];

  expect(await awaitedRollouts(api, 'shop', 'the end', (all) => phaseOf(all) === 'promoted')).toBe(true);
  expect(asked.filter((path) => path.includes('watch=true'))).toHaveLength(3);
});

it('knows that a rollout is gone', async () => {
  lists = [[aRollout('promoted')]];
  watches = [(response) => response.write(`${JSON.stringify({ type: 'DELETED', object: aRollout('promoted') })}\n`)];

  expect(await awaitedRollouts(api, 'shop', 'nothing', (all) => all.length === 0)).toBe(true);
});

it('says at the deadline what it waited for, and what was wrong with the server', async () => {
  server.closeAllConnections();
  api = { ...api, get: () => Promise.reject(new Error('connection refused')) };

  await expect(awaitedRollouts(api, 'shop', 'a bake', phaseOf, { withinMs: 300 })).rejects.toThrow(
    'Waited 0.3 s for a bake. The last attempt failed: connection refused',
  );
});
