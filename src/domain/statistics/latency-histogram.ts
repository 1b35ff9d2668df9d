// A histogram as proxies keep it, and what it becomes when everything takes longer.

/** Counts or shares by bucket: one per finite bound, which rise, and one more for what is beyond the last. */
export interface Histogram {
  /** In milliseconds. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Where a bound lies once everything took `factor` times as long: how much of which bucket passes it. */
export interface Passing {
  /** The bucket that is cut by the bound divided by the factor. */
  readonly bucket: number;
  /** The share of that bucket that ends up beyond the bound; of the later buckets all does. */
  readonly share: number;
}

/** What is taken for granted of every bucket, so that none is impossible. */
const prior = 0.02;
const tiny = 1e-9;

/** The sum of some numbers. */
export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** How many requests there are. */
export function sizeOf({ counts }: Histogram): number {
  return sumOf(counts);
}

/** Shares that sum to 1, none of them zero. */
export function shapeOf({ bounds, counts }: Histogram): Histogram {
  const all = sumOf(counts) + prior * counts.length;
  return { bounds, counts: counts.map((count) => (count + prior) / all) };
}

/** The share beyond every bound, in the order of the bounds. Owes shares. */
export function tailsOf({ bounds, counts }: Histogram): readonly number[] {
  const tails: number[] = [];
  let beyond = counts[bounds.length] ?? 0;
  for (let k = bounds.length - 1; k >= 0; k--) {
    tails[k] = beyond;
    beyond += counts[k] ?? 0;
  }
  return tails;
}

/** For every bound, what passes it when everything takes `factor` >= 1 times as long. Owes a shape. */
export function passings(shape: Histogram, factor: number): readonly Passing[] {
  const { bounds } = shape;
  const tails = tailsOf(shape);
  let bucket = 0;
  return bounds.map((bound) => {
    const cut = bound / factor;
    while (cut > (bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    return { bucket, share: cutShare(shape, tails, bucket, cut) };
  });
}

/**
 * The share of a bucket that lies above `cut`. Between two bounds the log-odds of being slower are taken to be linear in the
 * logarithm of time, as they are for log-logistic and nearly for log-normal times; a tolerance of 1.25 then is one of 1.18 to
 * 1.25 for the usual shapes (a Pareto tail between the bounds would make it 1.04 to 1.19). Below the first bound requests are
 * taken to be spread evenly.
 */
function cutShare({ bounds, counts }: Histogram, tails: readonly number[], bucket: number, cut: number): number {
  const high = bounds[bucket] ?? cut;
  const low = bounds[bucket - 1] ?? 0;
  if (low === 0) return high === 0 ? 0 : (high - cut) / high;
  const upper = tails[bucket] ?? 0;
  const lower = upper + (counts[bucket] ?? 0);
  const part = Math.log(cut / low) / Math.log(high / low);
  const at = 1 / (1 + Math.exp(-((1 - part) * logOdds(lower) + part * logOdds(upper))));
  return Math.min(1, Math.max(0, (at - upper) / (lower - upper)));
}

function logOdds(share: number): number {
  const held = Math.min(1 - tiny, Math.max(tiny, share));
  return Math.log(held / (1 - held));
}

/** The same requests, each taking longer as `passings` says. */
export function slowed(histogram: Histogram, passed: readonly Passing[]): Histogram {
  const { bounds, counts } = histogram;
  const before = tailsOf(histogram);
  const tails = passed.map(({ bucket, share }) => (before[bucket] ?? 0) + share * (counts[bucket] ?? 0));
  const all = sumOf(counts);
  return { bounds, counts: counts.map((_, k) => Math.max(0, (tails[k - 1] ?? all) - (tails[k] ?? 0))) };
}

/** With a share of what is within a bound moved beyond it, so that `extra` more of everything is there. Owes a shape. */
export function heavier({ bounds, counts }: Histogram, edge: number, extra: number): Histogram {
  const beyond = sumOf(counts.slice(edge + 1));
  const moved = Math.min(extra, (1 - beyond) / 2);
  const [within, over] = [(1 - beyond - moved) / (1 - beyond), (beyond + moved) / beyond];
  return { bounds, counts: counts.map((share, k) => share * (k <= edge ? within : over)) };
}

/** The bounds that both have. */
export function commonBounds(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a === b || (a.length === b.length && a.every((bound, index) => bound === b[index]))) return a;
  const theirs = new Set(b);
  return a.filter((bound) => theirs.has(bound));
}

/** The same counts by fewer bounds. Owes bounds that are all among the histogram's own. */
export function onBounds(histogram: Histogram, bounds: readonly number[]): Histogram {
  if (bounds.length === histogram.bounds.length) return histogram;
  const counts = bounds.map(() => 0).concat(0);
  let to = 0;
  for (const [k, count] of histogram.counts.entries()) {
    while ((histogram.bounds[k] ?? Number.POSITIVE_INFINITY) > (bounds[to] ?? Number.POSITIVE_INFINITY)) to += 1;
    counts[to] = (counts[to] ?? 0) + count;
  }
  return { bounds, counts };
}
