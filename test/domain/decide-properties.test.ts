import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GateVerdict, Verdict } from '../../src/domain/verdict.ts';
import { aVerdict, aWarrant } from '../support/builders.ts';
import { type Bake, decide, minute, numbersUpTo, unhealthy } from './bakes.ts';

describe('whatever the plan, the pause, the warrants and the time', () => {
  it('nothing overrides a fail', () => {
    fc.assert(
      fc.property(bakes(), fc.nat(), fc.constantFrom(aVerdict('fail'), unhealthy), (bake, at, fail) => {
        const verdicts = (bake.verdicts ?? []).toSpliced(at % ((bake.verdicts?.length ?? 0) + 1), 0, fail);

        expect(decide({ ...bake, verdicts }).kind).toBe('rollBack');
      }),
    );
  });

  it('a forward move has a warrant for the present step, and its kind is earned', () => {
    fc.assert(
      fc.property(bakes(), (bake) => {
        const decision = decide(bake);
        if (decision.kind !== 'advance') return;
        const { kind, step } = decision.warrant;

        expect(step).toBe(1);
        expect(earned(bake, kind)).toBe(true);
      }),
    );
  });

  it('a paused rollout never goes forward', () => {
    fc.assert(
      fc.property(bakes(), fc.boolean(), (bake, bySpec) => {
        const paused = bySpec
          ? { ...bake, spec: { ...bake.spec, paused: true } }
          : { ...bake, status: { ...bake.status, pausedBy: 'ada' } };

        expect(decide(paused).kind).not.toBe('advance');
      }),
    );
  });

  it("only a fail or the plan's own word on an undecided bake goes back", () => {
    fc.assert(
      fc.property(bakes(), (bake) => {
        const decision = decide(bake);
        if (decision.kind !== 'rollBack') return;
        const failed = bake.verdicts?.some(({ verdict }) => verdict === 'fail');

        expect(failed === true || (decision.cause === 'undecided' && bake.plan?.onUndecided === 'rollback')).toBe(true);
      }),
    );
  });

  it('every decision carries its sentence', () => {
    fc.assert(
      fc.property(bakes(), (bake) => {
        const decision = decide(bake);
        const sentence = decision.kind === 'advance' ? decision.warrant.message : decision.message;

        expect(sentence).toMatch(/\w+.*\.$/);
      }),
    );
  });
});

function earned(bake: Bake, kind: string): boolean {
  const words = (bake.verdicts ?? []).map(({ verdict }) => verdict);
  const bakedMs = bake.bakedMs ?? 0;
  switch (kind) {
    case 'pass':
      return words.length > 0 && words.every((word) => word === 'pass') && bakedMs >= 2 * minute;
    case 'time':
      return bake.plan?.analysis === 'off' && bakedMs >= 2 * minute;
    case 'person':
      return bake.status?.fullWarrant !== undefined;
    case 'undecided':
      return (
        bake.plan?.onUndecided === 'advance' &&
        bakedMs >= 12 * minute &&
        !words.includes('sourceDown') &&
        excludesHarm(bake.verdicts ?? [])
      );
    default:
      return false;
  }
}

/** Every gate that compares passes or excludes harm beyond five times the margin, and there is one; the others pass. */
function excludesHarm(verdicts: readonly GateVerdict[]): boolean {
  const compares = ({ gate }: GateVerdict): boolean => ['errors', '4xx', 'latency'].includes(gate);
  const high = ({ numbers }: GateVerdict): number => numbers?.interval?.high ?? 1;
  return (
    verdicts.some(compares) &&
    verdicts.every((each) => each.verdict === 'pass' || (compares(each) && high(each) <= 0.05))
  );
}

function bakes(): fc.Arbitrary<Bake> {
  const words = fc.constantFrom<Verdict>('pass', 'fail', 'undecided', 'noData', 'sourceDown');
  const gates = fc.constantFrom('errors', '4xx', 'latency', 'traffic', 'health', 'custom/queue');
  return fc.record({
    plan: fc.record({
      onUndecided: fc.constantFrom('hold', 'rollback', 'advance'),
      analysis: fc.constantFrom('auto', 'off'),
    }),
    spec: fc.record({ paused: fc.boolean() }),
    status: fc.oneof(
      fc.record({ phase: fc.constantFrom('baking', 'awaitingApproval') }),
      fc.record({ phase: fc.constant('baking'), fullWarrant: fc.constant(aWarrant(0, 'person')) }),
    ),
    verdicts: fc.array(
      fc
        .tuple(words, gates, fc.constantFrom({}, { numbers: numbersUpTo(0.05) }, { numbers: numbersUpTo(0.051) }))
        .map(([word, gate, more]) => aVerdict(word, { gate, ...more })),
      { maxLength: 5 },
    ),
    bakedMs: fc.integer({ min: 0, max: 40 }).map((half) => (half * minute) / 2),
  });
}
