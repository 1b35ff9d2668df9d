// A thousand transitions for programs outside, with answers that fail and controllers that are killed.
import { describe, expect, it } from 'vitest';
import { mailTargets } from '../../src/domain/mail.ts';
import { type Phase, phases } from '../../src/domain/rollout.ts';
import type { ReceiverAnswer } from '../support/receiver.ts';
import { type Arrival, mailScene } from './mail-scene.ts';

/** Numbers from 0 to 1 that are the same for the same seed. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function answerBy(chance: () => number): ReceiverAnswer | undefined {
  const draw = chance();
  if (draw < 0.05) return { status: 429, headers: { 'retry-after': String(1 + Math.floor(chance() * 5)) } };
  if (draw < 0.12) return { status: 503 };
  if (draw < 0.16) return 'dropped';
  return undefined;
}

const inOrder: readonly Phase[] = phases.filter((phase) => phase !== 'rolledBack' && phase !== 'promoted');

describe.each(mailTargets.flatMap((target) => [31, 32, 33].map((seed) => ({ target, seed }))))(
  '1,000 transitions for $target (seed $seed)',
  ({ target, seed }) => {
    it('end with every final state told, no order reversed, and nothing told twice but under one id', async () => {
      const chance = chances(seed);
      const { clock, hooks, github, create, change, settle, start, rollouts, seen, arrivals, deployments } =
        await mailScene(target);
      const names = Array.from({ length: 20 }, (_, index) => `many-${target}-${index}`);
      const ids = await Promise.all(names.map((name) => create(name)));
      const processes = [start(), start()];
      hooks.answering(() => answerBy(chance));
      github.failing(
        (request) => answerBy(chance) ?? (request.method === 'POST' && chance() < 0.03 ? { lost: true } : undefined),
      );
      const written = new Map(names.map((name) => [name, 0]));
      let going: readonly Promise<void>[] = [];

      for (let transition = 0; transition < 1_000; transition += 1) {
        const id = ids[Math.floor(chance() * ids.length)] ?? { namespace: '', name: '' };
        const number = (written.get(id.name) ?? 0) + 1;
        written.set(id.name, number);
        const phase = inOrder[number % inOrder.length] ?? 'baking';
        const changed = await change(id, { phase, message: `Number ${number} here.` });
        for (const each of processes) each.due.changed(changed);
        clock.pass(Math.floor(chance() * 1_500));
        going = [...going, ...processes.map((each) => each.due.deliverDue())];
        if (chance() < 0.02) {
          const index = chance() < 0.5 ? 0 : 1;
          processes[index]?.kill();
          processes[index] = start();
          for (const rollout of await rollouts.list()) processes[index]?.due.changed(rollout);
        }
        // Deliveries overlap, but none lasts longer than its claim.
        if (chance() < 0.5 || going.length > 6) {
          await Promise.all(going);
          going = [];
        }
      }
      await Promise.all(going);
      for (const id of ids) await change(id, { phase: 'promoted', message: 'Number 999 here.' });
      await settle(processes);

      for (const { status } of await rollouts.list()) expect(status.mail?.letters).toEqual([]);
      if (target === 'webhook') for (const name of names) expectInOrder(arrivals(name), (written.get(name) ?? 0) + 1);
      else {
        const made = names.map((name) => deployments(name));
        const said = made.flat().map(({ statuses }) => statuses.map(numberOf));
        const repeated = said.map((all) => all.length - new Set(all).size).reduce((sum, each) => sum + each, 0);
        const surplus = made.flat().length - names.length + repeated;
        expect(seen.maybeTwice).toBeGreaterThan(0);
        expect(surplus).toBeLessThanOrEqual(seen.maybeTwice);
        for (const each of made) {
          expect(each.at(-1)?.statuses.at(-1)).toMatchObject({ state: 'success' });
          for (const { statuses } of each) expect(rises(statuses.map(numberOf))).toBe(true);
        }
      }
    }, 120_000);
  },
);

function numberOf(status: Readonly<Record<string, unknown>>): number {
  return Number(/Number (\d+) here/.exec(String(status['description']))?.[1] ?? 0);
}

/** Whatever is first heard of is newer than everything heard before, the last letter is taken, and one id is one body. */
function expectInOrder(all: readonly Arrival[], last: number): void {
  const firsts = [...new Set(all.map(({ number }) => number))];
  expect(rises(firsts)).toBe(true);
  expect(rises(all.filter(({ taken }) => taken).map(({ number }) => number))).toBe(true);
  expect(all.at(-1)).toMatchObject({ event: 'promoted', number: last, taken: true });
  expect(new Set(all.map(({ id, body }) => `${id} ${body}`)).size).toBe(firsts.length);
}

function rises(all: readonly number[]): boolean {
  return all.every((each, index) => index === 0 || each >= (all[index - 1] ?? 0));
}
