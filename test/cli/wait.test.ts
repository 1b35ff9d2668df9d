import { describe, expect, it } from 'vitest';
import type { Cause, HistoryEntry, Rollout, RolloutStatus } from '../../src/domain/rollout.ts';
import { aRollout, aWorkload, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

const name = 'reviews-v2-two-1';
const baking = aRollout({ status: { phase: 'baking', reason: 'Baking', message: 'Baking at 10%.' } });

function ended(parts: Partial<RolloutStatus>): Rollout {
  return aRollout({ status: { phase: 'rolledBack', message: 'It ended.', finishedAt: dawn, ...parts } });
}

function bakedAt(weight: number): HistoryEntry {
  return { time: dawn, phase: 'baking', step: 0, weight, message: 'In effect.' };
}

/** A pair of Deployments as the rollout of the builders found them. */
function clusterWith(...rollouts: readonly Rollout[]): TestCluster {
  const cluster = testCluster();
  cluster.deploy(aWorkload());
  cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'two', annotations: { 'serin.dev/canary-of': 'reviews-v1' } }));
  for (const rollout of rollouts) cluster.put(rollout);
  return cluster;
}

describe('serin wait', () => {
  it('waits until the rollout is promoted: changes on the error stream, the end on the other', async () => {
    const cluster = clusterWith(baking);
    cluster.after(30_000, () =>
      cluster.change(name, { phase: 'promoting', reason: 'Promoting', message: 'Promoting.' }),
    );
    cluster.after(45_000, () => cluster.change(name, { phase: 'promoted', message: 'reviews-v2 serves all traffic.' }));

    expect(await cluster.run('wait deployment/reviews-v2 --for=promoted --timeout=45m')).toEqual({
      code: 0,
      out: 'reviews-v2-two-1 promoted: reviews-v2 serves all traffic.\n',
      err: `\
Waiting up to 45m for reviews-v2 to be promoted.
2026-01-05T09:00:00Z reviews-v2-two-1 baking step=1/4 weight=0% verdict=-: Baking at 10%.
2026-01-05T09:00:30Z reviews-v2-two-1 promoting step=1/4 weight=0% verdict=-: Promoting.
2026-01-05T09:00:45Z reviews-v2-two-1 promoted step=1/4 weight=0% verdict=-: reviews-v2 serves all traffic.
`,
    });
  });

  it('prints no line twice for a change that nobody can see', async () => {
    const cluster = clusterWith(baking);
    cluster.after(5_000, () => cluster.change(name, { reason: 'AnotherWord' }));
    cluster.after(9_000, () => cluster.change(name, { phase: 'promoted', message: 'It serves.' }));

    const { err } = await cluster.run('wait reviews-v2');

    expect(err.split('\n').filter((line) => line.includes(' baking '))).toHaveLength(1);
  });

  it.each<[Cause, number]>([
    ['gate', 3],
    ['person', 4],
    ['superseded', 5],
    ['stableChanged', 5],
    ['approval', 6],
    ['undecided', 8],
    ['deadline', 7],
  ])('ends a rollback by %s with code %i, and with 0 when any end was wanted', async (cause, code) => {
    const cluster = clusterWith(ended({ cause }));

    expect(await cluster.run(`wait ${name}`)).toMatchObject({
      code,
      out: `${name} rolled back (${cause}): It ended.\n`,
    });
    expect((await cluster.run(`wait ${name} --for=finished`)).code).toBe(0);
  });

  it.each<[string, Partial<RolloutStatus>, number]>([
    ['before any traffic as a failure to start', {}, 7],
    ['under traffic as a rollback', { history: [bakedAt(10)] }, 3],
    ['at a later step as a rollback, its history cut short', { step: 2 }, 3],
  ])('takes pods in trouble %s', async (_when, parts, code) => {
    const cluster = clusterWith(ended({ cause: 'health', ...parts }));

    expect((await cluster.run(`wait ${name}`)).code).toBe(code);
  });

  it('gives up after its time-out with code 124, and says that the rollout goes on', async () => {
    const cluster = clusterWith(baking);

    const { code, out, err } = await cluster.run('wait reviews-v2 --timeout=90s');

    expect([code, out]).toEqual([124, '']);
    expect(err).toContain(
      `The time to wait is over; the rollout goes on. Wait again with: serin wait ${name} -n shop\n`,
    );
    expect(cluster.clock.now()).toBe(dawn + 90_000);
  });

  it('says something at least every minute', async () => {
    const { err } = await clusterWith(baking).run('wait reviews-v2 --timeout=5m');

    expect(err.split('\n').filter((line) => line.includes(' baking '))).toHaveLength(6);
  });

  it('goes on for ever with --timeout=0, until it is interrupted', async () => {
    const cluster = clusterWith(baking);
    cluster.after(7_200_000, () => cluster.interrupt());

    const { code, err } = await cluster.run('wait reviews-v2 --timeout=0');

    expect(code).toBe(130);
    expect(err.startsWith('Waiting for reviews-v2 to be promoted.\n')).toBe(true);
  });

  it.each(['4', '5 minutes', '-1m', '1d'])('does not take %j for a time-out', async (timeout) => {
    const { code, err } = await testCluster().run(['wait', 'x', `--timeout=${timeout}`]);

    expect(code).toBe(2);
    expect(err).toContain('Expected a duration such as "90s" or "5m".');
  });
});

describe('serin wait for a Deployment', () => {
  it('waits for the rollout of the present revision to begin, and never passes on an earlier success', async () => {
    const cluster = clusterWith(aRollout({ status: { phase: 'promoted', message: 'The earlier one.' } }));
    cluster.deploy(
      aWorkload({ name: 'reviews-v2', hash: 'three', annotations: { 'serin.dev/canary-of': 'reviews-v1' } }),
    );
    const next = aRollout({
      id: { namespace: 'shop', name: 'reviews-v2-three-1' },
      createdAt: dawn + 5_000,
      spec: { canary: { workload: 'reviews-v2', hash: 'three', images: [] } },
      status: { phase: 'rolledBack', cause: 'gate', message: 'Worse.' },
    });
    cluster.after(5_000, () => cluster.put(next));

    const { code, out, err } = await cluster.run('wait deployment/reviews-v2');

    expect([code, out]).toEqual([3, 'reviews-v2-three-1 rolled back (gate): Worse.\n']);
    expect(err).toContain('No rollout of the present revision of reviews-v2 has begun yet.\n');
  });

  it('takes the end of the present revision when that is over already', async () => {
    const { code } = await clusterWith(ended({ phase: 'promoted' })).run('wait reviews-v2');

    expect(code).toBe(0);
  });

  it('waits for the next attempt when stable has changed since a rollback', async () => {
    const cluster = clusterWith(ended({ cause: 'stableChanged' }));
    cluster.deploy(aWorkload({ name: 'reviews-v1', hash: 'one-and-a-half' }));

    const { code, err } = await cluster.run('wait reviews-v2 --timeout=3s');

    expect(code).toBe(124);
    expect(err).toContain('None has begun in time. See what would happen: serin plan reviews-v2 -n shop\n');
  });

  it('waits while the cluster has not computed the revision', async () => {
    const cluster = clusterWith(ended({ phase: 'promoted' }));
    const { hash: _, ...unhashed } = aWorkload({
      name: 'reviews-v2',
      annotations: { 'serin.dev/canary-of': 'reviews-v1' },
    });
    cluster.deploy(unhashed);

    expect((await cluster.run('wait reviews-v2 --timeout=3s')).code).toBe(124);
  });

  it('follows the next rollout when the one at hand is withdrawn', async () => {
    const cluster = clusterWith(baking);
    cluster.after(2_000, () => cluster.remove(name));
    cluster.after(6_000, () =>
      cluster.put(aRollout({ id: { namespace: 'shop', name: 'reviews-v2-two-2' }, status: { phase: 'promoted' } })),
    );

    const { code, out } = await cluster.run('wait reviews-v2');

    expect([code, out.split(' ')[0]]).toEqual([0, 'reviews-v2-two-2']);
  });

  it('ends with code 4 when the very rollout that was named is deleted', async () => {
    const cluster = clusterWith(baking);
    cluster.after(2_000, () => cluster.remove(name));

    expect((await cluster.run(`wait ${name}`)).code).toBe(4);
  });

  it('does not wait for what can never begin: no canary asked for', async () => {
    const cluster = clusterWith();
    cluster.deploy(aWorkload({ name: 'checkout' }));

    expect(await cluster.run('wait checkout')).toMatchObject({
      code: 10,
      err: expect.stringContaining(
        'serin: Deployment checkout in namespace shop asks for no canary.\nTry: kubectl annotate deployment/checkout',
      ),
    });
  });

  it('does not wait for what can never begin: annotations that make no sense', async () => {
    const cluster = clusterWith();
    const annotations = { 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/bake': '5' };
    cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'two', annotations }));

    const { code, err } = await cluster.run('wait reviews-v2');

    expect(code).toBe(7);
    expect(err).toContain('No rollout of reviews-v2 can begin: serin.dev/bake is "5"');
  });

  it('does not wait for a policy that is not there, and reads one that is', async () => {
    const cluster = clusterWith();
    const annotations = { 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/policy': 'careful' };
    cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'two', annotations }));

    expect((await cluster.run('wait reviews-v2')).err).toContain('namespace shop has no CanaryPolicy of that name');
    cluster.policies['careful'] = { bake: '10m' };
    expect((await cluster.run('wait reviews-v2 --timeout=2s')).code).toBe(124);
  });

  it('does not wait for a Deployment that is not there', async () => {
    expect((await clusterWith(baking).run('wait reviews-v3')).code).toBe(10);
  });
});

describe('a cluster that does not answer', () => {
  it('is asked again, and the silence told once', async () => {
    const cluster = clusterWith(baking);
    cluster.after(2_000, () => cluster.silent(new Error('connect ECONNREFUSED 127.0.0.1:6443')));
    cluster.after(60_000, () => cluster.silent(undefined));
    cluster.after(70_000, () => cluster.change(name, { phase: 'promoted' }));

    const { code, err } = await cluster.run('wait reviews-v2');

    expect(code).toBe(0);
    expect(
      err.match(/The cluster does not answer \(connect ECONNREFUSED 127\.0\.0\.1:6443\); trying again\./g),
    ).toHaveLength(1);
    expect(err).toContain('The cluster answers again.\n');
  });

  it('is asked again from the very first look on', async () => {
    const cluster = clusterWith(baking);
    cluster.silent(new Error('connect ECONNREFUSED'));
    cluster.after(60_000, () => cluster.silent(undefined));
    cluster.after(70_000, () => cluster.change(name, { phase: 'promoted' }));

    expect((await cluster.run('wait reviews-v2')).code).toBe(0);
  });

  it('is told of again each minute', async () => {
    const cluster = clusterWith(baking);
    cluster.after(2_000, () => cluster.silent(new Error('connect ECONNREFUSED')));
    cluster.after(90_000, () => cluster.silent(undefined));
    cluster.after(95_000, () => cluster.change(name, { phase: 'promoted' }));

    const { code, err } = await cluster.run('wait reviews-v2');

    expect(code).toBe(0);
    expect(err).toContain('The cluster has not answered for 1m; trying again.\n');
  });

  it('for two minutes ends the wait with code 1', async () => {
    const cluster = clusterWith(baking);
    cluster.after(2_000, () => cluster.silent(new Error('connect ECONNREFUSED')));

    expect(await cluster.run('wait reviews-v2')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/serin: connect ECONNREFUSED\n$/),
    });
  });

  it.each([
    [Object.assign(new Error('rollouts is forbidden'), { status: 403 }), 10],
    [Object.assign(new Error('Unauthorized'), { code: 401 }), 10],
  ])('but refuses (%s) is not asked again', async (error, code) => {
    const cluster = clusterWith(baking);
    cluster.after(2_000, () => cluster.silent(error));

    expect(await cluster.run('wait reviews-v2')).toMatchObject({ code });
    expect(cluster.clock.now()).toBe(dawn + 2_000);
  });
});
