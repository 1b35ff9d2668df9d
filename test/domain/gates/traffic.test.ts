import { describe, expect, test } from 'vitest';
import { aContext, lastOf, looksAt, steadily } from './readings.ts';

describe('The traffic gate', () => {
  test('passes when the share of the canary is its weight, and says the share', () => {
    const looks = looksAt(steadily(3, { canary: [104, 0], stable: [896, 0] }), aContext());

    expect(lastOf('traffic', looks)).toEqual({
      gate: 'traffic',
      verdict: 'pass',
      reason: 'WeightsInEffect',
      message:
        'The canary received 312 of 3,000 requests (10.4%), as its clients saw it (reporter source), at weight 10%.',
      query: 'the requests',
    });
  });

  test.each([
    ['too much', { canary: [300, 0], stable: [700, 0] }],
    ['too little', { canary: [10, 0], stable: [990, 0] }],
    ['nothing', { canary: [0, 0], stable: [1_000, 0] }],
  ] as const)('is undecided, and never fails, when the canary receives %s', (_, seen) => {
    const looks = looksAt(steadily(3, seen), aContext());

    expect(lastOf('traffic', looks)).toMatchObject({ verdict: 'undecided', reason: 'WeightsNotInEffect' });
    expect(lastOf('traffic', looks).message).toMatch(
      /at weight 10%, where 8% to 12% would be expected\. The weights do not reach all/,
    );
  });

  test('grants a random split more room the fewer requests there are', () => {
    const share = (scale: number) =>
      looksAt(steadily(1, { canary: [3 * scale, 0], stable: [7 * scale, 0] }), aContext());

    expect(lastOf('traffic', share(1))).toMatchObject({ verdict: 'pass' });
    expect(lastOf('traffic', share(100))).toMatchObject({ verdict: 'undecided' });
  });

  test('sees at weight 100 that stable still receives requests', () => {
    const context = aContext({}, { weight: 100 });

    expect(lastOf('traffic', looksAt(steadily(1, { canary: [1_000, 0], stable: [10, 0] }), context))).toMatchObject({
      verdict: 'pass',
    });
    expect(lastOf('traffic', looksAt(steadily(1, { canary: [900, 0], stable: [100, 0] }), context))).toMatchObject({
      verdict: 'undecided',
    });
  });

  test('goes by what clients saw, not by what pods counted of retries and clients outside the mesh', () => {
    const looks = looksAt(
      steadily(
        1,
        { canary: [100, 0], stable: [900, 0] },
        { reporter: 'destination', canary: [900, 0], stable: [900, 0] },
      ),
      aContext(),
    );

    expect(lastOf('traffic', looks)).toMatchObject({ verdict: 'pass' });
  });

  test('goes by the pods where nobody else reports, and by the waypoint where that does', () => {
    const seen = { canary: [500, 0], stable: [500, 0] } as const;
    const pods = looksAt(steadily(1, { ...seen, reporter: 'destination' }), aContext());
    const waypoint = looksAt(
      steadily(1, { ...seen, reporter: 'destination' }, { reporter: 'waypoint', canary: [100, 0], stable: [900, 0] }),
      aContext(),
    );

    expect(lastOf('traffic', pods).message).toContain('(reporter destination)');
    expect(lastOf('traffic', waypoint)).toMatchObject({ verdict: 'pass' });
  });

  test('counts what an unreachable canary should have received', () => {
    const looks = looksAt(steadily(3, { stable: [900, 0], lost: 100 }), aContext());

    expect(lastOf('traffic', looks)).toMatchObject({ verdict: 'pass' });
  });

  test('has no data without requests', () => {
    const looks = looksAt(steadily(2, { canary: [0, 0], stable: [0, 0] }), aContext());

    expect(lastOf('traffic', looks)).toMatchObject({ verdict: 'noData', reason: 'NoRequests' });
  });
});
