import { describe, expect, it } from 'vitest';
import { type WatchRoom, type WatchView, watchLines } from '../../src/cli/render/watch.ts';
import { paintFor, textOf, withoutColour } from '../../src/cli/terminal.ts';
import { aRollout, aVerdict, aWorkload, dawn } from '../support/builders.ts';
import { testCluster } from './support/command.ts';
import { aManagedRollout } from './support/managed.ts';
import { besidesOf, framesOf } from './support/screen.ts';

const name = 'checkout-bbbbbbbbbb-1';

const baking = aManagedRollout({
  status: {
    step: 1,
    weight: { intended: 25, observed: 24 },
    since: dawn,
    message: 'Baking at 25%: 412 of about 900 canary requests seen.',
    verdicts: [
      aVerdict('undecided', {
        numbers: {
          canary: { requests: 412, failures: 3 },
          stable: { requests: 1_236, failures: 7 },
          interval: { low: -0.004, high: 0.009, level: 0.99 },
          margin: 0.005,
          fine: { odds: 3, needed: 10 },
          progress: { have: 412, need: 900, leftMs: 360_000 },
        },
      }),
      aVerdict('pass', { gate: 'traffic', reason: 'WeightsInEffect', message: '24% arrived at the canary.' }),
      aVerdict('fail', {
        gate: 'latency',
        reason: 'LatencyWorse',
        shadow: true,
        message: 'Worse.',
        numbers: { canary: { requests: 412, failures: 40 }, margin: 0.01 },
      }),
    ],
  },
});

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
checkout in shop: ${name}, attempt 1
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

describe('serin watch', () => {
  it('draws the tree over itself on a screen, and ends as the rollout does', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.deploy(aWorkload({ name: 'checkout', replicas: 4, readyReplicas: 3 }));
    cluster.after(5_000, () => cluster.change(name, { phase: 'rolledBack', cause: 'gate', message: 'Worse.' }));

    const { code, out } = await cluster.run('watch checkout', { screen: true, columns: 100 });

    const drawings = framesOf(out);
    expect(code).toBe(3);
    expect(drawings[0]).toContain('3 of 4 pods ready, 75%');
    expect(drawings.at(-1)).toContain('└─ Worse.\n');
  });

  it('gives the cursor back however it ends, and never wipes what it is about to draw', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(4_000, () => cluster.interrupt());

    const { code, out, err } = await cluster.run('watch checkout', { screen: true, columns: 100 });

    expect(code).toBe(130);
    expect(err).toContain('The rollout goes on.');
    const [first = '', ...others] = framesOf(out);
    expect(first).toMatch(/^<\?25lcheckout in shop/);
    expect(others).toHaveLength(3);
    expect(others.filter((frame) => !/^<\d+Fcheckout in shop.*<0J$/s.test(frame))).toEqual([]);
    expect(besidesOf(out)).toEqual(['', '', '', '<CR><K<?25h']);
  });

  it('tells of a cluster that does not answer where the tree stood, and draws it anew below', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(2_000, () => cluster.silent(new Error('no route to host')));
    cluster.after(5_000, () => cluster.silent(undefined));
    cluster.after(8_000, () => cluster.change(name, { phase: 'promoted', message: 'It serves.' }));

    const { code, out, err } = await cluster.run('watch checkout', { screen: true, columns: 100 });

    expect(code).toBe(0);
    expect(err).toBe('The cluster does not answer (no route to host); trying again.\nThe cluster answers again.\n');
    const wiped = besidesOf(out).findIndex((piece) => /^<\d+F<0J$/.test(piece));
    expect(besidesOf(out).filter((piece) => piece !== '')).toEqual([besidesOf(out)[wiped], '<CR><K<?25h']);
    expect(framesOf(out)[wiped + 1]).toMatch(/^checkout in shop/);
  });

  it('goes on without pods where the user may not read them', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'promoted' } }));
    cluster.managed.forbidden = true;

    const { code, out } = await cluster.run('watch reviews-v2', { screen: true });

    expect(code).toBe(0);
    expect(out).toContain('no pods');
  });

  it('prints one line per change where nothing can be drawn over', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(5_000, () => cluster.change(name, { phase: 'promoted', message: 'It serves.', verdicts: [] }));

    expect((await cluster.run('watch checkout')).out).toBe(
      `2026-01-05T09:00:00Z ${name} baking step=2/4 weight=25%_(is_24%) verdict=undecided:errors: Baking at 25%: 412 of about 900 canary requests seen.\n` +
        `2026-01-05T09:00:05Z ${name} promoted step=2/4 weight=25%_(is_24%) verdict=-: It serves.\n`,
    );
  });

  it('says how to go on when it is interrupted', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(2_000, () => cluster.interrupt());

    expect(await cluster.run('watch checkout')).toMatchObject({
      code: 130,
      err: `The rollout goes on. Look again with: serin watch ${name} -n shop\n`,
    });
  });
});
