// The evidence ledger: every slot is read once per process, for all rollouts under way together, so that the metrics
// source's load does not grow with their number.
import { gridAfter, type Slot, type SlotReading, type Subject, slotEndingBy } from '../domain/evidence.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Clock, Metrics } from './ports.ts';

/** Reads slots for rollouts. */
export interface Ledger {
  /**
   * The readable slots after `through`, in order. Ends with the first that cannot be read, which is then its last reading
   * and is asked for again by the next call after about a slot's width. `rebasedFrom` is `through` when the slots after it
   * are too old to be read, so that some were skipped.
   */
  readingsSince(through: Instant, subject: Subject): Promise<Readings>;
  /** One wide reading of the time before `start`, ending there or as close to it as can be read by now. */
  before(start: Instant, widthMs: Millis, subject: Subject): Promise<SlotReading>;
}

/** Slots read, and from where they had to be re-based. */
export interface Readings {
  readonly readings: readonly SlotReading[];
  readonly rebasedFrom?: Instant;
}

/** What a ledger needs. */
export interface LedgerOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** All rollouts under way; asked when a slot is read for the first time. */
  readonly subjects: () => readonly Subject[];
  readonly slotMs: Millis;
  /** How long after its end a slot may be read: one scrape interval. */
  readonly lagMs: Millis;
  /** How far back slots are read; older ones are skipped and said. */
  readonly keepMs?: Millis;
  /** Slots per call, so that catching up never takes a tick's whole time. */
  readonly slotsPerCall?: number;
  /** The queries of one subject, to be shown in place of the shared ones. */
  readonly queries?: (slot: Slot, subject: Subject) => { readonly requests: string; readonly latency?: string };
}

const hourMs = 3_600_000;
/** Two workloads each: a query names at most about 200. */
const subjectsPerShard = 100;
/** Slots read at the same time while catching up. */
const readsAtOnce = 4;
/** Rows kept beyond the newest slot; a slot that was let go is read again when asked for. */
const rowsKept = 100_000;

/** One read of a slot for a shard of the subjects; several askers share it. */
interface Shard {
  readonly subjects: readonly Subject[];
  readonly keys: ReadonlySet<string>;
  read?: { readonly at: Instant; readonly reading: Promise<SlotReading> };
  rows: number;
  isDown: boolean;
}

/** A ledger that has read nothing yet. */
export function evidenceLedger(options: LedgerOptions): Ledger {
  const { metrics, clock, slotMs, lagMs, keepMs = hourMs, slotsPerCall = 240 } = options;
  const pages = new Map<Instant, Shard[]>();

  function shardOf(slot: Slot, subject: Subject): Shard {
    const key = keyOf(subject);
    const page = pages.get(slot.end) ?? shardsOf([...options.subjects(), subject]);
    pages.set(slot.end, page);
    const known = page.find(({ keys }) => keys.has(key));
    if (known !== undefined) return known;
    const own = shardFor([[key, subject]]);
    page.push(own);
    return own;
  }

  async function reading(slot: Slot, subject: Subject): Promise<SlotReading> {
    const shard = shardOf(slot, subject);
    const now = clock.now();
    if (shard.read === undefined || (shard.isDown && now - shard.read.at >= slotMs)) {
      shard.isDown = false;
      shard.read = { at: now, reading: noteSize(shard, metrics.read(slot, shard.subjects)) };
    }
    return shown(await shard.read.reading, subject, options.queries);
  }

  async function readingsSince(through: Instant, subject: Subject): Promise<Readings> {
    const newest = slotEndingBy(clock.now() - lagMs, slotMs).end;
    prune(pages, newest - keepMs);
    const oldest = gridAfter(newest - keepMs, slotMs);
    const asked = gridAfter(through, slotMs);
    const slots = slotsBetween(Math.max(asked, oldest), newest, slotMs).slice(0, slotsPerCall);
    const readings: SlotReading[] = [];
    while (readings.length < slots.length && readings.at(-1)?.kind !== 'sourceDown') {
      const batch = slots.slice(readings.length, readings.length + readsAtOnce);
      readings.push(...upToDown(await Promise.all(batch.map((slot) => reading(slot, subject)))));
    }
    return asked < oldest ? { readings, rebasedFrom: through } : { readings };
  }

  async function before(start: Instant, widthMs: Millis, subject: Subject): Promise<SlotReading> {
    const end = Math.min(start, clock.now() - lagMs);
    const slot = { start: end - widthMs, end };
    return shown(await metrics.read(slot, [subject]), subject, options.queries);
  }

  return { readingsSince, before };
}

function keyOf({ namespace, stable, canary, services, latency }: Subject): string {
  return JSON.stringify([namespace, stable, canary, [...services].sort(), latency]);
}

function shardsOf(subjects: readonly Subject[]): Shard[] {
  const distinct = [...new Map(subjects.map((subject) => [keyOf(subject), subject]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const shards: Shard[] = [];
  for (let from = 0; from < distinct.length; from += subjectsPerShard) {
    shards.push(shardFor(distinct.slice(from, from + subjectsPerShard)));
  }
  return shards;
}

function shardFor(part: readonly (readonly [string, Subject])[]): Shard {
  const subjects = part.map(([, subject]) => subject);
  return { subjects, keys: new Set(part.map(([key]) => key)), rows: 0, isDown: false };
}

async function noteSize(shard: Shard, reading: Promise<SlotReading>): Promise<SlotReading> {
  const read = await reading;
  shard.isDown = read.kind === 'sourceDown';
  shard.rows = read.kind === 'data' ? read.requests.length + read.latency.length : 0;
  return read;
}

/** Lets go of slots that are too old, and of the oldest beyond what is worth the memory. */
function prune(pages: Map<Instant, Shard[]>, oldest: Instant): void {
  let rows = 0;
  for (const [index, end] of [...pages.keys()].sort((a, b) => b - a).entries()) {
    rows += (pages.get(end) ?? []).reduce((sum, shard) => sum + shard.rows, 0);
    if (end <= oldest || (index > 0 && rows > rowsKept)) pages.delete(end);
  }
}

function slotsBetween(first: Instant, last: Instant, slotMs: Millis): readonly Slot[] {
  const count = Math.max(0, Math.floor((last - first) / slotMs));
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * slotMs;
    return { start, end: start + slotMs };
  });
}

function upToDown(readings: readonly SlotReading[]): readonly SlotReading[] {
  const down = readings.findIndex(({ kind }) => kind === 'sourceDown');
  return down === -1 ? readings : readings.slice(0, down + 1);
}

/** The reading as one subject sees it: its own rows and queries. */
function shown(reading: SlotReading, subject: Subject, queries: LedgerOptions['queries']): SlotReading {
  if (reading.kind === 'sourceDown' || queries === undefined) return reading;
  return { ...reading, queries: queries(reading.slot, subject) };
}
