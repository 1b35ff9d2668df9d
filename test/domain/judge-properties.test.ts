import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import {
  aBefore,
  aContext,
  aDownReading,
  aReading,
  aRow,
  looksAt,
  origin,
  readingOf,
  type Seen,
} from './gates/readings.ts';
import { fine, fresh, wordOf } from './judging.ts';

const counts = fc.integer({ min: 0, max: 400 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n })));
const seen: fc.Arbitrary<Seen> = fc.record({
  reporter: fc.constantFrom('source', 'destination', 'waypoint'),
  canary: counts,
  stable: counts,
  lost: fc.integer({ min: 0, max: 50 }),
});
const pasts = fc.array(fc.array(seen, { maxLength: 3 }), { minLength: 1, maxLength: 8 });

describe('Whatever the slots hold', () => {
  test('the same readings give the same evidence, however they are cut into looks', () => {
    fc.assert(
      fc.property(pasts, fc.nat(8), (slots, cut) => {
        const readings = slots.map((each, index) => aReading(index, ...each));
        const once = judge(fresh, readings, aContext());
        const first = judge(fresh, readings.slice(0, cut), aContext());
        const saved = JSON.parse(JSON.stringify(first.evidence)) as Evidence;

        expect(judge(saved, readings, aContext())).toEqual(once);
      }),
    );
  });

  test('more canary errors never turn a failure into a pass', () => {
    fc.assert(
      fc.property(pasts, fc.nat(7), fc.nat(2), (slots, at, which) => {
        const more = slots.map((each, index) => {
          if (index !== at) return each;
          return each.map((one, place): Seen => (place === which ? { ...one, canary: failAll(one.canary) } : one));
        });
        const words = [slots, more].map((each) => {
          const readings = each.map((one, index) => aReading(index, ...one));
          return wordOf('errors', looksAt(readings, aContext({ maxErrorRate: 0.05 })).at(-1) ?? []);
        });

        expect(words).not.toEqual(['fail', 'pass']);
      }),
      { numRuns: 300 },
    );
  });

  test('the verdict does not depend on how rows are split', () => {
    fc.assert(
      fc.property(pasts, (slots) => {
        const whole = slots.map((each, index) => aReading(index, ...each));
        const split = whole.map((reading) => {
          const rows = reading.requests.flatMap((row) => [
            { ...row, count: Math.floor(row.count / 3) },
            { ...row, count: row.count - Math.floor(row.count / 3) },
          ]);
          return { ...reading, requests: rows.toReversed() };
        });

        expect(judge(fresh, split, aContext())).toEqual(judge(fresh, whole, aContext()));
      }),
    );
  });

  test('no sentence grows beyond what can be saved', () => {
    const down = { ...aDownReading(1), message: `Prometheus ${'is away '.repeat(500)}.` };
    const names = Array.from({ length: 9 }, (_, index) => `${'long-'.repeat(45)}${index}`);
    const subject = { ...aContext().subject, services: names };
    const lost = names.map((service) => ({ reporter: 'source' as const, workload: 'unknown', namespace: '', service }));
    const context = aContext({}, { subject });
    const said = [
      ...judge(fresh, [aReading(0, fine), down], context).verdicts,
      ...judge(fresh, [{ ...aReading(0, fine), unreadable: lost }], context).verdicts,
    ];

    expect(Math.max(...said.map(({ message }) => message.length))).toBe(1_000);
  });

  test('evidence stays small, also when foreign rows and thousands of bounds are read', () => {
    const bounds = Array.from({ length: 2_000 }, (_, index) => index + 1);
    const reporters = ['source', 'destination', 'waypoint'] as const;
    const latency = reporters.flatMap((reporter) =>
      ['cart-v1', 'cart-v2'].flatMap((workload) =>
        bounds.map((bound) => ({ reporter, workload, namespace: 'shop', bound, count: 1e9 + bound })),
      ),
    );
    const requests = reporters.flatMap((reporter) =>
      Array.from({ length: 500 }, (_, index) =>
        aRow({ reporter, workload: index < 2 ? `cart-v${index + 1}` : `w${index}`, count: 1e9 }),
      ),
    );
    const queries = { requests: 'q'.repeat(3_900), latency: 'q'.repeat(60_000) };
    const wide = { ...aBefore(requests, latency), queries };
    const begun = beginStep(beginEvidence(origin, wide), origin);
    const judged = judge(
      begun,
      [0, 1, 2].map((index) => ({ ...readingOf(index, requests, latency), queries })),
      aContext(),
    );

    expect(JSON.stringify({ begun, judged })).not.toContain('anew');
    expect(JSON.stringify(begun).length).toBeLessThan(40_000);
    expect(JSON.stringify(judged.evidence).length).toBeLessThan(24_000);
  });
});

function failAll(canary: Seen['canary']): readonly [number, number] {
  const requests = canary?.[0] ?? 0;
  return [requests, requests];
}
