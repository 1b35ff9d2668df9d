import { describe, expect, it } from 'vitest';
import { aRollout, aWorkload } from '../support/builders.ts';
import { testCluster } from './support/command.ts';

describe('what the Deployment asks for by now', () => {
  const finished = aRollout({ status: { phase: 'rolledBack', cause: 'person', message: 'Aborted by ada.' } });

  it('is told under a finished rollout where it cannot be done', async () => {
    const cluster = testCluster();
    cluster.put(finished);
    const annotations = { 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/step': '5,100' };
    cluster.deploy(aWorkload({ name: 'reviews-v2', hash: 'two', annotations }));

    const { code, out } = await cluster.run('status reviews-v2');

    expect(code).toBe(0);
    expect(out).toContain('What Deployment reviews-v2 asks for by now cannot be done:\n');
    expect(out).toContain('  serin.dev/step is not a setting of Serin. Did you mean serin.dev/steps?\n');
  });

  it('is left out for a user who may not read Deployments', async () => {
    const cluster = testCluster();
    cluster.put(finished);
    cluster.managed.forbidden = true;

    expect(await cluster.run('status reviews-v2')).toMatchObject({ code: 0, err: '' });
  });

  it('is not mentioned where all is well', async () => {
    const cluster = testCluster();
    cluster.put(finished);
    cluster.deploy(
      aWorkload({ name: 'reviews-v2', hash: 'two', annotations: { 'serin.dev/canary-of': 'reviews-v1' } }),
    );

    expect((await cluster.run('status reviews-v2')).out).not.toContain('asks for');
  });
});
