// Chance without a generator: every draw is a hash of what it is for, so request n of a load can be worked out again at
// any time and in any order.

/** What a draw decides. Each purpose of one request has a draw of its own, independent of the others. */
export type Purpose = 'split' | 'fault' | 'error' | 'tail' | 'latencyRadius' | 'latencyAngle';

const SALT = {
  split: 0x1b873593,
  fault: 0x2c1b3c6d,
  error: 0x3e3779b1,
  tail: 0x4cf5ad43,
  latencyRadius: 0x52dce729,
  latencyAngle: 0x6a09e667,
} as const satisfies Record<Purpose, number>;

const TWO_TO_32 = 2 ** 32;

/** A number in [0, 1), the same for the same seed, request number and purpose. */
export function draw(seed: number, n: number, purpose: Purpose): number {
  const seeded = mix(mix(seed + 0x9e3779b9) ^ Math.floor(n / TWO_TO_32));
  const numbered = mix(seeded ^ Math.imul(n % TWO_TO_32, 0x85ebca77));
  return (mix(numbered ^ SALT[purpose]) >>> 0) / TWO_TO_32;
}

/** A draw from the standard normal distribution (Box and Muller 1958). */
export function normalDraw(seed: number, n: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw(seed, n, 'latencyRadius')));
  return radius * Math.cos(2 * Math.PI * draw(seed, n, 'latencyAngle'));
}

/** The finalizer of MurmurHash3 (Appleby, public domain): every input bit flips each output bit half of the time. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
