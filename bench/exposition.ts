// Reads a page in Prometheus' text format: sums of series, and the difference between two readings of a histogram.

/** One line of the page. */
interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A page at one moment. */
export interface Exposition {
  /** The sum of the series that carry these labels; 0 when there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  /** Cumulative counts of a histogram by upper bound, in rising order, the last one infinite. */
  buckets(name: string): readonly (readonly [number, number])[];
}

const pageMs = 10_000;

/** Fetches and reads a page. Throws when it does not come. */
export async function readExposition(url: string): Promise<Exposition> {
  const response = await fetch(url, { signal: AbortSignal.timeout(pageMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}; metrics were expected.`);
  const lines = (await response.text()).split('\n').flatMap(lineOf);
  return {
    sum: (name, labels = {}) =>
      lines.filter((line) => line.name === name && carries(line, labels)).reduce((sum, { value }) => sum + value, 0),
    buckets: (name) =>
      lines
        .filter((line) => line.name === `${name}_bucket`)
        .map(({ labels, value }) => [Number(labels['le']?.replace('+Inf', 'Infinity')), value] as const)
        .sort(([a], [b]) => a - b),
  };
}

function lineOf(text: string): readonly Line[] {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(text) ?? [];
  if (name === undefined) return [];
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', said = '']) => [key, said]);
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
}

function carries({ labels }: Line, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** How many observations between two readings fell into each bucket: its upper bound and its own count. */
export function observedBetween(
  before: Exposition,
  after: Exposition,
  name: string,
): readonly (readonly [number, number])[] {
  const earlier = new Map(before.buckets(name));
  let below = 0;
  return after.buckets(name).map(([bound, count]) => {
    const upTo = count - (earlier.get(bound) ?? 0);
    const own = upTo - below;
    below = upTo;
    return [bound, own] as const;
  });
}

/** The upper bound of the bucket in which this share of the observations ends; NaN when there is none. */
export function boundOf(buckets: readonly (readonly [number, number])[], share: number): number {
  const all = buckets.reduce((sum, [, count]) => sum + count, 0);
  let upTo = 0;
  for (const [bound, count] of buckets) {
    upTo += count;
    if (all > 0 && upTo >= share * all) return bound;
  }
  return Number.NaN;
}
