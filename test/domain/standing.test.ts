import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ran, type Standing, type Stands, standingOf } from '../../src/domain/standing.ts';

const old: Ran = { hash: 'h1', revision: 'r1', replicas: 3, readyReplicas: 3 };
const fresh: Ran = { hash: 'h2', revision: 'r2', replicas: 0, readyReplicas: 0 };

/** An adopted Deployment of three pods that runs what it is told. */
function seen(parts: Partial<Stands> = {}): Stands {
  return {
    revision: 'r1',
    hash: 'h1',
    replicas: 3,
    complete: true,
    paused: false,
    held: false,
    stableHash: 'h1',
    generations: [old],
    rejected: [],
    ...parts,
  };
}

/** The same with another template asked for, held before any pod of it started. */
function changed(parts: Partial<Stands> = {}): Stands {
  const { hash: _, ...others } = seen({ revision: 'r2', complete: false, paused: true, held: true, ...parts });
  return others;
}

describe('a Deployment stands', () => {
  const { stableHash: _, ...unadopted } = seen();
  const table: readonly (readonly [string, Stands, Standing])[] = [
    ['at rest while it runs what it is told', seen(), { kind: 'rest' }],
    ['at rest, held or not', seen({ paused: true, held: true }), { kind: 'rest' }],
    ['at rest again when the running template is put back', changed({ revision: 'r1' }), { kind: 'rest' }],
    ['to be adopted once all its pods run one template', unadopted, { kind: 'adopt', hash: 'h1', slipped: false }],
    ['unsettled in the middle of its own rolling update', { ...unadopted, complete: false }, { kind: 'unsettled' }],
    [
      'to be adopted anew when the recorded ReplicaSet is gone',
      seen({ stableHash: 'h0' }),
      { kind: 'adopt', hash: 'h1', slipped: false },
    ],
    ['changed when it is told another template', changed(), { kind: 'changed', stable: old }],
    [
      'changed also before anything holds it',
      changed({ paused: false, held: false }),
      { kind: 'changed', stable: old },
    ],
    [
      'changed although stable is down, because the change may be the cure',
      changed({ generations: [{ ...old, readyReplicas: 0 }] }),
      { kind: 'changed', stable: { ...old, readyReplicas: 0 } },
    ],
    ['rejected when that template was', changed({ rejected: ['r2'] }), { kind: 'rejected', stable: old }],
    [
      'rejected also without pods, so that they come back with the running template',
      changed({ rejected: ['r2'], replicas: 0 }),
      { kind: 'rejected', stable: old },
    ],
    ['empty without pods', changed({ replicas: 0 }), { kind: 'empty' }],
    ['paused by a person who has not finished', changed({ held: false }), { kind: 'pausedByPerson' }],
    [
      'to be adopted as slipped when it has rolled by itself',
      seen({
        revision: 'r2',
        hash: 'h2',
        generations: [
          { ...fresh, replicas: 3, readyReplicas: 3 },
          { ...old, replicas: 0, readyReplicas: 0 },
        ],
      }),
      { kind: 'adopt', hash: 'h2', slipped: true },
    ],
  ];

  it.each(table)('%s', (_name, stands, standing) => {
    expect(standingOf(stands)).toEqual(standing);
  });

  it('never takes for stable what is not recorded as such, whatever runs', () => {
    const hashes = fc.constantFrom('h1', 'h2', 'h3');
    const ran = fc.record({
      hash: hashes,
      revision: fc.constantFrom('r1', 'r2', 'r3'),
      replicas: fc.nat(3),
      readyReplicas: fc.nat(3),
    });
    fc.assert(
      fc.property(
        fc.array(ran, { maxLength: 4 }),
        hashes,
        fc.boolean(),
        fc.boolean(),
        (generations, stableHash, paused, held) => {
          const standing = standingOf(changed({ generations, stableHash, paused, held }));

          if (standing.kind === 'changed' || standing.kind === 'rejected')
            expect(standing.stable.hash).toBe(stableHash);
        },
      ),
    );
  });
});
