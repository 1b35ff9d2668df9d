// What every desk for requests promises; held by the one in memory and the one on a real API server.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RequestDesk } from '../../src/controller/people-port.ts';
import type { RolloutStore } from '../../src/controller/ports.ts';
import type { Request } from '../../src/domain/people.ts';
import type { RolloutId, RolloutSpec } from '../../src/domain/rollout.ts';
import { aSpec, aStatus, dawn } from '../support/builders.ts';

/** A desk under test with the store it writes to. */
export interface DeskBench {
  readonly desk: RequestDesk;
  readonly store: RolloutStore;
  readonly namespace: string;
  readonly target: RolloutSpec['target'];
  /** As whom the desk signs, and the time it has. */
  readonly signs: Pick<Request, 'actor' | 'time'>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function requestDeskContract(name: string, begin: () => Promise<DeskBench>): void {
  describe(`a desk for requests (${name})`, () => {
    let bench: DeskBench;
    let id: RolloutId;
    beforeEach(async () => {
      bench = await begin();
      id = { namespace: bench.namespace, name: 'reviews-v2-two-1' };
      await bench.store.create(id, aSpec({ target: bench.target }), aStatus());
    });

    const asked = (key: string, parts: Partial<Request> = {}): Omit<Request, 'actor' | 'time'> => ({
      id: key,
      verb: 'promote',
      surface: 'serin',
      ...parts,
    });

    async function requests(): Promise<readonly Request[]> {
      return (await bench.store.get(id))?.spec.requests ?? [];
    }

    it('appends a request, signed and timed', async () => {
      const outcome = await bench.desk.append(id, asked('a', { step: 2, reason: 'Looks "good" <to> me & you.' }));

      expect(outcome).toEqual({ kind: 'appended' });
      expect(await requests()).toEqual([
        { ...asked('a', { step: 2, reason: 'Looks "good" <to> me & you.' }), ...bench.signs },
      ]);
    });

    it('signs for somebody else when told to', async () => {
      await bench.desk.append(id, asked('a'), 'system:serviceaccount:ci:pipeline');

      expect(await requests()).toMatchObject([{ id: 'a', actor: 'system:serviceaccount:ci:pipeline' }]);
    });

    it('appends after what is there', async () => {
      for (const [step, key] of ['a', 'b', 'c'].entries()) await bench.desk.append(id, asked(key, { step }));

      expect((await requests()).map((request) => request.id)).toEqual(['a', 'b', 'c']);
    });

    it('writes a request of the same id once', async () => {
      await bench.desk.append(id, asked('a'));

      const again = await bench.desk.append(id, asked('a', { verb: 'abort' }));

      expect(again).toEqual({ kind: 'appended' });
      expect((await requests()).map(({ verb }) => verb)).toEqual(['promote']);
    });

    it('writes what several ask at the same time', async () => {
      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map((key, step) => bench.desk.append(id, asked(key, { step }))),
      );

      expect(outcomes).toEqual(Array(3).fill({ kind: 'appended' }));
      expect((await requests()).map((request) => request.id).toSorted()).toEqual(['a', 'b', 'c']);
    });

    it('writes what many ask at the same time once, and tells the others whose answer is theirs', async () => {
      const keys = ['a', 'b', 'c', 'd', 'e'];

      const outcomes = await Promise.all(keys.map((key) => bench.desk.append(id, asked(key, { step: 0 }))));

      const [written, ...others] = await requests();
      expect(others).toEqual([]);
      expect(outcomes.filter(({ kind }) => kind === 'appended')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'behind')).toEqual(
        Array(4).fill({ kind: 'behind', id: written?.id }),
      );
    });

    it('takes the same again once it is answered', async () => {
      await bench.desk.append(id, asked('a'));
      const rollout = await bench.store.get(id);
      const answers = [{ id: 'a', outcome: 'refused', message: 'Not now.', time: dawn }] as const;
      if (rollout !== undefined) await bench.store.save(rollout, aStatus({ answers }));

      expect(await bench.desk.append(id, asked('b'))).toEqual({ kind: 'appended' });
    });

    it('appends while the status is saved again and again', async () => {
      const saving = (async () => {
        for (let step = 0; step < 10; step += 1) {
          const rollout = await bench.store.get(id);
          if (rollout !== undefined) await bench.store.save(rollout, aStatus({ step }));
        }
      })();

      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map((key, step) => bench.desk.append(id, asked(key, { step }))),
      );
      await saving;

      expect(outcomes).toEqual(Array(3).fill({ kind: 'appended' }));
    });

    it('takes twenty requests and no more', async () => {
      for (let index = 0; index < 20; index += 1)
        await bench.desk.append(id, asked(`request-${index}`, { step: index }));

      const outcome = await bench.desk.append(id, asked('one-too-many'));

      expect(outcome).toEqual({ kind: 'full' });
      expect(await requests()).toHaveLength(20);
    });

    it('says so when the rollout is no more', async () => {
      const outcome = await bench.desk.append({ ...id, name: 'reviews-v2-two-2' }, asked('a'));

      expect(outcome).toEqual({ kind: 'gone' });
    });
  });
}

/** The time that the benches give. */
export const deskTime = dawn + 12_345;
