import { describe, expect, test } from 'vitest';
import { phiOf } from '../../../src/domain/statistics/dispersion.ts';
import {
  beginDuel,
  type Duel,
  enterDuelStep,
  fight,
  fineOf,
  harmOf,
  isFine,
  suspect,
} from '../../../src/domain/statistics/duel.ts';
import { condemned, hundred, play, slotMs, swing, terms } from './duel-play.ts';

const incident = (slot: number): number => (slot >= 60 && slot < 80 ? 0.06 : 0.005);

describe('the evidence that the canary is worse', () => {
  test.each([
    ['thin traffic', { perSlot: 15, weight: 0.1, stable: () => 0.005, canary: () => 0.005 }],
    ['much traffic', { perSlot: 1_500, weight: 0.1, stable: () => 0.005, canary: () => 0.005 }],
    ['half and half', { perSlot: 300, weight: 0.5, stable: () => 0.05, canary: () => 0.05 }],
    ['many errors', { perSlot: 150, weight: 0.25, stable: () => 0.3, canary: () => 0.3 }],
    ['a daily swing of both', { perSlot: 1_500, weight: 0.1, stable: swing, canary: swing }],
    ['an incident of both', { perSlot: 1_500, weight: 0.1, stable: incident, canary: incident }],
  ] as const)('condemns at most 1 of 100 equal releases, looking at every slot: %s', (_, service) => {
    expect(condemned(service, 200, 200)).toBeLessThanOrEqual(2);
  });

  test('condemns few equal releases whose failures come in bursts', () => {
    const bursts = { perSlot: 1_500, weight: 0.1, stable: () => 0.005, canary: () => 0.005, cluster: 15 };

    expect(condemned(bursts, 200, 200)).toBeLessThanOrEqual(4);
    expect(condemned({ ...bursts, known: false }, 200, 200)).toBeLessThanOrEqual(8);
  });

  test('has a mean of at most 1 over equal releases at the end of the rollout', () => {
    const service = { perSlot: 60, weight: 0.2, stable: () => 0.02, canary: () => 0.02 };

    const values = Array.from({ length: 400 }, (_, seed) => Math.exp(play(service, 60, seed, () => false).harm.whole));

    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length / values.length);
    expect(mean - 3 * spread).toBeLessThanOrEqual(1);
  });

  test.each([
    [0.005, 27_077 * 1.45],
    [0.01, 8_245 * 1.45],
    [0.05, 723 * 1.6 + 150],
  ])('condemns a release that fails %d more often after at most so many requests on average: %d', (lift, limit) => {
    const service = { perSlot: 150, weight: 0.1, stable: () => 0.005, canary: () => 0.005 + lift };
    const needed = Array.from({ length: 60 }, (_, seed) => {
      let at = 0;
      const duel = play(service, 900, seed, ({ harm }, slot) => {
        at = slot + 1;
        return harm.whole >= hundred;
      });
      expect(duel.harm.whole).toBeGreaterThanOrEqual(hundred);
      return at * service.perSlot;
    });

    expect(needed.reduce((sum, one) => sum + one, 0) / needed.length).toBeLessThanOrEqual(limit);
  });

  test('condemns an outage at its first slot, after fifteen bad requests', () => {
    const outage = { perSlot: 150, weight: 0.1, stable: () => 0.005, canary: () => 1 };
    let slots = 0;

    const duel = play(outage, 10, 3, (stand, slot) => {
      slots = slot + 1;
      return harmOf(stand) >= hundred;
    });

    expect(slots).toBe(1);
    expect(duel.canary.x).toBeLessThan(40);
  });

  test.each([
    ['stable is known', { n: 10_000, x: 50 }],
    ['nothing is known of how failures come', { n: 0, x: 0 }],
  ])('takes twelve requests that all fail in one slot where %s', (_, past) => {
    const failing = (n: number): number =>
      harmOf(fight(beginDuel(past), { canary: { n, x: n }, stable: { n: 9 * n, x: 0 } }, terms, slotMs));

    expect(failing(12)).toBeGreaterThan(hundred);
    expect(failing(8)).toBeLessThan(hundred);
  });

  test('condemns an outage within three slots where nothing is known of how failures come', () => {
    const outage = { perSlot: 150, weight: 0.1, stable: () => 0.005, canary: () => 1, known: false };
    let slots = 0;

    play(outage, 10, 3, (stand, slot) => {
      slots = slot + 1;
      return harmOf(stand) >= hundred;
    });

    expect(slots).toBeLessThanOrEqual(3);
  });

  test('condemns a release that turns bad after a long good time', () => {
    const late = {
      perSlot: 1_500,
      weight: 0.25,
      stable: () => 0.005,
      canary: (slot: number) => (slot < 100 ? 0.005 : 0.025),
    };
    let at = 0;

    play(late, 200, 5, (stand, slot) => {
      at = slot;
      return harmOf(stand) >= hundred;
    });

    expect(at).toBeGreaterThanOrEqual(100);
    expect(at).toBeLessThan(120);
  });
});

test('where nearly everything fails, and where nothing is known of stable, there is no evidence of harm', () => {
  const past = { n: 1_000_000, x: 998_000 };
  const sick = { canary: { n: 1_000, x: 990 }, stable: { n: 9_000, x: 8_980 } };
  const unknown = { canary: { n: 1_000, x: 0 }, stable: { n: 0, x: 0 } };

  const failing = fight(beginDuel(past), sick, terms, slotMs);
  const alone = fight(beginDuel({ n: 0, x: 0 }), unknown, { ...terms, alone: true }, slotMs);

  expect(failing.harm.whole).toBeLessThanOrEqual(0);
  expect(alone.harm.whole).toBe(0);
  expect(alone.canary.n).toBe(1_000);
});

test('a canary whose failures come in clusters is tempered by them, although stable never fails', () => {
  const after = (failures: (slot: number) => number): Duel => {
    let duel = beginDuel({ n: 10_000, x: 0 });
    for (let slot = 0; slot < 40; slot++) {
      const [canary, stable] = [
        { n: 150, x: failures(slot) },
        { n: 1_350, x: 0 },
      ];
      duel = fight(duel, { canary, stable }, terms, slotMs);
    }
    return duel;
  };

  const [steady, clustered] = [after(() => 3), after((slot) => (slot % 5 === 0 ? 15 : 0))];

  expect(clustered.canary).toEqual(steady.canary);
  expect(phiOf(steady.dispersion)).toBe(1);
  expect(phiOf(clustered.dispersion)).toBeGreaterThan(10);
  expect(harmOf(steady)).toBeGreaterThan(8 * harmOf(clustered));
});

test('a slot before the step speaks for harm, and for nothing else', () => {
  const begun = beginDuel({ n: 10_000, x: 50 });
  const [bad, good] = [30, 0].map((x) => ({ canary: { n: 300, x }, stable: { n: 2_700, x: 13 } }));
  if (bad === undefined || good === undefined) throw new Error('There are two slots.');

  const [worse, fine] = [suspect(begun, bad, terms, slotMs), suspect(begun, good, terms, slotMs)];

  expect(harmOf(worse)).toBeGreaterThan(1);
  expect(harmOf(fine)).toBeLessThan(0);
  for (const duel of [worse, fine]) {
    expect({ ...duel, canary: begun.canary, stable: begun.stable }).toEqual(duel);
    expect(duel.fine).toEqual(begun.fine);
    expect(duel.bounds).toEqual(begun.bounds);
    expect(duel.past).toEqual({ n: 12_700, x: 63 });
  }
  expect(isFine(fight(begun, good, terms, slotMs))).toBe(true);
});

test('slots wait for each other until both versions have had a request, and nothing is lost', () => {
  const first = fight(beginDuel({ n: 100, x: 1 }), { canary: { n: 0, x: 0 }, stable: { n: 40, x: 1 } }, terms, slotMs);

  const second = fight(first, { canary: { n: 3, x: 2 }, stable: { n: 20, x: 0 } }, terms, slotMs);

  expect(first.harm.whole).toBe(0);
  expect(first.pending).toEqual({ canary: { n: 0, x: 0 }, stable: { n: 40, x: 1 } });
  expect(second.pending.stable.n).toBe(0);
  expect(second.harm.whole).toBeGreaterThan(0);
  expect(second.stable).toEqual({ n: 60, x: 1 });
});

test('a duel is less than 2 KB of JSON after a long rollout, and the same when it is read back', () => {
  const service = { perSlot: 1_000, weight: 0.3, stable: () => 0.01, canary: () => 0.012 };

  const duel = play(service, 400, 2, () => false);

  expect(JSON.stringify(duel).length).toBeLessThan(2_048);
  expect(JSON.parse(JSON.stringify(duel))).toEqual(duel);
});

test('a slot before the step that had requests of the canary alone makes no pass of the step', () => {
  const begun = enterDuelStep(beginDuel({ n: 10_000, x: 50 }));
  const slot = { canary: { n: 100, x: 1 }, stable: { n: 100, x: 0 } };
  const early = suspect(begun, { canary: { n: 3_000, x: 0 }, stable: { n: 0, x: 0 } }, terms, slotMs);

  expect(isFine(fight(early, slot, terms, slotMs))).toBe(false);
  expect(fineOf(fight(early, slot, terms, slotMs))).toBeCloseTo(fineOf(fight(begun, slot, terms, slotMs)), 1);
});
