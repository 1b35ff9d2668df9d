import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit.ts';
import { junitReport } from '../../src/cli/render/junit.ts';
import { aRollout } from '../support/builders.ts';
import { elementsOf } from '../support/xml.ts';

const anything = fc.string({ unit: 'binary', maxLength: 60 });

it('a JUnit report is well-formed XML whatever a container or a person wrote', () => {
  fc.assert(
    fc.property(anything, anything, anything, (message, query, next) => {
      const verdict = { gate: 'errors', verdict: 'fail', reason: 'ErrorRateWorse', message, query } as const;
      const rollout = aRollout({ status: { phase: 'rolledBack', cause: 'gate', message, verdicts: [verdict] } });
      const waited = { namespace: 'shop', name: 'checkout', goal: 'promoted' };

      const report = junitReport(waited, { code: exitCodes.rolledBack, rollout, message, next, tookMs: 1_500 });

      const elements = elementsOf(report);
      expect(elements.map(({ name }) => name)).toEqual([
        'testsuites',
        'testsuite',
        'testcase',
        'failure',
        'testcase',
        'failure',
      ]);
    }),
  );
});
