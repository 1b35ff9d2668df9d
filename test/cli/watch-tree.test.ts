import { describe, expect, it } from 'vitest';
import { type WatchRoom, type WatchView, watchLines } from '../../src/cli/render/watch.ts';
import { paintFor, textOf, withoutColour } from '../../src/cli/terminal.ts';
import { dawn } from '../support/builders.ts';
import { baking, bakingName } from './support/baking.ts';
import { aManagedRollout } from './support/managed.ts';

const view: WatchView = {
  rollout: baking,
  verdicts: baking.status.verdicts,
  stable: { ready: 4, wanted: 4 },
  canary: { ready: 0, wanted: 1 },
  troubles: [{ pod: 'checkout-bbbbbbbbbb-x1', kind: 'crashLoop', message: 'panic:\u001b[2J “no” config' }],
};

function room(parts: Partial<WatchRoom> = {}): WatchRoom {
  return { columns: 120, unicode: true, paint: paintOf(false), now: dawn + 140_000, ...parts };
}

function paintOf(colour: boolean) {
  return paintFor({
    out: () => undefined,
    err: () => undefined,
    interactive: true,
    colour,
    columns: 80,
    unicode: true,
  });
}

describe('the tree of serin watch', () => {
  it('shows versions with their pods, the steps, the weight and every gate, with what is missing', () => {
    expect(textOf(watchLines(view, room()))).toBe(`\
checkout in shop: ${bakingName}, attempt 1
├─ baking for 2m20s
│  └─ Baking at 25%: 412 of about 900 canary requests seen.
├─ stable checkout checkout:1 (5c5b46c844): 4 of 4 pods ready, 75%
├─ canary checkout-bbbbbbbbbb checkout:2 (bbbbbbbbbb): 0 of 1 pods ready, 25%
│  └─ checkout-bbbbbbbbbb-x1: panic: [2J “no” config
├─ steps  ✓10% → ●25% → ○50% → ○100%
├─ weight 25% intended, 24% observed (step 2/4)
└─ gates
   ├─ … errors: undecided (TooFewRequests)
   │  ├─ Canary: 3 of 412 requests count against it (0.73%)
   │  ├─ Stable: 7 of 1,236 requests count against it (0.57%)
   │  ├─ Difference: between -0.4 and +0.9 points, with 99% certainty.
   │  ├─ Limit: less than +0.5 points worse than stable; the odds that it is are 3 to 1, and 10 to 1 pass.
   │  └─ Missing: 412 of about 900 canary requests, 6m left at this rate.
   ├─ ✓ traffic: pass (WeightsInEffect)
   │  └─ 24% arrived at the canary.
   └─ ✗ latency: FAIL (LatencyWorse, shown and not judged)
      ├─ Canary: 40 of 412 requests count against it (9.71%)
      └─ Limit: less than +1 points worse than stable.

You can: serin promote checkout -n shop, serin abort checkout -n shop
`);
  });

  it('breaks lines between words on a narrow screen, and none is wider', () => {
    const lines = watchLines(view, room({ columns: 40 }));

    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(textOf(lines.slice(0, 12))).toBe(`\
checkout in shop: checkout-bbbbbbbbbb-1,
attempt 1
├─ baking for 2m20s
│  └─ Baking at 25%: 412 of about 900
│     canary requests seen.
├─ stable checkout checkout:1
│  (5c5b46c844): 4 of 4 pods ready, 75%
├─ canary checkout-bbbbbbbbbb checkout:2
│  (bbbbbbbbbb): 0 of 1 pods ready, 25%
│  └─ checkout-bbbbbbbbbb-x1: panic: [2J
│     “no” config
├─ steps  ✓10% → ●25% → ○50% → ○100%
`);
  });

  it('measures wide letters as the screen shows them, and never cuts one in two', () => {
    const message = '商品ページの応答時間が遅くなりました。👩‍👩‍👧 é 確認してください'.repeat(2);
    const rollout = aManagedRollout({ status: { ...baking.status, message } });
    const lines = watchLines({ ...view, rollout }, room({ columns: 31 }));

    expect(lines.slice(3, 8)).toEqual([
      '├─ baking for 2m20s',
      '│  └─ 商品ページの応答時間が遅く',
      '│     なりました。👩‍👩‍👧 é',
      '│     確認してください商品ページ',
      '│     の応答時間が遅くなりまし',
    ]);
  });

  it('tells of gates in fewer words where it is higher than the screen, those first that pass', () => {
    const long = aManagedRollout({ status: { ...baking.status, message: 'Baking goes on and on. '.repeat(20) } });
    const heights = [27, 26, 23, 21, 12].map((rows) => watchLines({ ...view, rollout: long }, room({ rows })));
    const [whole, open, brief, short, signs] = heights.map(textOf);

    expect(heights.map((lines) => lines.length)).toEqual([26, 23, 21, 18, 15]);
    expect(whole).toContain('✓ traffic: pass (WeightsInEffect)\n   │  └─ 24% arrived');
    expect(open).not.toContain('24% arrived');
    expect(open).toContain('Canary: 3 of 412 requests');
    expect(brief).not.toContain('Canary: 3 of 412 requests');
    expect(brief?.match(/on and on/g)).toHaveLength(20);
    expect(short?.match(/on and on/g)).not.toHaveLength(20);
    expect(short).toContain('Missing: 412 of about 900 canary requests');
    expect(signs).not.toContain('Missing');
    expect(signs).toContain('└─ ✗ latency: FAIL');
  });

  it('keeps commands whole where they do not fit in one line', () => {
    expect(watchLines(view, room({ columns: 40 })).slice(-3)).toEqual([
      'You can:',
      '  serin promote checkout -n shop',
      '  serin abort checkout -n shop',
    ]);
  });

  it('is drawn in ASCII where letters beyond it would not arrive', () => {
    const text = textOf(watchLines(view, room({ unicode: false })));

    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain('|- steps  +10% > *25% > -50% > -100%\n');
    expect(text).toContain('   `- x latency: FAIL');
    expect(text).toContain('?no? config');
  });

  it('says the same with colours and without', () => {
    const coloured = watchLines(view, room({ paint: paintOf(true) }));

    expect(coloured.join('\n')).toContain('\u001b[33m✗ latency: FAIL');
    expect(coloured.map(withoutColour)).toEqual(watchLines(view, room()));
  });

  it('marks the step at which it was sent back', () => {
    const rollout = aManagedRollout({ status: { phase: 'rolledBack', cause: 'gate', step: 2, finishedAt: dawn } });
    const text = textOf(watchLines({ ...view, rollout, verdicts: [], canary: undefined, troubles: [] }, room()));

    expect(text).toContain('├─ rolledBack 2m20s ago\n');
    expect(text).toContain('├─ steps  ✓10% → ✓25% → ✗50% → ○100%\n');
    expect(text).toContain('canary checkout-bbbbbbbbbb checkout:2 (bbbbbbbbbb): no pods, 0%\n');
    expect(text).toContain('└─ gates  none has said anything of this step yet\n');
  });
});

describe('stable of a managed Deployment', () => {
  it.each([
    ['baking', 'stable checkout checkout:1 (5c5b46c844)'],
    ['promoting', 'stable checkout checkout:1 (5c5b46c844)'],
    ['finalizing', 'stable checkout checkout:2 (bbbbbbbbbb)'],
    ['promoted', 'stable checkout checkout:2 (bbbbbbbbbb)'],
    ['rolledBack', 'stable checkout checkout:1 (5c5b46c844)'],
  ] as const)('when it is %s, is %s', (phase, words) => {
    const rollout = aManagedRollout({ status: { ...baking.status, phase, finishedAt: dawn } });

    expect(textOf(watchLines({ ...view, rollout }, room()))).toContain(`├─ ${words}: 4 of 4 pods ready`);
  });
});
