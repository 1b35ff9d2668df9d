// What no rule of the same false-alarm probability can beat: ln(1/alpha) over the information of a request (Wald 1945).

/** Kullback and Leibler's divergence between two coins, in nats. */
function divergence(p: number, q: number): number {
  const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
  return part(p, q) + part(1 - p, 1 - q);
}

/** The split and the two error probabilities, as shares. */
export interface Split {
  readonly weight: number;
  readonly canary: number;
  readonly stable: number;
}

/**
 * Nats per request of the whole service against the nearest pair of rates with `canary = stable + gap`: what tells a canary of
 * these rates from one on that line.
 */
export function information({ weight, canary, stable }: Split, gap: number): number {
  const cost = (q: number): number =>
    weight * divergence(canary, Math.min(1 - 1e-12, q + gap)) + (1 - weight) * divergence(stable, q);
  let [low, high] = [Math.max(1e-12, -gap + 1e-12), Math.min(1 - 1e-12, 1 - gap - 1e-12)];
  for (let step = 0; step < 200; step++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (cost(left) < cost(right)) high = right;
    else low = left;
  }
  return cost((low + high) / 2);
}

/** Requests of the whole service that a rollback takes on average at least, of a rule with this false-alarm probability. */
export function leastRequests(split: Split, alpha: number, tolerance = 0): number {
  return Math.log(1 / alpha) / information(split, tolerance);
}

/** Requests of the whole service that showing "worse by less than `margin`" takes on average at least. */
export function leastToPass(weight: number, stable: number, margin: number, beta: number): number {
  return Math.log(1 / beta) / information({ weight, canary: stable, stable }, margin);
}

/** Canary requests that telling two bucket histograms apart takes on average at least. */
export function leastTimed(
  weight: number,
  canary: readonly number[],
  stable: readonly number[],
  alpha: number,
): number {
  let nats = 0;
  for (const [index, p] of canary.entries()) {
    const s = stable[index] ?? 0;
    const both = weight * p + (1 - weight) * s;
    if (p > 0) nats += weight * p * Math.log(p / both);
    if (s > 0) nats += (1 - weight) * s * Math.log(s / both);
  }
  return (Math.log(1 / alpha) / nats) * weight;
}
