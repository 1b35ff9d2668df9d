import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { follow } from '../../../tools/mesh/follow.ts';
import { type Service, serviceSchema } from '../../../tools/mesh/objects.ts';
import { keyOf } from '../../../tools/mesh/table.ts';
import { rawService } from './builders.ts';
import { type ScriptedApiServer, scriptedApiServer } from './scripted-api-server.ts';

const PATH = '/api/v1/services';
const WITHIN = { timeout: 5000, interval: 10 };

let server: ScriptedApiServer;
let stopped: AbortController;
let following: Promise<void>;
let held: Map<string, Service>;
let replaced: number;
let log: string[];

function begin(): void {
  const sink = {
    replace(objects: readonly Service[]): void {
      replaced += 1;
      held = new Map(objects.map((object) => [keyOf(object), object]));
    },
    put: (object: Service) => void held.set(keyOf(object), object),
    remove: (key: { readonly namespace: string; readonly name: string }) => void held.delete(keyOf(key)),
  };
  const access = { url: server.url, headers: {}, dispatcher: new Agent() };
  const around = { signal: stopped.signal, log: (line: string) => void log.push(line) };
  following = follow(access, { path: PATH, schema: serviceSchema }, sink, around);
}

async function holds(...keys: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect([...held.keys()].toSorted()).toEqual(keys), WITHIN);
}

async function watched(): Promise<void> {
  await vi.waitFor(() => expect(server.watches(PATH)).toBe(1), WITHIN);
}

beforeEach(async () => {
  server = await scriptedApiServer();
  stopped = new AbortController();
  [held, replaced, log] = [new Map(), 0, []];
});

afterEach(async () => {
  stopped.abort();
  await following;
  await server.close();
});

describe('follow', () => {
  it('lists, then keeps up with what is added, changed and removed', async () => {
    server.give(PATH, [rawService({ name: 'a' }), rawService({ name: 'b' })]);
    begin();
    await watched();

    server.stream(PATH, 'ADDED', rawService({ name: 'c' }));
    server.stream(PATH, 'MODIFIED', rawService({ name: 'a', ports: [1] }));
    server.stream(PATH, 'DELETED', rawService({ name: 'b' }));

    await holds('shop/a', 'shop/c');
    expect(held.get('shop/a')?.ports).toEqual([1]);
    expect(server.lists(PATH)).toBe(1);
  });

  it('reads an event that arrives in pieces', async () => {
    server.give(PATH, []);
    begin();
    await watched();
    const long = rawService({ name: 'long', ports: Array.from({ length: 40_000 }, (_, port) => port + 1) });

    server.stream(PATH, 'ADDED', long);

    await holds('shop/long');
  });

  it('lists again after a broken watch, and forgets what went in between', async () => {
    server.give(PATH, [rawService({ name: 'a' })]);
    begin();
    await watched();
    server.give(PATH, [rawService({ name: 'b' })]);

    server.breakOff();

    await holds('shop/b');
  });

  it('lists again when its version is too old for the API server', async () => {
    server.give(PATH, [rawService({ name: 'a' })]);
    begin();
    await watched();
    server.give(PATH, [rawService({ name: 'b' })]);

    server.stream(PATH, 'ERROR', { kind: 'Status', code: 410 });

    await holds('shop/b');
    expect(log).toEqual([]);
  });

  it('keeps what it holds through an outage, says so once, and comes back', async () => {
    server.give(PATH, [rawService({ name: 'a' })]);
    begin();
    await watched();
    server.fail(503);
    server.breakOff();
    await vi.waitFor(() => expect(log.filter((line) => line.includes('503'))).toHaveLength(1), WITHIN);
    const during = [...held.keys()];
    server.give(PATH, [rawService({ name: 'b' })]);

    server.fail(undefined);

    await holds('shop/b');
    expect(during).toEqual(['shop/a']);
    expect(log.filter((line) => line.includes('503'))).toHaveLength(1);
  });

  it('holds nothing of a kind that is not served yet, and finds it once it is', async () => {
    begin();
    await vi.waitFor(() => expect(replaced).toBe(1), WITHIN);

    server.give(PATH, [rawService({ name: 'a' })]);

    await holds('shop/a');
  });

  it('keeps what it holds of a kind that an API server does not serve for a while', async () => {
    server.give(PATH, [rawService({ name: 'a' })]);
    begin();
    await watched();
    server.fail(404);
    server.breakOff();
    await vi.waitFor(() => expect(server.failures()).toBeGreaterThan(0), WITHIN);
    const during = [...held.keys()];

    server.fail(undefined);

    await watched();
    expect(during).toEqual(['shop/a']);
    expect(replaced).toBe(2);
  });

  it('leaves an object out that it cannot read, and says which and why', async () => {
    server.give(PATH, [rawService({ name: 'a' }), { ...rawService({ name: 'odd' }), spec: { ports: 'none' } }]);
    begin();

    await holds('shop/a');
    expect(log.join()).toMatch(/shop\/odd of \/api\/v1\/services is left out.*spec\.ports/s);
  });
});
