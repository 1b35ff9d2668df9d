// The gauge contract in memory and on a real Prometheus, and what only a real one can show.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryGauge } from '../../src/adapters/memory/gauge.ts';
import { prometheusGauge } from '../../src/adapters/prometheus/gauge.ts';
import { queryProblems } from '../../src/adapters/prometheus/syntax.ts';
import { type CustomGate, openCustom, questionOf, sayCustom } from '../../src/domain/gates/custom.ts';
import { readGates } from '../../src/domain/gates/custom-settings.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { depths, gaugeContract } from './gauge.ts';

const minuteMs = 60_000;
/** Some hours ago, so that nothing is in the newest block. */
const at = Math.floor(Date.now() / minuteMs) * minuteMs - 4 * 60 * minuteMs;

/** Names that a careless query would stumble over; each has a series of its own, with its place here as its value. */
const names = [
  'plain',
  'a.b',
  'aXb',
  '"',
  "'",
  '`',
  String.raw`\\`,
  '\\',
  '"} or vector(99) # ',
  "'} or vector(99) # ",
  'line\nbreak',
  '.*',
  'a|plain',
  '{{stable}}',
  '$1',
  'ü€😀',
];

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** OpenMetrics, with the moment of each sample in seconds. */
function backfill(): string {
  const moments = Array.from({ length: 11 }, (_, index) => (at - (10 - index) * 30_000) / 1_000);
  const series = (name: string, value: number): string[] => moments.map((moment) => `${name} ${value} ${moment}`);
  const served = moments.map((moment, index) => `served_total{d="one"} ${index * 60} ${moment}`);
  return [
    '# TYPE depth gauge',
    ...series('depth{d="one"}', 3),
    ...series('depth{d="two"}', 4),
    '# TYPE odd gauge',
    ...names.flatMap((name, index) => series(`odd{d="${escaped(name)}"}`, index)),
    '# TYPE served counter',
    ...served,
    '# EOF',
    '',
  ].join('\n');
}

gaugeContract('memory', async () => {
  const gauge = memoryGauge();
  for (const [query, sample] of Object.entries(depths)) gauge.reads(query, sample);
  return {
    gauge,
    at,
    stop: async () => gauge.stop('The source is away.'),
    start: async () => gauge.start(),
    dispose: async () => undefined,
  };
});

gaugeContract('Prometheus', async () => {
  const prometheus = await startPrometheus({ backfill: backfill() });
  return {
    gauge: prometheusGauge({ url: prometheus.url, timeoutMs: 5_000 }),
    at,
    stop: () => prometheus.stop(),
    start: () => prometheus.start(),
    dispose: () => prometheus.dispose(),
  };
});

describe('a gauge on Prometheus', () => {
  let prometheus: TestPrometheus;
  const around = { canary: 'one', stable: 'two', namespace: 'shop', step: 1, weight: 10 };
  const gauge = (timeoutMs = 5_000) => prometheusGauge({ url: prometheus.url, timeoutMs });

  beforeAll(async () => {
    prometheus = await startPrometheus({ backfill: backfill() });
  });

  afterAll(() => prometheus.dispose());

  function gateOf(written: Readonly<Record<string, unknown>>): CustomGate {
    const { gates, problems } = readGates([{ name: 'tried', max: 100, ...written }]);
    expect(problems).toEqual([]);
    const [gate] = gates;
    if (gate === undefined) throw new Error('This is no gate.');
    return gate;
  }

  it.each(['odd{d="{{canary}}"}', "odd{d='{{canary}}'}", 'odd{d=~"{{canary}}"}', "odd{d=~'{{canary}}'}"])(
    'finds of every name its own series and no other: %s',
    async (query) => {
      const gate = gateOf({ query });
      const asked = names.map((canary) => questionOf(gate, { ...around, canary }));

      const answers = await Promise.all(asked.map((question) => gauge().ask(question, at)));

      const own = names.map((_, value) => ({ kind: 'look', look: { canary: { kind: 'number', value } } }));
      expect(answers).toEqual(own);
    },
  );

  it('looks back over the window, and takes a scalar for the number it is', async () => {
    const rate = gateOf({ query: 'rate(served_total{d="{{canary}}"}[{{window}}])', window: '2m' });
    const scalar = gateOf({ query: 'scalar(depth{d="{{canary}}"}) * {{step}} + {{weight}}' });

    const answers = await Promise.all([rate, scalar].map((gate) => gauge().ask(questionOf(gate, around), at)));

    expect(answers).toEqual([
      { kind: 'look', look: { canary: { kind: 'number', value: 2 } } },
      { kind: 'look', look: { canary: { kind: 'number', value: 13 } } },
    ]);
  });

  it('compares, through comments and operators of the queries', async () => {
    const compare = {
      canary: 'sum(depth{d="{{canary}}"}) or vector(0) # of the canary',
      stable: 'sum(depth{d="{{stable}}"}) # of stable',
      maxRatio: 0.7,
    };
    const gate = gateOf({ compare, max: undefined, failures: 1 });

    const answer = await gauge().ask(questionOf(gate, around), at);

    if (answer.kind === 'down') throw new Error(answer.message);
    const [, verdict] = sayCustom(
      gate,
      openCustom(undefined, at - 15_000),
      { weight: 10, now: at },
      { at, look: answer.look },
    );
    expect(verdict).toMatchObject({
      verdict: 'fail',
      message: 'tried is 3 on the canary and 4 on stable: 0.75 times, at most 0.7 times is allowed.',
    });
  });

  it.each(['sum(depth', 'rate(depth)', 'nothing(depth)', 'depth[5m]', '"x"'])(
    'says that a query will never do: %s',
    async (query) => {
      const answer = await gauge().ask({ canary: query }, at);

      expect(answer).toMatchObject({ kind: 'down', refused: true });
    },
  );

  it('is down, and not the query, where the answer does not come in time', async () => {
    prometheus.pause();
    const answer = await gauge(300).ask({ canary: 'depth' }, at);
    prometheus.resume();

    expect(answer).toMatchObject({ kind: 'down', refused: false, message: expect.stringContaining('within 300ms') });
  });

  it('agrees with the grammar of serin lint on what is a query', async () => {
    const queries = [
      'sum(depth)',
      'sum(depth',
      'depth{d="x"',
      'nothing(depth)',
      'depth offset 5m',
      'depth @ 3',
      'a b',
      '',
      'rate(depth)',
      'rate(depth[5m])',
      'quantile_over_time(0.9, depth)',
      'quantile_over_time(0.9, depth[5m])',
      'sum(depth[5m])',
      'depth + depth[5m]',
      'max_over_time(rate(depth[1m])[5m:])',
      'max_over_time(rate(depth)[5m:])',
      'rate(-depth[5m])',
      'abs(depth[5m:])',
    ];

    const answers = await Promise.all(queries.map((query) => gauge().ask({ canary: query }, at)));

    const refused = answers.map((answer) => answer.kind === 'down');
    expect(queries.map((query) => queryProblems(query).length > 0)).toEqual(refused);
  });
});
