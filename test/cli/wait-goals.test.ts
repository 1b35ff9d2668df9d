import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { aRollout, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

const name = 'reviews-v2-two-1';

function at(status: Partial<RolloutStatus>): TestCluster {
  const cluster = testCluster();
  cluster.put(aRollout({ status: { message: 'As it stands.', ...status } }));
  return cluster;
}

describe('serin wait --for=step=2', () => {
  it.each<[string, Partial<RolloutStatus>]>([
    ['judged', { phase: 'baking', step: 1 }],
    ['waiting for approval', { phase: 'awaitingApproval', step: 1 }],
    ['past, on the way to the next', { phase: 'shifting', step: 2 }],
    ['long past', { phase: 'promoting', step: 3 }],
  ])('ends with 0 when the step is %s', async (_how, status) => {
    expect(await at(status).run(`wait ${name} --for=step=2`)).toMatchObject({
      code: 0,
      out: `${name} reached step 2: As it stands.\n`,
    });
  });

  it('takes the last step for one that there is', async () => {
    expect((await at({ phase: 'baking', step: 3 }).run(`wait ${name} --for=step=4`)).code).toBe(0);
  });

  it.each<[string, Partial<RolloutStatus>]>([
    ['an earlier one is judged', { phase: 'baking', step: 0 }],
    ['its weight is not in effect yet', { phase: 'shifting', step: 1 }],
    ['it is being rolled back', { phase: 'rollingBack', step: 3, cause: 'gate' }],
    ['a rejected stable copy is promoted', { phase: 'promoting', step: 3, cause: 'gate' }],
  ])('goes on while %s', async (_how, status) => {
    expect((await at(status).run(`wait ${name} --for=step=2 --timeout=3s`)).code).toBe(124);
  });

  it('ends as the rollout does when that never comes to the step', async () => {
    const cluster = at({ phase: 'baking' });
    cluster.after(9_000, () => cluster.change(name, { phase: 'rolledBack', cause: 'gate', message: 'Worse.' }));

    expect(await cluster.run(`wait ${name} --for=step=2`)).toMatchObject({
      code: 3,
      out: `${name} rolled back (gate): Worse.\n`,
    });
  });

  it('is wrong usage for a step that the plan does not have', async () => {
    expect(await at({ phase: 'baking' }).run(`wait ${name} --for=step=5`)).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        `There is no step 5: the plan of ${name} has 4 (10, 25, 50, 100 percent).\nTry: serin wait --help\n`,
      ),
    });
  });

  it('says at its time-out how to wait for the same again', async () => {
    const { err } = await at({ phase: 'baking' }).run(`wait ${name} --for=step=2 --timeout=3s`);

    expect(err).toContain(`Wait again with: serin wait ${name} -n shop --for=step=2\n`);
  });
});

describe('serin wait --for=awaiting-approval', () => {
  it('ends with 0 when a person is asked', async () => {
    const cluster = at({ phase: 'baking' });
    cluster.after(5_000, () => cluster.change(name, { phase: 'awaitingApproval', message: 'Waiting for approval.' }));

    expect(await cluster.run(`wait ${name} --for=awaiting-approval`)).toMatchObject({
      code: 0,
      out: `${name} awaits approval: Waiting for approval.\n`,
    });
  });

  it('ends with 0 when a person is asked before the start', async () => {
    const { code } = await at({ phase: 'pending', approval: { of: 'start', step: 0, askedAt: dawn } }).run(
      `wait ${name} --for=awaiting-approval`,
    );

    expect(code).toBe(0);
  });

  it('ends with 0 when it was promoted without asking, and with its code when it was rolled back', async () => {
    expect((await at({ phase: 'promoted' }).run(`wait ${name} --for=awaiting-approval`)).code).toBe(0);
    expect((await at({ phase: 'rolledBack', cause: 'person' }).run(`wait ${name} --for=awaiting-approval`)).code).toBe(
      4,
    );
  });
});
