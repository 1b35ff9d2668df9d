// Services whose duels are played slot by slot.
import { addDispersion, noDispersion } from '../../../src/domain/statistics/dispersion.ts';
import { beginDuel, type Duel, fight, harmOf, type Terms } from '../../../src/domain/statistics/duel.ts';
import { addTrials } from '../../../src/domain/statistics/excess.ts';
import { binomial, poisson, seeded } from './draws.ts';

/** The width of a slot. */
export const slotMs = 15_000;
/** The terms of a step at 10%. */
export const terms: Terms = { margin: 0.02, scale: 0.005, warmUp: 0, alone: false };
/** ln of the odds that condemn. */
export const hundred = Math.log(100);

/** What happens to a service: requests per slot and arm, and each arm's failure rate, slot by slot. */
export interface Service {
  readonly perSlot: number;
  readonly weight: number;
  readonly stable: (slot: number) => number;
  readonly canary: (slot: number) => number;
  /** Failures come in clusters of this size. */
  readonly cluster?: number;
  /** Whether half an hour of stable was seen before; it was unless this is false. */
  readonly known?: boolean;
}

/** Plays one service and shows every slot to `look`, which ends it by saying so. */
export function play(
  service: Service,
  slots: number,
  seed: number,
  look: (duel: Duel, slot: number) => boolean | undefined,
): Duel {
  const random = seeded(seed);
  const fails = (n: number, rate: number): number =>
    service.cluster === undefined
      ? binomial(random, n, rate)
      : Math.min(n, service.cluster * poisson(random, (n * rate) / service.cluster));
  let [past, dispersion] = [{ n: 0, x: 0 }, noDispersion];
  for (let minute = 0; minute < (service.known === false ? 0 : 30); minute++) {
    const n = poisson(random, 4 * service.perSlot * (1 - service.weight));
    const x = fails(n, service.stable(0));
    past = addTrials(past, { n, x });
    dispersion = addDispersion(dispersion, { n, x });
  }
  let duel = beginDuel(past, dispersion);
  for (let slot = 0; slot < slots; slot++) {
    const [nc, ns] = [
      poisson(random, service.perSlot * service.weight),
      poisson(random, service.perSlot * (1 - service.weight)),
    ];
    const canary = { n: nc, x: fails(nc, service.canary(slot)) };
    duel = fight(duel, { canary, stable: { n: ns, x: fails(ns, service.stable(slot)) } }, terms, slotMs);
    if (look(duel, slot) === true) return duel;
  }
  return duel;
}

/** How many of `runs` services ever condemn the canary. */
export function condemned(service: Service, runs: number, slots: number): number {
  let count = 0;
  for (let seed = 0; seed < runs; seed++) {
    const duel = play(service, slots, seed, (duel) => harmOf(duel) >= hundred);
    if (harmOf(duel) >= hundred) count++;
  }
  return count;
}

/** A failure rate that swings over the hours. */
export function swing(slot: number): number {
  return 0.006 * (1 + 0.9 * Math.sin(slot / 30));
}
