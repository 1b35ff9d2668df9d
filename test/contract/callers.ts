// What everything that knows callers promises; held by the one in memory and the one on a real API server.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Callers } from '../../src/controller/people-port.ts';
import type { Caller, Right } from '../../src/domain/permission.ts';

/** Callers under test. */
export interface CallersBench {
  readonly callers: Callers;
  readonly namespace: string;
  /** A token that is somebody's, and who that is. */
  readonly token: string;
  readonly name: string;
  /** A group that they are in. */
  readonly group: string;
  /** Gives a person rights in the namespace. */
  allow(name: string, rights: readonly Right[]): Promise<void>;
  /** Takes the rights of a person away. */
  forbid(name: string): Promise<void>;
  /** Gives a group rights in the namespace. */
  allowGroup(group: string, rights: readonly Right[]): Promise<void>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function callersContract(name: string, begin: () => Promise<CallersBench>): void {
  describe(`callers (${name})`, () => {
    let bench: CallersBench;
    beforeEach(async () => {
      bench = await begin();
    });

    async function known(): Promise<Caller> {
      const caller = await bench.callers.authenticate(bench.token);
      if (caller === undefined) throw new Error('The token is nobody’s.');
      return caller;
    }

    it('are known by their tokens, with their groups', async () => {
      expect(await known()).toMatchObject({ name: bench.name, groups: expect.arrayContaining([bench.group]) });
    });

    it.each(['', 'x', 'eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl', 'x'.repeat(100_000)])(
      'are not known by what is no token of theirs (%#)',
      async (token) => {
        expect(await bench.callers.authenticate(token)).toBeUndefined();
      },
    );

    it('may nothing unless it was given', async () => {
      const caller = await known();

      for (const right of ['get', 'list', 'promote', 'abort', 'pause', 'retry', 'approve'] as const) {
        expect(await bench.callers.may(caller, right, bench.namespace)).toBe(false);
        expect(await bench.callers.may(caller, right)).toBe(false);
      }
    });

    it('may what was given, there, and nothing else', async () => {
      const caller = await known();
      await bench.allow(bench.name, ['get', 'promote']);

      const may = async (right: Right, namespace?: string): Promise<boolean> =>
        bench.callers.may(caller, right, namespace);

      expect([await may('get', bench.namespace), await may('promote', bench.namespace)]).toEqual([true, true]);
      expect([await may('list', bench.namespace), await may('abort', bench.namespace)]).toEqual([false, false]);
      expect([await may('promote', 'default'), await may('promote')]).toEqual([false, false]);
    });

    it('may what their groups may', async () => {
      await bench.allowGroup(bench.group, ['abort']);

      expect(await bench.callers.may(await known(), 'abort', bench.namespace)).toBe(true);
    });

    it('may nothing more as soon as it is taken away', async () => {
      const caller = await known();
      await bench.allow(bench.name, ['pause']);
      const before = await bench.callers.may(caller, 'pause', bench.namespace);

      await bench.forbid(bench.name);

      expect([before, await bench.callers.may(caller, 'pause', bench.namespace)]).toEqual([true, false]);
    });

    it('may what a name and groups may that come from elsewhere', async () => {
      await bench.allow('dora@example.org', ['retry']);
      await bench.allowGroup('release-managers', ['approve']);
      const dora = { name: 'dora@example.org', groups: ['release-managers'] };

      const may = async (caller: Caller, right: Right): Promise<boolean> =>
        bench.callers.may(caller, right, bench.namespace);

      expect([await may(dora, 'retry'), await may(dora, 'approve')]).toEqual([true, true]);
      expect(await may({ ...dora, groups: [] }, 'approve')).toBe(false);
    });
  });
}
