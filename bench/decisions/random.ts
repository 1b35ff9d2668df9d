// Chance from a seed: the same words give the same draws on every machine. All samplers are exact (no normal approximations).

/** A stream of draws. */
export interface Chance {
  /** Uniform on (0, 1), 32 bits. */
  readonly uniform: () => number;
}

/** Mixes words into one 32-bit word (the finalizer of MurmurHash3, chained). */
export function mix(words: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const word of words) {
    hash = Math.imul(hash ^ (word >>> 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) >>> 0;
  }
  return hash;
}

/** The words of a text. */
export function wordsOf(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
}

/** A stream of its own for these words: sfc32 (Doty-Humphrey), warmed up. */
export function chanceOf(...words: readonly number[]): Chance {
  let a = mix([...words, 1]);
  let b = mix([...words, 2]);
  let c = mix([...words, 3]);
  let counter = 1;
  function next(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  }
  for (let round = 0; round < 12; round++) next();
  return { uniform: () => (next() + 0.5) / 4_294_967_296 };
}

const logFactorials = new Float64Array(256);
for (let n = 2; n < logFactorials.length; n++) logFactorials[n] = (logFactorials[n - 1] ?? 0) + Math.log(n);

/** ln n!, by Stirling's series from 256 on (error below 1e-13). */
export function logFactorial(n: number): number {
  if (n < logFactorials.length) return logFactorials[n] ?? 0;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

/** How many of `n` happen, each with probability `p`. Exact: inversion for few, else rejection (BTRS, Hormann 1993). */
export function binomial(chance: Chance, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(chance, n, 1 - p);
  return n * p < 10 ? binomialByInversion(chance, n, p) : binomialByRejection(chance, n, p);
}

function binomialByInversion({ uniform }: Chance, n: number, p: number): number {
  const odds = p / (1 - p);
  let mass = Math.exp(n * Math.log1p(-p));
  let left = uniform();
  let k = 0;
  while (left > mass && k < n) {
    left -= mass;
    k++;
    mass *= (odds * (n - k + 1)) / k;
  }
  return k;
}

function binomialByRejection({ uniform }: Chance, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const sure = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const logOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const top = logFactorial(mode) + logFactorial(n - mode);
  for (;;) {
    const v = uniform();
    const u = uniform() - 0.5;
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + centre);
    if (k < 0 || k > n) continue;
    if (edge >= 0.07 && v <= sure) return k;
    const bound = top - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds;
    if (Math.log((v * alpha) / (a / (edge * edge) + b)) <= bound) return k;
  }
}

/** How many events of mean `mean` happen. Exact: inversion for few, else rejection (PTRS, Hormann 1993). */
export function poisson(chance: Chance, mean: number): number {
  if (mean <= 0) return 0;
  return mean < 10 ? poissonByInversion(chance, mean) : poissonByRejection(chance, mean);
}

function poissonByInversion({ uniform }: Chance, mean: number): number {
  let mass = Math.exp(-mean);
  let left = uniform();
  let k = 0;
  while (left > mass && k < 1_000) {
    left -= mass;
    k++;
    mass *= mean / k;
  }
  return k;
}

function poissonByRejection({ uniform }: Chance, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const sure = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= sure) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    const bound = k * Math.log(mean) - mean - logFactorial(k);
    if (Math.log(v) + Math.log(inverse) - Math.log(a / (edge * edge) + b) <= bound) return k;
  }
}

/** A standard normal draw (Marsaglia's polar method). */
function normal({ uniform }: Chance): number {
  for (;;) {
    const x = 2 * uniform() - 1;
    const y = 2 * uniform() - 1;
    const s = x * x + y * y;
    if (s > 0 && s < 1) return x * Math.sqrt((-2 * Math.log(s)) / s);
  }
}

/** A gamma draw of mean 1 with this shape, at least 1 (Marsaglia and Tsang 2000). */
export function gammaOfMeanOne(chance: Chance, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(chance);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(chance.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
  }
}

/** Spreads `n` over classes with these probabilities, which sum to 1. Exact: one binomial after the other. */
export function multinomial(chance: Chance, n: number, probabilities: readonly number[]): number[] {
  let [left, rest] = [n, 1];
  return probabilities.map((probability, index) => {
    const drawn =
      index === probabilities.length - 1 || left === 0
        ? left
        : binomial(chance, left, rest <= 0 ? 1 : Math.min(1, probability / rest));
    left -= drawn;
    rest -= probability;
    return drawn;
  });
}
