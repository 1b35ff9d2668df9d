// The record of a rollout that programs read.
import { describe, expect, it } from 'vitest';
import { recordOf } from '../../src/domain/record.ts';
import { rolloutSchema } from '../../src/http/api/record.ts';
import { aRequest, aRollout, aVerdict, dawn } from '../support/builders.ts';

describe('the record', () => {
  it('says who let a rollout go on in spite of a freeze, who approved, and what was asked, with steps from 1', () => {
    const given = { by: 'ada', surface: 'http', time: dawn, reason: 'login is broken' };
    const rollout = aRollout({
      status: {
        step: 1,
        freezeOverride: given,
        approval: { of: 'step', step: 1, askedAt: dawn, given },
        verdicts: [aVerdict('pass')],
      },
      spec: { requests: [aRequest('approve', { step: 1 })] },
    });

    const record = recordOf(rollout);

    const said = { ...given, time: '2026-01-05T09:00:00.000Z' };
    expect(record).toMatchObject({ step: 2, freezeOverride: said, approval: { step: 2, given: said } });
    expect(record.requests).toMatchObject([{ verb: 'approve', step: 2 }]);
  });

  it('is what the schema of the API describes, with no key more', () => {
    const record = recordOf(aRollout({ status: { verdicts: [aVerdict('fail')] } }));

    expect(rolloutSchema.strict().parse(record)).toEqual(record);
  });
});
