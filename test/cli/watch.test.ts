import { describe, expect, it } from 'vitest';
import { aRollout, aWorkload, dawn } from '../support/builders.ts';
import { baking, bakingName as name } from './support/baking.ts';
import { testCluster } from './support/command.ts';
import { besidesOf, framesOf } from './support/screen.ts';

describe('serin watch', () => {
  it('draws the tree over itself on a screen, and ends as the rollout does', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.deploy(aWorkload({ name: 'checkout', replicas: 4, readyReplicas: 3 }));
    cluster.after(5_000, () => cluster.change(name, { phase: 'rolledBack', cause: 'gate', message: 'Worse.' }));

    const { code, out } = await cluster.run('watch checkout', { screen: true, columns: 100 });

    const drawings = framesOf(out);
    expect(code).toBe(3);
    expect(drawings[0]).toContain('3 of 4 pods ready, 75%');
    expect(drawings.at(-1)).toContain('└─ Worse.\n');
  });

  it('says what hinders the pods of the canary, and all of it within the height of the screen', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.deploy(aWorkload({ name: baking.spec.canary.workload }));
    cluster.managed.troubles = [{ pod: 'checkout-x1', kind: 'crashLoop', message: 'panic: no config' }];
    cluster.after(2_000, () => cluster.interrupt());

    const { out } = await cluster.run('watch checkout', { screen: true, columns: 100, rows: 18 });

    const [first = ''] = framesOf(out);
    expect(first).toContain('checkout-x1: panic: no config');
    expect(first.split('\n').length).toBeLessThanOrEqual(18);
    expect(first).toContain('You can: serin promote');
  });

  it('gives the cursor back however it ends, and never wipes what it is about to draw', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(4_000, () => cluster.interrupt());

    const { code, out, err } = await cluster.run('watch checkout', { screen: true, columns: 100 });

    expect(code).toBe(130);
    expect(err).toContain('The rollout goes on.');
    const [first = '', ...others] = framesOf(out);
    expect(first).toMatch(/^<\?25lcheckout in shop/);
    expect(others).toHaveLength(3);
    expect(others.filter((frame) => !/^<\d+Fcheckout in shop.*<0J$/s.test(frame))).toEqual([]);
    expect(besidesOf(out)).toEqual(['', '', '', '<CR><K<?25h']);
  });

  it('tells of a cluster that does not answer where the tree stood, and draws it anew below', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(2_000, () => cluster.silent(new Error('no route to host')));
    cluster.after(5_000, () => cluster.silent(undefined));
    cluster.after(8_000, () => cluster.change(name, { phase: 'promoted', message: 'It serves.' }));

    const { code, out, err } = await cluster.run('watch checkout', { screen: true, columns: 100 });

    expect(code).toBe(0);
    expect(err).toBe('The cluster does not answer (no route to host); trying again.\nThe cluster answers again.\n');
    const wiped = besidesOf(out).findIndex((piece) => /^<\d+F<0J$/.test(piece));
    expect(besidesOf(out).filter((piece) => piece !== '')).toEqual([besidesOf(out)[wiped], '<CR><K<?25h']);
    expect(framesOf(out)[wiped + 1]).toMatch(/^checkout in shop/);
  });

  it.each(['watch checkout', 'status checkout -w'])('%s is patient from its first look on', async (line) => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.silent(new Error('no route to host'));
    cluster.after(90_000, () => cluster.silent(undefined));
    cluster.after(95_000, () => cluster.change(name, { phase: 'promoted', message: 'It serves.' }));

    const { code, err } = await cluster.run(line);

    expect(code).toBe(0);
    expect(err).toBe(
      'The cluster does not answer (no route to host); trying again.\n' +
        'The cluster has not answered for 1m; trying again.\n' +
        'The cluster answers again.\n',
    );
  });

  it('ends with its error where the cluster never answers, and at once where there is no rollout', async () => {
    const silent = testCluster();
    silent.silent(new Error('no route to host'));
    const empty = testCluster();

    expect(await silent.run('watch checkout')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/serin: no route to host\n$/),
    });
    expect(silent.clock.now() - dawn).toBe(120_000);
    expect(await empty.run('watch checkout', { screen: true })).toMatchObject({ code: 10, out: '' });
    expect(empty.clock.now()).toBe(dawn);
  });

  it('that is interrupted before the cluster has answered says so', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.silent(new Error('no route to host'));
    cluster.after(2_000, () => cluster.interrupt());

    expect(await cluster.run('watch checkout')).toMatchObject({
      code: 130,
      err: expect.stringMatching(/Interrupted before the cluster had answered\.\n$/),
    });
  });

  it('goes on without pods where the user may not read them', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'promoted' } }));
    cluster.managed.forbidden = true;

    const { code, out } = await cluster.run('watch reviews-v2', { screen: true });

    expect(code).toBe(0);
    expect(out).toContain('no pods');
  });

  it('prints one line per change where nothing can be drawn over', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(5_000, () => cluster.change(name, { phase: 'promoted', message: 'It serves.', verdicts: [] }));

    expect((await cluster.run('watch checkout')).out).toBe(
      `2026-01-05T09:00:00Z ${name} baking step=2/4 weight=25%_(is_24%) verdict=undecided:errors: Baking at 25%: 412 of about 900 canary requests seen.\n` +
        `2026-01-05T09:00:05Z ${name} promoted step=2/4 weight=25%_(is_24%) verdict=-: It serves.\n`,
    );
  });

  it('says how to go on when it is interrupted', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(2_000, () => cluster.interrupt());

    expect(await cluster.run('watch checkout')).toMatchObject({
      code: 130,
      err: `The rollout goes on. Look again with: serin watch ${name} -n shop\n`,
    });
  });
});
