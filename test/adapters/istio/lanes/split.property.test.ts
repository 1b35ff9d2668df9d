// Whatever a VirtualService looks like: a rollout splits its lanes, moves their weights, and leaves it as it was.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { join } from '../../../../src/adapters/istio/lanes/join.ts';
import type { RoutedObject } from '../../../../src/adapters/istio/lanes/object.ts';
import { split } from '../../../../src/adapters/istio/lanes/split.ts';
import type { Lanes } from '../../../../src/domain/lanes.ts';
import {
  corpusObjects,
  hasCorpus,
  lanesOf,
  read,
  stored,
  sums,
  unsplit,
  virtualServices,
  weightSequences,
} from './scenes.ts';

type Json = Record<string, unknown>;

function splitTo(object: RoutedObject, lanes: Lanes, canary: number, testers = false): RoutedObject {
  return read({ ...object, spec: split(object, lanes, { canary, testers }) });
}

function joined(object: RoutedObject, lanes: Lanes): RoutedObject {
  return read({ ...object, spec: join(object, lanes) });
}

function splitBy(object: RoutedObject, lanes: Lanes, weights: readonly number[], testers = false): RoutedObject {
  return weights.reduce((each, canary) => splitTo(each, lanes, canary, testers && canary > 0), object);
}

function leavesNoTrace(object: RoutedObject, lanes: Lanes, weights: readonly number[]): void {
  const last = splitBy(object, lanes, weights);
  expect(stored(joined(last, lanes).spec)).toBe(stored(object.spec));
}

/** Parts by destination, rounded so that thirds may be compared. */
function rounded(parts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, Math.round(part * 1e9) / 1e9]));
}

describe('splitting lanes', () => {
  it('leaves no trace once they are joined, whatever weights there were', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, (plain, weights) => {
        const object = read(plain);
        leavesNoTrace(object, lanesOf(object), weights);
      }),
      { numRuns: 500 },
    );
  });

  it('splits once, however often it is done', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, (plain, weights) => {
        const object = read(plain);
        const lanes = lanesOf(object, { testers: 'cookie: canary=1' });

        const after = splitBy(object, lanes, weights, true);

        expect(stored(splitBy(after, lanes, weights.slice(-1), true))).toBe(stored(after));
      }),
    );
  });

  it('gives the canary its share of every lane, and leaves everybody else theirs', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, (plain, weights) => {
        const object = read(plain);
        const canary = weights.at(-1) ?? 0;

        const after = splitBy(object, lanesOf(object), weights);

        expect(rounded(sums(after, unsplit))).toEqual(rounded(sums(object)));
        for (const [key, part] of Object.entries(sums(after))) {
          const whole = sums(object)[unsplit(key)] ?? 0;
          if (key.includes('serin-canary')) expect(part).toBeCloseTo((whole * canary) / 100, 9);
          if (key.includes('serin-stable')) expect(part).toBeCloseTo((whole * (100 - canary)) / 100, 9);
        }
      }),
    );
  });

  it('changes nothing but the destinations of routes that have lanes', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, (plain, weights) => {
        const object = read(plain);

        const after = splitBy(object, lanesOf(object), weights);

        expect(stored(withoutLanes(after))).toBe(stored(withoutLanes(object)));
      }),
    );
  });

  it('is undone around routes that came, went and changed meanwhile', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, (plain, weights) => {
        const object = read(plain);
        const lanes = lanesOf(object);

        const back = joined(edited(splitBy(object, lanes, weights)), lanes);

        expect(stored(back.spec)).toBe(stored(edited(object).spec));
      }),
    );
  });

  it('keeps the shares when somebody changed a weight meanwhile', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, fc.nat(6), fc.nat(250), (plain, weights, place, weight) => {
        const object = read(plain);
        const lanes = lanesOf(object);
        const after = reweighed(splitBy(object, lanes, weights), place, weight);

        const back = joined(after, lanes);

        const now = rounded(sums(after, unsplit));
        expect(Object.fromEntries(Object.entries(rounded(sums(back))).filter(([key]) => key in now))).toEqual(now);
      }),
    );
  });

  it('lets two rollouts share an object, whoever ends first', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, weightSequences, fc.boolean(), (plain, first, second, isFirst) => {
        const object = read(plain);
        const one = lanesOf(object, { hosts: ['checkout.shop.svc.cluster.local'] });
        const names = { stable: 'serin-stable-other', canary: 'serin-canary-other' };
        const other = lanesOf(object, { hosts: ['checkout-grpc.shop.svc.cluster.local'], target: 'other', names });

        const both = splitBy(splitBy(splitBy(object, one, first), other, second), one, first);
        const [early, late] = isFirst ? [one, other] : [other, one];
        const half = joined(both, early);

        expect(rounded(sums(both, unsplit))).toEqual(rounded(sums(object)));
        expect(rounded(sums(half, unsplit))).toEqual(rounded(sums(object)));
        expect(stored(joined(half, late).spec)).toBe(stored(object.spec));
      }),
    );
  });

  it('follows the names of the lanes: stable renamed, and left out', () => {
    fc.assert(
      fc.property(virtualServices, weightSequences, (plain, weights) => {
        const object = read(plain);
        const lanes = lanesOf(object);
        const { canary } = lanes.names;
        const renamed = { ...lanes, names: { stable: 'serin-stable-765f', canary } };
        const alone = { ...lanes, names: { canary } };

        const onCopy = splitBy(splitBy(object, lanes, weights), alone, [100]);
        const back = splitBy(onCopy, renamed, weights);

        expect(stored(onCopy.spec)).not.toContain('serin-stable-');
        expect(rounded(sums(onCopy, unsplit))).toEqual(rounded(sums(object)));
        expect(rounded(sums(back, unsplit))).toEqual(rounded(sums(object)));
        expect(stored(joined(back, renamed).spec)).toBe(stored(object.spec));
        expect(stored(joined(onCopy, alone).spec)).toBe(stored(object.spec));
      }),
    );
  });

  it('sends testers to the canary alone, above each route they would have taken', () => {
    fc.assert(
      fc.property(virtualServices, fc.integer({ min: 1, max: 100 }), (plain, canary) => {
        const object = read(plain);
        const lanes = lanesOf(object, { testers: 'x-canary: true' });

        const after = splitTo(object, lanes, canary, true);

        const http = after.spec.http ?? [];
        for (const [index, rule] of http.entries()) {
          if (rule.name?.startsWith('serin-testers') !== true) continue;
          const below = http[index + 1];
          expect(rule.route?.map(({ destination }) => destination.subset ?? '').join()).toMatch(/^serin-canary-[^,]+$/);
          expect(rule['timeout']).toEqual(below?.['timeout']);
          expect(rule).not.toHaveProperty('mirror');
          const matches = (rule['match'] ?? []) as { headers: Json }[];
          expect(matches.length).toBeGreaterThan(0);
          for (const each of matches) expect(each.headers['x-canary']).toEqual({ exact: 'true' });
        }
        expect(stored(splitTo(after, lanes, canary, false).spec)).toBe(stored(splitTo(object, lanes, canary).spec));
        expect(stored(joined(after, lanes).spec)).toBe(stored(object.spec));
      }),
    );
  });
});

describe.skipIf(!hasCorpus)('VirtualServices of other projects', () => {
  it('are split by their hosts, one after the other, and are left as they were', () => {
    const found = corpusObjects();

    expect(found.length).toBeGreaterThan(50);
    for (const [index, { object: plain, hosts }] of found.entries()) {
      const object = read(plain);
      const lanes = lanesOf(object, { hosts });
      const after = splitBy(object, lanes, [0, index % 101]);
      expect(stored(after.spec)).not.toBe(stored(object.spec));
      expect(rounded(sums(after, unsplit))).toEqual(rounded(sums(object)));
      leavesNoTrace(object, lanes, [0, index % 101]);
    }
  });
});

// Somebody puts a route on top, changes a field of all others, and adds one at the end: all while the rollout is under way.
function edited(object: RoutedObject): RoutedObject {
  const added = { route: [{ destination: { host: 'added' }, weight: 3 }] };
  const lists = (['http', 'tls', 'tcp'] as const).map((protocol) => {
    const rules = (object.spec[protocol] ?? []).map((rule) => ({ ...rule, corsPolicy: { maxAge: '9s' } }));
    return [protocol, [added, ...rules, added]];
  });
  return read({ ...object, spec: { ...object.spec, exportTo: ['*'], ...Object.fromEntries(lists) } });
}

/** The object with one more weight changed: that of the nth destination of each route, where it has as many. */
function reweighed(object: RoutedObject, place: number, weight: number): RoutedObject {
  const lists = (['http', 'tls', 'tcp'] as const).map((protocol) => {
    const rules = (object.spec[protocol] ?? []).map((rule) => ({
      ...rule,
      route: (rule.route ?? []).map((entry, index) => (index === place ? { ...entry, weight } : entry)),
    }));
    return [protocol, rules];
  });
  return read({ ...object, spec: { ...object.spec, ...Object.fromEntries(lists) } });
}

/** The object without destinations in routes that have lanes: what must stay as it is. */
function withoutLanes(object: RoutedObject): Json {
  const lists = (['http', 'tls', 'tcp'] as const).map((protocol) => {
    const rules = (object.spec[protocol] ?? []).map((rule) => {
      const isLane = (rule.route ?? []).some(({ destination }) =>
        /^checkout(?:-grpc)?(?:\.shop\.svc\.|$)/.test(destination.host),
      );
      return isLane ? { ...rule, route: (rule.route ?? []).filter(isOther).map(bare) } : rule;
    });
    return [protocol, rules];
  });
  return { ...object, spec: { ...object.spec, ...Object.fromEntries(lists) } };
}

function isOther({ destination }: { readonly destination: { readonly host: string } }): boolean {
  return !/^checkout(?:-grpc)?(?:\.shop\.svc\.|$)/.test(destination.host);
}

function bare({ weight: _w, ...rest }: { readonly weight?: number | undefined }): Json {
  return rest;
}
