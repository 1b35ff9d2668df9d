import { describe, expect, it } from 'vitest';
import { type Interrupt, interruptOf, type Present } from '../../src/domain/interrupt.ts';
import { isAbortable, phases, type Rollout, type RolloutSpec } from '../../src/domain/rollout.ts';
import { aPresent, aRollout } from '../support/builders.ts';

const present = { deleting: false };

interface Situation {
  readonly deleting?: boolean;
  readonly spec?: Partial<RolloutSpec>;
  /** Changes to the canary's Deployment; `gone` when there is none. */
  readonly target?: Partial<Present> | 'gone';
  readonly stable?: Partial<Present> | 'gone';
  /** Neither Deployment has a revision yet. */
  readonly unhashed?: boolean;
}

describe('a rollout is ended', () => {
  const table: readonly (readonly [string, Situation, Interrupt])[] = [
    ['by deleting its record', { deleting: true }, person('Deleted', 'The rollout reviews-v2-two-1 was deleted.')],
    ['by deleting the Deployment', { target: 'gone' }, person('TargetDeleted', 'Deployment reviews-v2 was deleted.')],
    [
      'by a Deployment that is about to go',
      { target: { deleting: true } },
      person('TargetDeleted', 'Deployment reviews-v2 was deleted.'),
    ],
    [
      'by another Deployment under the same name',
      { target: { uid: 'uid-of-another' } },
      person('TargetDeleted', 'Deployment reviews-v2 was deleted.'),
    ],
    [
      'by taking the annotation away',
      { target: { annotations: {} } },
      {
        ...person('AnnotationRemoved', 'The annotation serin.dev/canary-of on Deployment reviews-v2 was removed.'),
        final: false,
      },
    ],
    [
      'by naming another stable',
      { target: { annotations: { 'serin.dev/canary-of': 'reviews-v0' } } },
      {
        ...person(
          'AnnotationRemoved',
          'The annotation serin.dev/canary-of on Deployment reviews-v2 now says "reviews-v0".',
        ),
        final: false,
      },
    ],
    [
      'by a newer pod template',
      { target: { hash: 'three' } },
      {
        cause: 'superseded',
        reason: 'Superseded',
        message: 'The pod template of reviews-v2 changed from two to three; the newer one is released next.',
        final: false,
      },
    ],
    [
      'by a change of stable',
      { stable: { hash: 'zero' } },
      {
        cause: 'stableChanged',
        reason: 'StableChanged',
        message:
          'The pod template of the stable Deployment reviews-v1 changed from one to zero, so that there is nothing left to compare with.',
        final: false,
      },
    ],
    [
      'by deleting stable',
      { stable: 'gone' },
      {
        cause: 'stableChanged',
        reason: 'StableChanged',
        message: 'The stable Deployment reviews-v1 was deleted.',
        final: false,
      },
    ],
  ];

  it.each(table)('%s, in every phase up to the last bake and in none after', (_name, situation, interrupt) => {
    for (const phase of phases) {
      const seen = interruptIn(situation, phase);

      expect([phase, seen]).toEqual([phase, isAbortable(phase) ? interrupt : undefined]);
    }
  });
});

describe('spec.abort', () => {
  it.each(phases)('in %s ends a rollout up to the last bake; one that waits for approval is refused by it', (phase) => {
    const aborted = person('Aborted', 'Aborted by spec.abort on the rollout.');
    const refused = {
      cause: 'approval',
      reason: 'ApprovalRefused',
      message: 'Approval refused by spec.abort on the rollout.',
      final: true,
    };

    const interrupt = interruptIn({ spec: { abort: true } }, phase);

    const expected = phase === 'awaitingApproval' ? refused : aborted;
    expect(interrupt).toEqual(isAbortable(phase) ? expected : undefined);
  });
});

describe('a rollout goes on', () => {
  it.each<readonly [string, Situation]>([
    ['while nothing changed', {}],
    ['while the cluster has not computed a revision', { unhashed: true }],
    [
      'when another setting is edited',
      { target: { annotations: { 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/bake': '9m' } } },
    ],
  ])('%s', (_name, situation) => {
    expect(interruptIn(situation, 'baking')).toBeUndefined();
  });
});

function person(reason: string, message: string): Interrupt {
  return { cause: 'person', reason, message, final: true };
}

function interruptIn(situation: Situation, phase: Rollout['status']['phase']): Interrupt | undefined {
  const rollout = aRollout({
    deleting: situation.deleting ?? false,
    ...(situation.spec === undefined ? {} : { spec: situation.spec }),
    status: { phase },
  });
  const stableParts = { uid: 'uid-reviews-v1', hash: 'one', annotations: {} };
  const target = situation.target === 'gone' ? undefined : aPresent(situation.target);
  const stable = situation.stable === 'gone' ? undefined : aPresent({ ...stableParts, ...situation.stable });
  if (situation.unhashed === true) return interruptOf(rollout, unhashed(target), unhashed(stable), present);
  return interruptOf(rollout, target, stable, present);
}

function unhashed(present: Present | undefined): Present | undefined {
  if (present === undefined) return undefined;
  const { hash: _, ...rest } = present;
  return rest;
}

describe('a managed rollout is ended', () => {
  const spec: Partial<RolloutSpec> = {
    mode: 'managed',
    target: { name: 'checkout', uid: 'uid-checkout' },
    stable: { workload: 'checkout', hash: '5d9f', images: [] },
    canary: { workload: 'checkout-ab12', hash: 'ab12', images: [] },
  };
  const target: Present = {
    uid: 'uid-checkout',
    deleting: false,
    revision: 'ab12',
    replicas: 3,
    annotations: { 'serin.dev/canary': 'enabled' },
  };
  function ended(now: Partial<Present>, stable: Present | undefined = { ...target, ...now }): Interrupt | undefined {
    return interruptOf(aRollout({ spec, status: { phase: 'baking' } }), { ...target, ...now }, stable, present);
  }

  it('by nothing while its template is the one that is judged', () => {
    expect(ended({})).toBeUndefined();
  });

  it('by a newer template, which is released next', () => {
    expect(ended({ revision: 'cd34' })).toEqual({
      cause: 'superseded',
      reason: 'Superseded',
      message: 'The pod template of checkout changed from ab12 to cd34; the newer one is released next.',
      final: false,
    });
  });

  it('by the running template put back, which leaves nothing to release', () => {
    expect(ended({ revision: 'e0e0', hash: '5d9f' })?.reason).toBe('TemplateTakenBack');
  });

  it('by taking the annotation away, for the time being', () => {
    expect(ended({ annotations: {} })).toMatchObject({ reason: 'AnnotationRemoved', cause: 'person', final: false });
  });

  it('by scaling it to nothing', () => {
    expect(ended({ replicas: 0 })).toMatchObject({ reason: 'ScaledToZero', cause: 'person', final: true });
  });

  it('by deleting it', () => {
    expect(ended({ deleting: true })).toMatchObject({ reason: 'TargetDeleted', cause: 'person' });
  });

  it('by the loss of the copy that serves as stable', () => {
    const heir = aRollout({
      spec: { ...spec, stable: { workload: 'checkout-0c0c', hash: '0c0c', images: [] } },
      status: { phase: 'baking' },
    });

    expect(interruptOf(heir, target, undefined, present)).toMatchObject({
      cause: 'stableChanged',
      reason: 'StableChanged',
    });
  });

  it.each([
    ['gone', undefined],
    ['going', { deleting: true }],
  ])('by a copy that is %s while it carries traffic, and not while it carries none', (_how, copy) => {
    const at = (observed: number): Rollout =>
      aRollout({ spec, status: { phase: 'shifting', weight: { intended: 25, observed } } });

    expect(interruptOf(at(10), target, target, copy)).toEqual({
      cause: 'health',
      reason: 'CanaryDeleted',
      message: 'Deployment checkout-ab12, which carried the canary and 10% of the traffic, was deleted.',
      final: true,
    });
    expect(interruptOf(at(0), target, target, copy)).toBeUndefined();
  });

  it('by none of that from promotion on', () => {
    const promoting = aRollout({ spec, status: { phase: 'promoting' } });

    expect(interruptOf(promoting, { ...target, revision: 'cd34' }, target, present)).toBeUndefined();
  });
});
