// Random numbers for the simulations: seeded, so that a run can be repeated.

/** A generator of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How many of `n` trials with the probability `p` succeed; exact by counting gaps. */
export function binomial(random: () => number, n: number, p: number): number {
  if (p <= 0 || n <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const ln = Math.log(1 - p);
  let [count, at] = [0, 0];
  for (;;) {
    at += Math.floor(Math.log(1 - random()) / ln) + 1;
    if (at > n) return count;
    count++;
  }
}

/** A Poisson number; by products of uniform numbers in portions that do not underflow. */
export function poisson(random: () => number, mean: number): number {
  let [count, left] = [0, mean];
  while (left > 0) {
    const portion = Math.min(left, 200);
    const limit = Math.exp(-portion);
    for (let product = random(); product > limit; product *= random()) count++;
    left -= portion;
  }
  return count;
}
