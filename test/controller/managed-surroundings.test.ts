// What others do around a managed rollout while it is under way: routes that come, and rules of Serin's that go.
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/rollout.ts';
import { type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';

const late = { namespace: 'edge', name: 'late' };
const lateSpec = {
  hosts: ['late.example.com'],
  http: [{ route: [{ destination: { host: 'checkout.shop.svc.cluster.local' } }] }],
};

async function baking(): Promise<ManagedWorld> {
  const scene = managedWorld({ settings: { steps: '25,100' } });
  await runFor(scene, 60_000);
  await scene.release('r2');
  await runUntil(scene, ({ status }) => status.phase === 'baking');
  return scene;
}

function reasons({ said }: ManagedWorld): readonly string[] {
  return said.map(({ reason }) => reason);
}

function specOf(scene: ManagedWorld, { namespace, name }: typeof late): unknown {
  return (scene.mesh.read(namespace, name) as { readonly spec: unknown }).spec;
}

describe('a VirtualService that comes in the middle of a rollout', () => {
  it('is split like the others, said, and given back as it was', async () => {
    const scene = await baking();
    scene.mesh.put('virtualservices', { metadata: late, spec: lateSpec });

    await runFor(scene, 20_000);
    const split = specOf(scene, late);
    const end = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(split).toMatchObject({
      http: [
        {
          route: [
            { destination: { subset: 'serin-stable-h1' }, weight: 75 },
            { destination: { subset: 'serin-canary-r2' }, weight: 25 },
          ],
        },
      ],
    });
    expect(reasons(scene).filter((reason) => reason === 'RouteAdded')).toHaveLength(2);
    expect(end.status.phase).toBe('promoted');
    expect(specOf(scene, late)).toEqual(lateSpec);
    expect(await scene.leftovers()).toEqual([]);
  });

  it('is left alone when it leads elsewhere', async () => {
    const scene = await baking();
    const spec = { hosts: ['late.example.com'], http: [{ route: [{ destination: { host: 'other' } }] }] };
    scene.mesh.put('virtualservices', { metadata: late, spec });

    await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(specOf(scene, late)).toEqual(spec);
    expect(reasons(scene)).not.toContain('RouteAdded');
  });
});

describe('a DestinationRule of Serin that somebody deletes in the middle of a rollout', () => {
  it.each(['baking', 'promoting', 'finalizing'])(
    'is there again within seconds while %s, and gone at the end',
    async (phase) => {
      const scene = await baking();
      await runUntil(
        scene,
        ({ status }) => status.phase === phase && status.stage !== 'subsets' && status.stage !== 'pins',
      );
      const before = rules(scene);
      for (const name of before) scene.mesh.remove('shop', name, 'destinationrules');

      await runFor(scene, 10_000);
      const after = rules(scene);
      const end = await runUntil(scene, ({ status }) => isFinal(status.phase));

      expect(before.length).toBeGreaterThanOrEqual(2);
      expect(after.length).toBeGreaterThanOrEqual(2);
      expect(reasons(scene)).toContain('SubsetsRestored');
      expect(end.status.phase).toBe('promoted');
      expect(await scene.leftovers()).toEqual([]);
    },
  );
});

function rules({ mesh }: ManagedWorld): readonly string[] {
  return mesh.list('destinationrules', 'shop').map(({ metadata }) => metadata.name);
}
