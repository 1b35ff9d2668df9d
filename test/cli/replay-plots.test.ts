import { describe, expect, it } from 'vitest';
import { intervalWords, numberRows, progressWords } from '../../src/cli/render/numbers.ts';
import { type Mark, type Plot, plotHtml } from '../../src/cli/render/plot.ts';
import { valuePlot } from '../../src/cli/render/replay-custom.ts';
import {
  differencePlot,
  gatesWithNumbers,
  oddsPlot,
  requestsPlot,
  shortNumber,
} from '../../src/cli/render/replay-plots.ts';
import type { CustomGate, Look } from '../../src/domain/gates/custom.ts';
import { oddsWords } from '../../src/domain/gates/odds.ts';
import { defaultPlan } from '../../src/domain/plan.ts';
import { type Replay, replay } from '../../src/domain/replay.ts';
import { aBefore, origin, rowsOf, slotMs, steadily, subject } from '../domain/gates/readings.ts';

/** A replay of a canary that fails so often, of 100 requests a slot, beside a stable that fails 0.5% of 900. */
function replayed(failed: number, slots = 40): Replay {
  const readings = steadily(slots, { canary: [200, failed], stable: [1_800, 9] });
  const before = aBefore(rowsOf({ stable: [18_000, 90] }));
  return replay({ subject, plan: defaultPlan, before, readings }) ?? expect.fail('Nothing was replayed.');
}

function lineOf(plot: Plot | undefined, label: string): Extract<Mark, { kind: 'line' }> {
  const mark = plot?.marks.find((each) => each.label === label);
  return mark?.kind === 'line' ? mark : expect.fail(`There is no line "${label}".`);
}

const last = <T>(items: readonly T[] | undefined): T => items?.at(-1) ?? expect.fail('There is none.');

describe('the plots of a replay', () => {
  it('show for every gate with numbers where the difference lies, the margin within sight', () => {
    const done = replayed(1);

    expect(gatesWithNumbers(done)).toContain('errors');
    const plot = differencePlot(done, 'errors') ?? expect.fail('There is no plot.');
    expect(plot.range.high).toBeGreaterThan(0.02);
    expect(plot.range.low).toBe(-plot.range.high);
    expect(lineOf(plot, 'margin of the step').pieces[0]?.[0]?.y).toBe(0.02);
    expect(last(lineOf(plot, 'difference counted in the step').pieces[0]).y).toBeCloseTo(0, 10);
    expect(plot.span).toEqual({ from: origin, to: done.end.time });
  });

  it('begin a new piece with every step, because the numbers do', () => {
    const done = replayed(1, 120);

    const steps = new Set(done.looks.map(({ step }) => step)).size;
    expect(steps).toBeGreaterThan(1);
    expect(lineOf(differencePlot(done, 'errors'), 'no difference').pieces).toHaveLength(steps);
  });

  it('show the odds rise on a logarithmic scale until they roll it back', () => {
    const plot = oddsPlot(replayed(24), 'errors');

    const worse = last(lineOf(plot, 'that the canary is worse').pieces);
    const needed = last(lineOf(plot, 'would roll it back').pieces);
    expect(last(worse).y).toBeGreaterThan(worse[0]?.y ?? 99);
    expect(last(needed).y).toBeCloseTo(Math.log10(100 / 0.6), 6);
    expect(last(worse).y).toBeGreaterThan(last(needed).y);
    expect(plot?.ticks.map(({ text }) => text)).toEqual(expect.arrayContaining(['even', '100:1']));
  });

  it('show the requests a second of both arms', () => {
    const plot = requestsPlot(replayed(1), slotMs);

    expect(lineOf(plot, 'canary').pieces[0]?.[0]?.y).toBeCloseTo(200 / 15, 10);
    expect(lineOf(plot, 'stable').pieces[0]?.[0]?.y).toBeCloseTo(120, 10);
  });

  it('stay small however long the past is', () => {
    const done = replayed(1, 1);
    const [look] = done.looks;
    const long = {
      ...done,
      looks: Array.from({ length: 5_000 }, (_, index) => ({
        ...(look ?? expect.fail('There was no look.')),
        time: origin + (index + 1) * slotMs,
      })),
    };

    const sizes = [requestsPlot(long, slotMs), differencePlot(long, 'errors'), oddsPlot(long, 'errors')].flatMap(
      (plot) => (plot?.marks ?? []).flatMap(({ pieces }) => pieces.map(({ length }) => length)),
    );

    expect(Math.max(...sizes)).toBeLessThanOrEqual(601);
  });

  it('are nothing for a gate that has no numbers', () => {
    expect(differencePlot(replayed(1), 'health')).toBeUndefined();
    expect(oddsPlot(replayed(1), 'health')).toBeUndefined();
  });

  it('are drawn within their frame, by finite numbers, with every text escaped', () => {
    const plot: Plot = {
      title: 'a "title" & more',
      span: { from: 0, to: 100 },
      range: { low: 0, high: 10 },
      ticks: [{ y: 5, text: '<5>' }],
      marks: [
        {
          kind: 'line',
          style: 'seen',
          label: "it's",
          pieces: [
            [
              { at: 0, y: 0 },
              { at: 100, y: 1_000 },
            ],
            [{ at: 50, y: 5 }],
            [],
          ],
        },
        {
          kind: 'band',
          style: 'sure',
          label: 'band',
          pieces: [
            [
              { at: 0, low: 1, high: 2 },
              { at: 50, low: 1, high: 3 },
            ],
          ],
        },
      ],
    };

    const html = plotHtml(plot);

    expect(html).toContain('aria-label="a &quot;title&quot; &amp; more"');
    expect(html).toContain('>&lt;5&gt;</span>');
    expect(html).toContain('it&#39;s');
    expect(html).toContain('d="M0 300L1000 -150"');
    expect(html).toContain('d="M500 150h0.01"');
    expect(html).toContain('d="M0 240L500 210L500 270L0 270Z"');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('numbers in words', () => {
  it('tell odds either way, and own that some are beyond telling', () => {
    expect([7_300, 14.2, 3.14, 1, 0.3, 1e-12, 1e9].map(oddsWords)).toEqual([
      '7,300 to 1',
      '14 to 1',
      '3.1 to 1',
      '1 to 1',
      '1 to 3',
      '1 to more than a billion',
      'more than a billion to 1',
    ]);
  });

  it('tell the odds of both answers with what each takes', () => {
    const rows = numberRows({
      canary: { requests: 1_000, failures: 60 },
      stable: { requests: 9_000, failures: 45 },
      worse: { odds: 7_300, needed: 100 },
      fine: { odds: 0.01, needed: 20 },
    });

    expect(rows).toEqual([
      ['Canary', '60 of 1,000 requests count against it (6%)'],
      ['Stable', '45 of 9,000 requests count against it (0.5%)'],
      ['Odds', '7,300 to 1 that it is worse; 100 to 1 would roll it back.'],
      ['', '1 to 100 that it is not worse than the margin; 20 to 1 pass the step.'],
    ]);
  });

  it('tell intervals that are open on either side', () => {
    const level = 0.95;

    expect(intervalWords({ low: -1, high: 1, level })).toBe('nothing is known of it yet.');
    expect(intervalWords({ low: -1, high: 0.02, level }, 0.01)).toBe(
      'at most +2 points, with 95% certainty. A pass takes less than +1 points.',
    );
    expect(intervalWords({ low: 0.005, high: 1, level })).toBe('at least +0.5 points, with 95% certainty.');
    expect(intervalWords({ low: -0.004, high: 0.006, level })).toBe(
      'between -0.4 and +0.6 points, with 95% certainty.',
    );
  });

  it('tell progress as requests and time', () => {
    expect(progressWords({ have: 412, need: 900, leftMs: 345_000 })).toBe(
      '412 of about 900 canary requests, 6m left at this rate.',
    );
    expect(progressWords({ have: 412, need: 900 })).toBe('412 of about 900 canary requests.');
  });
});

describe('the plot of a custom gate', () => {
  const gate: CustomGate = {
    name: 'queue',
    question: { kind: 'limit', query: 'q', max: 10 },
    onNoData: 'hold',
    shadow: false,
    windowMs: 60_000,
    failures: 2,
  };

  /** A long past in which the gate saw these, one a look. */
  function sawn(samples: readonly Look[], weight = 10): Replay {
    const done = replayed(1, 1);
    const [look = expect.fail('There was no look.')] = done.looks;
    const looks = samples.map((seen, index) => {
      const time = origin + (index + 1) * slotMs;
      return { ...look, weight, time, seen: [{ gate: 'custom/queue', at: time, look: seen }] };
    });
    return { ...done, looks, end: { ...done.end, time: looks.at(-1)?.time ?? origin } };
  }

  it('keeps every peak of a long past, in a bounded number of points', () => {
    const peak = 3_333;
    const done = sawn(
      Array.from({ length: 5_000 }, (_, index) => ({ canary: { kind: 'number', value: index === peak ? 99 : 1 } })),
    );

    const plot = valuePlot(done, gate);

    const drawn = lineOf(plot, 'value').pieces.flat();
    expect(drawn.filter(({ y }) => y === 99)).toEqual([{ at: origin + (peak + 1) * slotMs, y: 99 }]);
    expect(drawn.length).toBeLessThanOrEqual(600);
    expect(plot?.range.high).toBeGreaterThan(99);
    expect(
      lineOf(plot, 'at most 10')
        .pieces.flat()
        .map(({ y }) => y),
    ).toEqual([10, 10]);
  });

  it('breaks off where there was no number, and is nothing where there never was one', () => {
    const none = { canary: { kind: 'none' } } as const;
    const one = { canary: { kind: 'number', value: 1 } } as const;

    expect(lineOf(valuePlot(sawn([one, none, one, one]), gate), 'value').pieces.map(({ length }) => length)).toEqual([
      1, 2,
    ]);
    expect(valuePlot(sawn([none, none]), gate)).toBeUndefined();
  });

  it('has the day under each time where it spans several', () => {
    const span = { from: Date.parse('2026-01-05T22:00:00Z'), to: Date.parse('2026-01-06T02:00:00Z') };
    const plot: Plot = { title: 't', span, range: { low: 0, high: 1 }, ticks: [], marks: [] };

    expect(plotHtml(plot)).toContain('>22:00\n01-05</span>');
    expect(plotHtml({ ...plot, span: { ...span, to: span.from + 60_000 } })).toContain('>22:00</span>');
  });

  it('writes great numbers short', () => {
    expect([0, 0.25, 999, 1_500, 2e6, 1.25e9, -3e12].map(shortNumber)).toEqual([
      '0',
      '0.25',
      '999',
      '1.5k',
      '2M',
      '1.25G',
      '-3T',
    ]);
  });
});
