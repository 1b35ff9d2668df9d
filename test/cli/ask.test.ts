import { describe, expect, it } from 'vitest';
import { aRollout, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

const name = 'reviews-v2-two-1';

function baking(step = 1): TestCluster {
  const cluster = testCluster();
  cluster.put(aRollout({ status: { phase: 'baking', step } }));
  return cluster;
}

describe('asking something of a rollout', () => {
  it.each([
    ['promote reviews-v2', { verb: 'promote', step: 1 }],
    ['promote reviews-v2 --step 1', { verb: 'promote', step: 0 }],
    ['promote reviews-v2 --full', { verb: 'promoteFull' }],
    ['promote reviews-v2 --reason hotfix', { verb: 'promote', step: 1, reason: 'hotfix' }],
    ['abort reviews-v2 --reason smoke', { verb: 'abort', reason: 'smoke' }],
    ['pause deployment/reviews-v2', { verb: 'pause' }],
    ['resume reviews-v2', { verb: 'resume' }],
    [`retry ${name}`, { verb: 'retry' }],
  ])('with `serin %s` writes that very request', async (line, request) => {
    const cluster = baking();

    await cluster.run(line);

    const [written] = cluster.get(name)?.spec.requests ?? [];
    expect(written).toEqual({ id: 'request-1', surface: 'serin', actor: 'ada', time: dawn, ...request });
  });

  it('prints the answer and ends with 0 when it was done', async () => {
    const cluster = baking();
    cluster.answering();

    expect(await cluster.run('promote reviews-v2 --reason hotfix')).toEqual({
      code: 0,
      out: `${name}: Promoted past step 2 by ada from serin: hotfix.\n`,
      err: '',
    });
  });

  it('ends with 0 when it had been done before', async () => {
    const cluster = baking();
    cluster.answering();

    expect(await cluster.run('promote reviews-v2 --step 1')).toEqual({
      code: 0,
      out: `${name}: Step 1 was left already; the rollout is at step 2.\n`,
      err: '',
    });
  });

  it('ends with 1 when it was refused, such as an abort after promotion began, and says the way back', async () => {
    const cluster = baking();
    cluster.change(name, { phase: 'promoting' });
    cluster.answering();

    const { code, out } = await cluster.run('abort reviews-v2');

    expect(code).toBe(1);
    expect(out).toContain('Too late to abort: reviews-v2 is being promoted');
    expect(out).toContain('kubectl annotate deployment/reviews-v1 -n shop serin.dev/canary-of=reviews-v2');
  });

  it('without a controller says that the request is written and will be answered', async () => {
    expect(await baking().run('pause reviews-v2')).toEqual({
      code: 0,
      out: '',
      err: `\
The request is written and will be answered. It was not within 10s: no controller runs, or it has to wait for the next phase.
See the answer with: serin status ${name} -n shop
`,
    });
  });

  it('prints the answer to its own request, not to another', async () => {
    const cluster = baking();
    cluster.answering();
    await cluster.run('pause reviews-v2');

    expect((await cluster.run('abort reviews-v2')).out).toBe(`${name}: Aborted by ada from serin.\n`);
  });

  it('ends with 10 and the sentence of the cluster when it is not permitted', async () => {
    const cluster = baking();
    cluster.refuses({ kind: 'refused', message: 'ada needs the verb promote on canaryrollouts.serin.dev.' });

    expect(await cluster.run('promote reviews-v2')).toEqual({
      code: 10,
      out: '',
      err: `serin: You may not promote ${name}: ada needs the verb promote on canaryrollouts.serin.dev.\n`,
    });
  });

  it('says how to stop a rollout that holds no more requests', async () => {
    const cluster = baking();
    cluster.refuses({ kind: 'full' });

    const { code, err } = await cluster.run('abort reviews-v2');

    expect(code).toBe(1);
    expect(err).toContain(`Try: kubectl patch cro ${name} -n shop --type=merge -p '{"spec":{"abort":true}}'\n`);
  });

  it('ends with 10 when the rollout went meanwhile', async () => {
    const cluster = baking();
    cluster.refuses({ kind: 'gone' });

    expect((await cluster.run('abort reviews-v2')).code).toBe(10);
  });

  it('waits for whoever asks the same at this moment, and hears what they did, without a line of its own', async () => {
    const cluster = baking(0);
    const theirs = { id: 'theirs', verb: 'promote', step: 0, actor: 'bob', surface: 'slack', time: dawn } as const;
    cluster.put(aRollout({ spec: { requests: [theirs] }, status: { phase: 'baking', step: 0 } }));
    const answer = { id: 'theirs', outcome: 'done', message: 'Promoted past step 1 by bob from slack.' } as const;
    cluster.after(2_000, () =>
      cluster.change(name, { phase: 'shifting', step: 1, answers: [{ ...answer, time: dawn + 2_000 }] }),
    );

    expect(await cluster.run('promote reviews-v2 --step 1')).toEqual({
      code: 0,
      out: `${name}: Step 1 was promoted already, by bob from slack; the rollout is at step 2.\n`,
      err: '',
    });
    expect(cluster.get(name)?.spec.requests).toEqual([theirs]);
  });

  it('of a rollout that has had many requests, what was done before takes no line', async () => {
    const asked = Array.from({ length: 10 }, (_, index) => ({
      id: `request-of-${index}`,
      verb: 'pause' as const,
      actor: 'bob',
      surface: 'slack',
      time: dawn,
    }));
    const answers = asked.map(({ id }) => ({ id, outcome: 'repeated' as const, message: 'Paused.', time: dawn }));
    const cluster = testCluster();
    cluster.put(aRollout({ spec: { requests: asked }, status: { phase: 'baking', step: 1, answers } }));

    expect((await cluster.run('promote reviews-v2 --step 1')).out).toContain('Step 1 was left already');
    expect(cluster.get(name)?.spec.requests).toHaveLength(10);
  });

  it('means no step while the weight is on its way to the next', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'shifting', step: 1 } }));

    expect(await cluster.run('promote reviews-v2')).toMatchObject({
      code: 1,
      err: `serin: ${name} is on its way to step 2, so that it is not clear which step is meant.\nTry: serin promote ${name} -n shop --step 2\n`,
    });
  });

  it('goes through all steps or past one, and is not asked for both', async () => {
    const cluster = baking();

    const { code, err } = await cluster.run('promote reviews-v2 --full --step 2');

    expect(code).toBe(2);
    expect(err).toContain(
      '--full goes through all remaining steps, so that there is no --step to name. Leave one out.\n',
    );
    expect(cluster.get(name)?.spec.requests).toEqual([]);
  });

  it('knows the steps of the plan', async () => {
    expect((await baking().run('promote reviews-v2 --step 5')).err).toBe(
      `serin: There is no step 5: the plan of ${name} has 4 (10, 25, 50, 100 percent).\nTry: serin promote --help\n`,
    );
    expect(await baking().run('promote reviews-v2 --step 0')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Expected a whole number from 1.'),
    });
  });
});
