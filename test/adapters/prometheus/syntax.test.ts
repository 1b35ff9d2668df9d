import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaugeQuery } from '../../../src/adapters/prometheus/gauge.ts';
import { queryProblems } from '../../../src/adapters/prometheus/syntax.ts';
import { readTemplate, renderTemplate } from '../../../src/domain/gates/query-template.ts';

describe('a query', () => {
  it.each([
    'sum(rate(http_requests_total{namespace="shop",pod=~"checkout-.+"}[1m]))',
    'histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))',
    'scalar(x) / scalar(y)',
    'max_over_time(x[5m:15s]) # the worst',
    'quantile_over_time(0.9, x[5m] offset 1m)',
    'max_over_time(rate((x[5m] @ end()))[1h:])',
    'predict_linear(x[1h], 3600) / on (pod) group_left y',
    'topk(3, -absent_over_time({__name__="x"}[5m]))',
    'vector(time())',
  ])('can be asked: %s', (query) => {
    expect(queryProblems(query)).toEqual([]);
  });

  it.each([
    ['sum(rate(x[1m])', 15, 'it ends too early'],
    ['sum by (le (x)', 11, 'it cannot be read from "(x)" on'],
    ['sum(ratee(x[1m]))', 9, 'cannot be read'],
    ['', 0, 'it ends too early'],
    ['x[5m]', 0, 'a range of values'],
    ['x[5m:15s]', 0, 'a range of values'],
    ['"x"', 0, 'a text'],
    ['x[5m] offset 1h', 0, 'a range of values'],
    ['rate(up)', 5, 'rate takes a range of values, as in rate(up[5m]); up is none.'],
    ['sum(rate(sum(x)))', 9, 'rate takes a range of values, and sum(x) is none. Give it one, as in rate(x[5m]).'],
    ['avg_over_time(x offset 1m)', 14, 'avg_over_time takes a range of values'],
    [
      'quantile_over_time(0.9, up)',
      24,
      'quantile_over_time takes a range of values, as in quantile_over_time(0.9, up[5m])',
    ],
    ['rate()', 4, 'rate takes a range of values'],
    ['sum(x[5m])', 4, 'sum takes no range of values, and x[5m] is one. Take one of it, as in avg_over_time(...).'],
    ['abs(x[5m:])', 4, 'abs takes no range of values'],
    ['x + y[5m]', 0, 'A range belongs to one selector'],
    ['x[5m] > 1', 0, 'no range of values'],
    ['rate(-x[5m])', 5, 'A range belongs to one selector'],
    ['max_over_time(rate(x)[1h:])', 19, 'rate takes a range of values'],
  ])('is none: %s', (query, offset, words) => {
    expect(queryProblems(query)).toMatchObject([{ offset, message: expect.stringContaining(words) }]);
  });

  it('of two arms is one that can be asked, whatever comments they end with', () => {
    const query = gaugeQuery({ canary: 'sum(x) # canary', stable: 'sum(y) or vector(0) # stable' });

    expect(queryProblems(query)).toEqual([]);
    expect(query).toContain('"serin_arm", "canary"');
  });
});

it('stays a query whatever the names in it are, by the grammar itself', () => {
  const query = `sum(x{a="{{canary}}",b=~'{{stable}}.*',c!~"{{namespace}}"}) / {{weight}}`;
  const name = fc.string({ unit: 'binary', maxLength: 20 });

  fc.assert(
    fc.property(name, name, name, (canary, stable, namespace) => {
      const around = { canary, stable, namespace, step: 1, weight: 10, windowMs: 60_000 };

      expect(queryProblems(renderTemplate(readTemplate(query), around))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
