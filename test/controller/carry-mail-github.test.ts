// GitHub shows each rollout as one deployment, whatever fails meanwhile.
import { describe, expect, it } from 'vitest';
import { aPlan, aSpec, aStatus } from '../support/builders.ts';
import { mailScene, type Process } from './mail-scene.ts';

describe('GitHub', () => {
  it('goes on in the same deployment after a restart', async () => {
    const { change, create, deployments, github, rollouts, seen, settle, start, states } = await mailScene('github');
    const id = await create('restarted');
    await change(id, { phase: 'preparing' });
    await settle([start()]);
    const saved = (await rollouts.get(id))?.status.mail?.github;
    const lists = github.calls.filter(({ method }) => method === 'GET').length;

    await change(id, { phase: 'promoted' });
    await settle([start()]);

    expect(saved).toEqual({ told: 1, at: String(deployments('restarted')[0]?.id) });
    expect(states('restarted')).toEqual([['in_progress', 'success']]);
    expect(github.calls.filter(({ method }) => method === 'GET')).toHaveLength(lists);
    expect(seen.maybeTwice).toBe(0);
  });

  it('has one deployment also when a process dies before it could save which, which is counted', async () => {
    const { change, create, seen, settle, start, states } = await mailScene('github');
    const id = await create('window');
    const first: Process = start((_, { mail }) => {
      if (mail?.github?.at !== undefined) first.kill();
    });
    first.due.changed(await change(id, { phase: 'preparing' }));
    await first.due.deliverDue();

    await change(id, { phase: 'rolledBack', cause: 'gate' });
    await settle([start()]);

    expect(states('window')).toEqual([['in_progress', 'in_progress', 'failure']]);
    expect(seen.maybeTwice).toBe(1);
  });

  it('may show a status twice whose answer was lost, which is counted', async () => {
    const { github, create, change, settle, start, states, seen } = await mailScene('github');
    const id = await create('unheard');
    let losses = 1;
    github.failing(({ path }) => {
      if (!path.endsWith('/statuses') || losses === 0) return undefined;
      losses -= 1;
      return { lost: true };
    });
    await change(id, { phase: 'promoted' });

    await settle([start()]);

    expect(states('unheard')).toEqual([['success', 'success']]);
    expect(seen.maybeTwice).toBe(1);
  });

  it('is told of the last of several changes that are one state to it', async () => {
    const { change, create, deployments, settle, start } = await mailScene('github');
    const id = await create('quick');
    for (const phase of ['preparing', 'shifting', 'promoted'] as const)
      await change(id, { phase, message: `Now ${phase}.` });

    await settle([start()]);

    expect(deployments('quick')[0]?.statuses).toMatchObject([
      { state: 'in_progress', description: 'Now shifting.' },
      { state: 'success', description: 'Now promoted.' },
    ]);
  });

  it('gets a deployment anew when somebody deleted the first', async () => {
    const { change, create, deployments, github, settle, start, states } = await mailScene('github');
    const id = await create('removed');
    const process = start();
    await change(id, { phase: 'preparing' });
    await settle([process]);
    github.delete(deployments('removed')[0]?.id ?? 0);

    await change(id, { phase: 'promoted' });
    await settle([process]);

    expect(states('removed')).toEqual([['success']]);
  });

  it('that has one rollout wait has all of them wait', async () => {
    const { deployments, change, create, github, settle, start, states } = await mailScene('github');
    const ids = [await create('limit-1'), await create('limit-2')];
    let limits = 1;
    github.failing(() => {
      limits -= 1;
      return limits < 0 ? undefined : { status: 403, headers: { 'retry-after': '90' } };
    });
    const process = start();
    process.due.changed(await change(ids[0] ?? { namespace: '', name: '' }, { phase: 'promoted' }));
    await process.due.deliverDue();
    await change(ids[1] ?? { namespace: '', name: '' }, { phase: 'promoted' });

    await settle([process], 89_000);
    const early = [...deployments('limit-1'), ...deployments('limit-2')];
    await settle([process]);

    expect(early).toEqual([]);
    expect([states('limit-1'), states('limit-2')]).toEqual([[['success']], [['success']]]);
  });

  it('is not told of a rollout without a commit, and that is said', async () => {
    const { change, deployments, letters, rollouts, seen, settle, start } = await mailScene('github');
    const id = { namespace: 'shop', name: 'no-commit' };
    const plan = aPlan({ github: { repository: 'example/shop' } });
    await rollouts.create(id, aSpec({ plan }), aStatus());
    await change(id, { phase: 'preparing' });
    await change(id, { phase: 'promoted' });

    await settle([start()]);

    expect(seen.warned).toEqual(['A rollout is not told of']);
    expect(await letters(id)).toEqual([]);
    expect(deployments('no-commit')).toEqual([]);
  });
});
