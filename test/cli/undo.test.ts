import { describe, expect, it } from 'vitest';
import type { Phase } from '../../src/domain/rollout.ts';
import { aWorkload } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged, aGeneration, aManaged, aManagedRollout } from './support/managed.ts';

const older = aGeneration({ hash: '1111111111', revision: 'dddddddddd', images: ['checkout:0'], replicas: 0 });

function cluster(target = aChanged()): TestCluster {
  const made = testCluster();
  made.deploy(target);
  made.managed.generations = [aGeneration(), older];
  return made;
}

describe('serin undo', () => {
  it('puts back what the Deployment runs, which touches no pod', async () => {
    const held = cluster();

    expect(await held.run('undo deployment/checkout')).toEqual({
      code: 0,
      out: `\
The pod template of checkout is again that of revision 2 (checkout:1).
Its pods run that already: the hold is lifted, and no pod is touched.
`,
      err: '',
    });
    expect(held.managed.acts).toEqual(['put 5c5b46c844 back']);
  });

  it('goes back to the one before where the Deployment runs what it is told to', async () => {
    const atRest = cluster(aManaged());

    expect((await atRest.run('undo checkout')).out).toBe(`\
The pod template of checkout is again that of revision 1 (checkout:0).
It becomes a canary. Wait with: serin wait checkout -n shop
`);
    expect(atRest.managed.acts).toEqual(['put 1111111111 back']);
  });

  it('takes a revision by its number, as kubectl does', async () => {
    const held = cluster();

    expect((await held.run('undo checkout --to-revision 1')).out).toContain('that of revision 1 (checkout:0).\n');
    expect(held.managed.acts).toEqual(['put 1111111111 back']);
  });

  it('rolls the canary back that is under way', async () => {
    const busy = cluster();
    busy.put(aManagedRollout());

    expect((await busy.run('undo checkout')).out).toContain(
      'checkout-bbbbbbbbbb-1 is rolled back, and no pod of checkout is touched. See: serin status checkout -n shop\n',
    );
  });

  it.each<Phase>(['promoting', 'finalizing', 'held'])(
    'releases the version before against the copy in %s',
    async (phase) => {
      const late = cluster();
      late.put(aManagedRollout({ status: { phase } }));

      expect((await late.run('undo checkout')).out).toContain(
        `It becomes a canary; checkout-bbbbbbbbbb-1 is ${phase}, and its copy stays stable meanwhile. Wait with: serin wait checkout -n shop\n`,
      );
      expect(late.managed.acts).toEqual(['put 5c5b46c844 back']);
    },
  );

  it('puts back the version that the copy serves where a newer one was applied meanwhile', async () => {
    const late = cluster(aChanged({ revision: 'eeeeeeeeee' }));
    const begun = aGeneration({ hash: '2222222222', revision: 'bbbbbbbbbb', images: ['checkout:2'], replicas: 1 });
    late.managed.generations = [begun, aGeneration(), older];
    late.put(aManagedRollout({ status: { phase: 'held' } }));

    expect((await late.run('undo checkout')).out).toContain('Its promotion is tried again.');
    expect(late.managed.acts).toEqual(['put 2222222222 back']);
  });

  it('tries again when somebody changed the Deployment meanwhile, and not for ever', async () => {
    const contended = cluster();
    contended.managed.conflicts = 4;
    expect((await contended.run('undo checkout')).code).toBe(0);

    contended.managed.conflicts = 5;
    expect(await contended.run('undo checkout')).toMatchObject({
      code: 1,
      err: 'serin: Deployment checkout was changed by somebody else 5 times meanwhile. Try again.\n',
    });
  });

  it('names the revisions there are where another is asked for', async () => {
    expect(await cluster().run('undo checkout --to-revision 7')).toMatchObject({
      code: 10,
      err: expect.stringContaining('has no revision 7. Known are 2 (checkout:1), 1 (checkout:0).'),
    });
  });

  it('says that there is no other where none is known', async () => {
    const alone = cluster(aManaged());
    alone.managed.generations = [aGeneration()];

    expect(await alone.run('undo checkout')).toMatchObject({
      code: 10,
      err: expect.stringContaining('has run no other pod template that the cluster still knows.'),
    });
  });
});

describe('serin restart', () => {
  it('changes the template as kubectl does, held or not', async () => {
    const held = cluster();

    expect(await held.run('restart checkout')).toEqual({
      code: 0,
      out: 'The pod template of checkout asks for new pods.\nIt becomes a canary. Wait with: serin wait checkout -n shop\n',
      err: '',
    });
    expect(held.managed.acts).toEqual(['restart checkout 2026-01-05T09:00:00.000Z']);
  });

  it('says that the canary under way is rolled back first', async () => {
    const busy = cluster();
    busy.put(aManagedRollout());

    expect((await busy.run('restart checkout')).out).toContain(
      'It becomes a canary; checkout-bbbbbbbbbb-1 is rolled back first.',
    );
  });

  it('says at 0 replicas that nothing is judged', async () => {
    const empty = cluster(aManaged({ replicas: 0 }));

    expect((await empty.run('restart checkout')).out).toContain('It is scaled to 0, so that nothing can be judged');
  });
});

describe.each(['undo', 'restart'])('serin %s', (verb) => {
  it('leaves a Deployment to kubectl that is not managed', async () => {
    const others = testCluster();
    others.deploy(aWorkload({ name: 'reviews' }));

    expect(await others.run(`${verb} reviews`)).toEqual({
      code: 2,
      out: '',
      err:
        'serin: Deployment reviews is not managed by Serin (it has no serin.dev/canary=enabled).\n' +
        `Try: kubectl rollout ${verb} deployment/reviews -n shop\n`,
    });
  });

  it('finds no Deployment where there is none', async () => {
    expect((await testCluster().run(`${verb} nothing`)).code).toBe(10);
  });
});
