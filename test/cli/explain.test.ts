import { describe, expect, it } from 'vitest';
import type { CustomGate } from '../../src/domain/gates/custom.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import { aContext, origin, steadily, subject } from '../domain/gates/readings.ts';
import { aPlan, aRollout, aRoute } from '../support/builders.ts';
import { testCluster } from './support/command.ts';

/** A rollout of cart-v2 that has counted these slots at weight 10; its verdicts are saved as words alone. */
function counted(canary: readonly [number, number], stable: readonly [number, number], slots: number): Rollout {
  const plan = aPlan({ steps: [10, 100], minRequests: 100 });
  const evidence = beginStep(beginEvidence(origin), origin);
  const judged = judge(evidence, steadily(slots, { canary, stable }), aContext(plan));
  const words = (verdict: GateVerdict): GateVerdict => {
    const { numbers: _, query: __, ...rest } = verdict;
    return rest;
  };
  const route = aRoute({ services: subject.services });
  const status = {
    phase: 'baking',
    step: 0,
    weight: { intended: 10, observed: 10 },
    route,
    evidence: judged.evidence,
    verdicts: judged.verdicts.map(words),
  } as const;
  const versions = {
    stable: { workload: 'cart-v1', hash: '1', images: [] },
    canary: { workload: 'cart-v2', hash: '2', images: [] },
  };
  return aRollout({ status, spec: { plan, target: { name: 'cart-v2', uid: 'u' }, ...versions } });
}

describe('serin explain', () => {
  it('tells for each gate its sentence, both counts, the interval, the odds in words, and the query', async () => {
    const cluster = testCluster();
    cluster.put(counted([300, 60], [2_700, 13], 20));

    const { code, out } = await cluster.run('explain cart-v2');

    expect(code).toBe(0);
    expect(out).toContain('errors: FAIL (ErrorRateWorse)\n');
    expect(out).toMatch(
      /\n {2}Canary +[\d,]+ of [\d,]+ requests count against it \(20%\)\n {2}Stable +[\d,]+ of [\d,]+ requests count against it \(0\.48%\)\n/,
    );
    expect(out).toMatch(/\n {2}Difference +(?:between|at least) .* points, with 95% certainty\./);
    expect(out).toMatch(
      /\n {2}Odds +(?:[\d,]+|more than a billion) to 1 that it is worse; 167 to 1 would roll it back\.\n/,
    );
    expect(out).toContain('to 1 that it is not worse than the margin; 10 to 1 pass the step.');
    expect(out).toContain('\n  Query      the requests\n');
    expect(out).toContain('a release that is as good as stable is rolled back with a probability of 1% at most');
    expect(out).not.toContain('own gates');
  });

  it('promises nothing of the gates of a policy, unless they are in shadow', async () => {
    const cluster = testCluster();
    const gate: CustomGate = {
      name: 'queue',
      question: { kind: 'limit', query: 'q', max: 100 },
      onNoData: 'hold',
      shadow: false,
      windowMs: 60_000,
      failures: 2,
    };
    const rollout = counted([20, 0], [180, 1], 8);
    const withGate = (own: CustomGate) => ({ ...rollout, spec: { ...rollout.spec, plan: aPlan({ gates: [own] }) } });

    cluster.put(withGate(gate));
    const { out: judged } = await cluster.run('explain cart-v2');
    cluster.put(withGate({ ...gate, shadow: true }));
    const { out: shown } = await cluster.run('explain cart-v2');

    expect(judged).toContain("over all steps and looks together, the policy's own gates not counted;");
    expect(shown).not.toContain('own gates');
  });

  it('says how far it is where nothing is decided yet', async () => {
    const cluster = testCluster();
    cluster.put(counted([20, 0], [180, 1], 8));

    const { out } = await cluster.run('explain deployment/cart-v2');

    expect(out).toContain('errors: undecided');
    expect(out).toMatch(/\n {2}Progress +160 of about [\d,]+ canary requests, \d+m left at this rate\.\n/);
  });

  it('gives a record for programs', async () => {
    const cluster = testCluster();
    cluster.put(counted([300, 60], [2_700, 13], 20));

    const { out } = await cluster.run('explain cart-v2 -o json');

    const record = JSON.parse(out);
    expect(record).toMatchObject({ schema: 'serin.dev/explanation/v1', target: 'cart-v2', step: 1, weight: 10 });
    const errors = record.gates.find(({ gate }: GateVerdict) => gate === 'errors');
    expect(errors.numbers.worse.odds).toBeGreaterThan(errors.numbers.worse.needed);
    expect(errors.query).toBe('the requests');
  });

  it('keeps the words of a verdict that the evidence does not bear out any more, without numbers', async () => {
    const cluster = testCluster();
    const rollout = counted([300, 60], [2_700, 13], 20);
    const anew = beginStep(beginEvidence(origin), origin);
    cluster.put({ ...rollout, status: { ...rollout.status, evidence: anew } });

    const { out } = await cluster.run('explain cart-v2');

    expect(out).toContain('errors: FAIL (ErrorRateWorse)');
    expect(out).not.toContain('Odds');
  });

  it('says that nothing was said yet', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'pending', verdicts: [] } }));

    const { code, out } = await cluster.run('explain reviews-v2');

    expect(code).toBe(0);
    expect(out).toContain('No gate has said anything of this step yet.');
  });

  it('names what is not there', async () => {
    const { code, err } = await testCluster().run('explain nothing');

    expect(code).toBe(10);
    expect(err).toContain('There is no rollout of "nothing" in namespace shop.');
  });
});
