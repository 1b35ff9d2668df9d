// Cases of splitting and joining that are worth seeing written out.
import { describe, expect, it } from 'vitest';
import { join } from '../../../../src/adapters/istio/lanes/join.ts';
import { split } from '../../../../src/adapters/istio/lanes/split.ts';
import { viewOf } from '../../../../src/adapters/istio/lanes/view.ts';
import type { Lanes } from '../../../../src/domain/lanes.ts';
import { aRouted, aRouteTo } from './area.ts';
import { lanesOf, read } from './scenes.ts';

type Routed = ReturnType<typeof aRouted>;

function splitTo(object: Routed, lanes: Lanes, canary: number): Routed {
  return read({ ...object, spec: split(object, lanes, { canary, testers: canary > 0 }) });
}

function weightsOf({ spec }: Routed, rule = 0): readonly (number | undefined)[] {
  return (spec.http?.[rule]?.route ?? []).map(({ weight }) => weight);
}

function joinedWeights(object: Routed, lanes: Lanes): readonly (number | undefined)[] {
  return weightsOf({ ...object, spec: join(object, lanes) });
}

/** The object with other weights in its first route, as somebody wrote them. */
function reweighed(object: Routed, weights: readonly number[]): Routed {
  const [rule, ...rules] = object.spec.http ?? [];
  const route = rule?.route?.map((entry, index) => ({ ...entry, weight: weights[index] }));
  return read({ ...object, spec: { ...object.spec, http: [{ ...rule, route }, ...rules] } });
}

describe('a shared route', () => {
  it('is multiplied once, so that each lane keeps its part', () => {
    const object = aRouted(aRouteTo(['checkout', 30], ['legacy', 70]));
    const lanes = lanesOf(object);

    const ten = splitTo(object, lanes, 10);
    expect(weightsOf(ten)).toEqual([2700, 300, 7000]);
    expect(weightsOf(splitTo(ten, lanes, 33))).toEqual([2010, 990, 7000]);
  });

  it('keeps two lanes of one destination apart', () => {
    const object = aRouted(aRouteTo(['checkout', 30], ['checkout', 70]));
    const lanes = lanesOf(object);

    const ten = splitTo(object, lanes, 10);

    expect(weightsOf(ten)).toEqual([2700, 300, 6300, 700]);
    expect(viewOf([{ place: { namespace: 'shop', name: 'checkout', made: false }, object: ten }], lanes)).toMatchObject(
      {
        stable: 90,
        canary: 10,
      },
    );
    expect(joinedWeights(ten, lanes)).toEqual([30, 70]);
  });

  it('is not divided where somebody has written weights since', () => {
    const object = aRouted(aRouteTo(['checkout', 30], ['legacy', 70]));
    const lanes = lanesOf(object);

    const edited = reweighed(splitTo(object, lanes, 10), [2700, 300, 1001]);

    expect(joinedWeights(edited, lanes)).toEqual([3000, 1001]);
  });

  it('is left as it is where somebody has written the old weights', () => {
    const object = aRouted(aRouteTo(['checkout', 100], ['legacy', 200]));
    const lanes = lanesOf(object);

    const edited = reweighed(splitTo(object, lanes, 10), [100, 0, 200]);

    expect(joinedWeights(edited, lanes)).toEqual([100, 200]);
  });

  it('is split by whole weights when somebody wrote others', () => {
    const object = aRouted(aRouteTo(['checkout', 30], ['legacy', 70]));
    const lanes = lanesOf(object);

    const edited = reweighed(splitTo(object, lanes, 10), [30, 5, 65]);

    expect(weightsOf(splitTo(edited, lanes, 10))).toEqual([3150, 350, 6500]);
  });

  it('says nothing of a lane that has no weight in it', () => {
    const object = aRouted(aRouteTo('checkout'), {
      http: [aRouteTo(['checkout', 0], ['legacy', 70]), aRouteTo('checkout')],
    });
    const lanes = lanesOf(object);

    const ten = splitTo(object, lanes, 10);

    expect(weightsOf(ten)).toEqual([0, 0, 7000]);
    expect(viewOf([{ place: { namespace: 'shop', name: 'checkout', made: false }, object: ten }], lanes).canary).toBe(
      10,
    );
  });
});

describe('a lane that is alone in its route', () => {
  it.each([[undefined], [7], [0], [100]])('gets its weight %s back', (weight) => {
    const to = weight === undefined ? 'checkout' : (['checkout', weight] as const);
    const object = aRouted(aRouteTo(to));
    const lanes = lanesOf(object);

    const half = splitTo(object, lanes, 50);

    expect(weightsOf(half)).toEqual([50, 50]);
    expect(joinedWeights(half, lanes)).toEqual([weight]);
  });

  it('loses the weight where nobody knows it any more', () => {
    const object = aRouted({ ...aRouteTo(['checkout', 7]), name: 'main' });
    const lanes = lanesOf(object);
    const half = splitTo(object, lanes, 50);
    const [rule] = half.spec.http ?? [];
    const renamed = read({ ...half, spec: { http: [{ ...rule, name: 'other' }] } });

    expect(joinedWeights(renamed, lanes)).toEqual([undefined]);
  });
});

describe('testers', () => {
  const match = [{ headers: { 'x-canary': { exact: 'false' } } }, { uri: { prefix: '/m' } }];

  function matches(rule: Record<string, unknown>, testers: string): unknown {
    const object = aRouted({ ...aRouteTo('checkout'), ...rule });
    const [first] = splitTo(object, lanesOf(object, { testers }), 10).spec.http ?? [];
    return first?.name === 'serin-testers-1' ? first['match'] : 'none';
  }

  it('are told by a header', () => {
    expect(matches({}, 'x-canary: true')).toEqual([{ headers: { 'x-canary': { exact: 'true' } } }]);
  });

  it('are told by a cookie among others', () => {
    const [found] = matches({}, 'cookie: canary=1.5') as { headers: { cookie: { regex: string } } }[];
    const regex = new RegExp(`^(?:${found?.headers.cookie.regex})$`);

    for (const cookie of ['canary=1.5', 'a=b; canary=1.5', 'canary=1.5; a=b', 'a=b;canary=1.5;c=d'])
      expect(cookie).toMatch(regex);
    for (const cookie of ['canary=1x5', 'canary=1.55', 'xcanary=1.5', 'a=canary=1.5'])
      expect(cookie).not.toMatch(regex);
  });

  it('do not take requests of a match that asks something else of their header', () => {
    expect(matches({ match }, 'x-canary: true')).toEqual([
      { uri: { prefix: '/m' }, headers: { 'x-canary': { exact: 'true' } } },
    ]);
    expect(matches({ match: match.slice(0, 1) }, 'x-canary: true')).toBe('none');
  });

  it('that can have no route anywhere are as they are to be', () => {
    const object = aRouted({ ...aRouteTo('checkout'), match: match.slice(0, 1) });
    const lanes = lanesOf(object, { testers: 'x-canary: true' });
    const place = { namespace: 'shop', name: 'checkout', made: false };

    expect(viewOf([{ place, object: splitTo(object, lanes, 10) }], lanes).testers).toBe(true);
    expect(viewOf([{ place, object: splitTo(object, lanes, 0) }], lanes).testers).toBe(false);
  });
});
