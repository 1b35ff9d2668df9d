import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CustomGate } from '../../../src/domain/gates/custom.ts';
import { longestQuery, readGates } from '../../../src/domain/gates/custom-settings.ts';
import { writeGate } from '../../../src/domain/gates/custom-writing.ts';
import { defaultPlan } from '../../../src/domain/plan.ts';
import { parseSettings } from '../../../src/domain/settings.ts';

const plain = { name: 'queue', query: 'queue', max: 100 };
const compare = { name: 'cpu', compare: { canary: 'a', stable: 'b', maxRatio: 1.5 } };

function complaints(gates: unknown): readonly string[] {
  return readGates(gates).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('gates that are written', () => {
  it('are none where nothing is', () => {
    expect(readGates(undefined)).toEqual({ gates: [], problems: [] });
    expect(defaultPlan.gates).toEqual([]);
  });

  it('have defaults that let no single look roll back', () => {
    expect(readGates([plain]).gates).toEqual([
      {
        name: 'queue',
        question: { kind: 'limit', query: 'queue', max: 100 },
        onNoData: 'hold',
        shadow: false,
        windowMs: 60_000,
        failures: 2,
      },
    ]);
  });

  it('compare by a ratio or by an increase', () => {
    const increase = { name: 'errors', compare: { canary: 'a', stable: 'b', maxIncrease: 0 } };

    expect(readGates([compare, increase]).gates.map(({ question }) => question)).toEqual([
      { kind: 'compare', canary: 'a', stable: 'b', most: { kind: 'ratio', value: 1.5 } },
      { kind: 'compare', canary: 'a', stable: 'b', most: { kind: 'increase', value: 0 } },
    ]);
  });

  const query = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '(', ')'), minLength: 1, maxLength: 40 });
  const spans = fc.integer({ min: 1, max: 3_600_000 });
  const gates: fc.Arbitrary<CustomGate> = fc.record(
    {
      name: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/),
      question: fc.oneof(
        fc.record({
          kind: fc.constant('limit' as const),
          query: query.map((text) => `x${text}`),
          max: fc.double({ noNaN: true, noDefaultInfinity: true }),
        }),
        fc.record({
          kind: fc.constant('compare' as const),
          canary: query.map((text) => `x${text}`),
          stable: query.map((text) => `y${text}`),
          most: fc.record({
            kind: fc.constantFrom('ratio' as const, 'increase' as const),
            value: fc.double({ min: 0.001, max: 1e9, noNaN: true }),
          }),
        }),
      ),
      onNoData: fc.constantFrom('hold' as const, 'pass' as const, 'fail' as const),
      shadow: fc.boolean(),
      windowMs: spans,
      intervalMs: spans,
      failures: fc.integer({ min: 1, max: 10 }),
    },
    { requiredKeys: ['name', 'question', 'onNoData', 'shadow', 'windowMs', 'failures'] },
  );

  it('are read as they were written', () => {
    fc.assert(
      fc.property(gates, (gate) => {
        expect(readGates([writeGate(gate)])).toEqual({ gates: [gate], problems: [] });
      }),
    );
  });
});

describe('what is wrong with a gate is said with its name and its place', () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    ['queue', ': gates is no list of gates.'],
    [['queue'], '0: Gate 1: is no gate.'],
    [[{ query: 'x', max: 1 }], '0.name: Gate 1: name is missing.'],
    [[{ ...plain, name: 'Queue' }], '0.name: Gate "Queue": name is "Queue".'],
    [[{ ...plain, maxx: 1 }], '0.maxx: Gate "queue": maxx is no field of a gate. Did you mean max?'],
    [[{ name: 'queue', max: 1 }], '0.query: Gate "queue": query is missing.'],
    [[{ ...plain, query: 7 }], '0.query: Gate "queue": query is no query, but 7.'],
    [[{ ...plain, query: 'x'.repeat(longestQuery + 1) }], '0.query: Gate "queue": query has 1001 letters'],
    [[{ ...plain, query: 'x{a={{canary}}}' }], '0.query: Gate "queue": query: {{canary}} stands outside of quotes.'],
    [[{ name: 'queue', query: 'x' }], '0: Gate "queue": has no limit.'],
    [[{ ...plain, max: '100' }], '0.max: Gate "queue": max is "100", which is no number.'],
    [[{ ...plain, min: 200 }], '0.min: Gate "queue": min 200 is above max 100.'],
    [[{ ...compare, query: 'x' }], '0.compare: Gate "cpu": has query and compare.'],
    [[{ ...compare, max: 1 }], '0.max: Gate "cpu": max means nothing beside compare.'],
    [[{ name: 'cpu', compare: 'x' }], '0.compare: Gate "cpu": compare is no object.'],
    [[{ name: 'cpu', compare: { canary: 'a', stable: 'b' } }], '0.compare: Gate "cpu": compare has no limit.'],
    [
      [{ name: 'cpu', compare: { ...compare.compare, maxIncrease: 1 } }],
      '0.compare: Gate "cpu": compare has two limits.',
    ],
    [
      [{ name: 'cpu', compare: { ...compare.compare, maxRatio: 0 } }],
      'compare.maxRatio is 0, which is no number above',
    ],
    [
      [{ name: 'cpu', compare: { canary: 'a', maxRatio: 1 } }],
      '0.compare.stable: Gate "cpu": compare.stable is missing.',
    ],
    [[{ ...plain, onNoData: 'holt' }], 'which is none of hold, pass, fail. Did you mean "hold"?'],
    [[{ ...plain, shadow: 'yes' }], 'shadow is "yes", which is neither true nor false.'],
    [[{ ...plain, window: '5' }], 'window is "5", which is no duration above zero and up to 1h.'],
    [[{ ...plain, interval: '2h' }], 'interval is "2h", which is no duration above zero and up to 1h.'],
    [[{ ...plain, failures: 0 }], 'failures is 0, which is no whole number from 1 to 10.'],
    [[plain, plain], '1.name: Two gates have the name "queue".'],
    [Array.from({ length: 9 }, (_, index) => ({ ...plain, name: `queue-${index}` })), ': gates has 9 entries'],
    [
      Array.from({ length: 8 }, (_, index) => ({ ...plain, name: `queue-${index}`, query: 'x'.repeat(900) })),
      ': The gates have 8001 bytes together',
    ],
  ];

  it.each(wrong.map(([gates, sentence]) => [sentence, gates] as const))('%s', (sentence, gates) => {
    expect(complaints(gates).join('\n')).toContain(sentence);
    expect(complaints(gates)).toHaveLength(1);
  });

  it('with every other one', () => {
    expect(complaints([{ name: 'Q', query: '{{x1y2z3}}', max: 'a', failures: 1.5 }])).toHaveLength(4);
  });
});

describe('the settings of a Deployment', () => {
  const asks = { 'serin.dev/canary': 'enabled', 'serin.dev/policy': 'own' };

  it('take the gates of its policy into the plan', () => {
    const parsed = parseSettings('checkout', asks, { gates: JSON.stringify([plain]) });

    expect(parsed).toMatchObject({ kind: 'settings', settings: { plan: { gates: [{ name: 'queue' }] } } });
  });

  it('are refused with gates that cannot be read, and with those that no step is long enough for', () => {
    const bad = parseSettings('checkout', asks, { gates: '[7]' });
    const late = { ...plain, query: 'rate(x[{{window}}])', window: '30m' };

    const parsed = parseSettings('checkout', asks, { gates: JSON.stringify([late]) });

    expect(bad).toMatchObject({ kind: 'problems', problems: [{ key: 'gates' }] });
    expect(parsed).toMatchObject({
      kind: 'problems',
      problems: [{ message: expect.stringContaining('its window of 30m is longer than max-bake (12m)') }],
    });
  });

  it('have none of their own', () => {
    const parsed = parseSettings('checkout', { ...asks, 'serin.dev/gates': '[]' });

    expect(parsed).toMatchObject({ kind: 'problems', problems: [{ key: 'gates' }] });
  });
});
