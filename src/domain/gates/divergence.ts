// How unlikely what was seen is, if the canary were within what is allowed. In nats: 6.9 means that the likeliest
// explanation within the limit is a thousand times less likely than the likeliest one without it.

/** How often a proof must outweigh its best denial: a thousand times, so that looking at every slot rolls nothing back. */
export const proofNats = Math.log(1_000);
/** Failures beyond what is allowed that a proof needs besides, so that a handful of requests never decides. */
export const proofFailures = 5;
/** Slots in a row that have to prove the same. */
export const proofSlots = 2;

const halvings = 60;
const tiny = 1e-12;

/** `n` requests of which `x` failed. */
export interface Trial {
  readonly n: number;
  readonly x: number;
}

/**
 * The evidence that the canary's failure rate exceeds stable's by more than `margin`, in nats; 0 when it does not look so.
 * It is n_c KL(p_c||q_c) + n_s KL(p_s||q_s), minimal over q_c = q_s + margin: the generalised likelihood ratio of two
 * binomials (Turner, Ly and Gruenwald 2024 use the same projection). Its derivative rises in q_s, hence the bisection.
 */
export function evidenceOfExcess(canary: Trial, stable: Trial, margin: number): number {
  const [pc, ps] = [rate(canary), rate(stable)];
  if (canary.n === 0 || stable.n === 0 || pc - ps <= margin) return 0;
  let [low, high] = [0, 1 - margin];
  for (let halving = 0; halving < halvings; halving++) {
    const qs = (low + high) / 2;
    const qc = qs + margin;
    const slope = (canary.n * (qc - pc)) / (qc * (1 - qc)) + (stable.n * (qs - ps)) / (qs * (1 - qs));
    if (slope > 0) high = qs;
    else low = qs;
  }
  const qs = (low + high) / 2;
  return canary.n * divergence(pc, qs + margin) + stable.n * divergence(ps, qs);
}

/** The evidence that a failure rate exceeds `limit`, in nats: n KL(p||limit); 0 when it does not look so. */
export function evidenceAbove({ n, x }: Trial, limit: number): number {
  return n === 0 || x / n <= limit ? 0 : n * divergence(x / n, limit);
}

/**
 * How many of `x` failures among `n` chance does not explain when `usual` is the level: what exceeds the expected number by
 * three standard deviations of the difference of two Poisson counts, the level being known from a sample itself.
 */
export function beyondChance({ n, x }: Trial, usual: Trial): number {
  const expected = n * rate(usual);
  const spread = usual.n === 0 ? 0 : Math.sqrt(expected * (1 + n / usual.n));
  return Math.max(0, Math.floor(x - expected - 3 * spread));
}

/** The share of requests that failed; 0 of none. */
export function rate({ n, x }: Trial): number {
  return n === 0 ? 0 : x / n;
}

/** KL(Bernoulli(p) || Bernoulli(q)), with 0 ln 0 = 0. */
function divergence(p: number, q: number): number {
  const held = Math.min(Math.max(q, tiny), 1 - tiny);
  return term(p, held) + term(1 - p, 1 - held);
}

function term(p: number, q: number): number {
  return p <= 0 ? 0 : p * Math.log(p / q);
}
