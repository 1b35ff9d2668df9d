// The slots of a past, read from a metrics source a few at a time.
import type { Metrics } from '../controller/ports.ts';
import type { Slot, SlotReading, Subject } from '../domain/evidence.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { CliParts } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';

/** A past as it was read: the slots in order, and the time before them as one and slot by slot. */
export interface ReadPast {
  readonly before: SlotReading;
  readonly pattern: readonly SlotReading[];
  readonly readings: readonly SlotReading[];
  /** The services that the workloads were asked for by, as their own rows name them. */
  readonly services: readonly string[];
}

/** Queries under way at a time, twice: one for requests and one for latency. */
const readsAtOnce = 4;
/** How much of the time before tells stable's usual level. */
const beforeMs: Millis = 300_000;
/** How many of its slots tell how burstily stable fails. */
const patternSlots = 20;

/** The slots between two lines of the grid. */
export function slotsIn(from: Instant, to: Instant, slotMs: Millis): readonly Slot[] {
  const count = Math.max(0, Math.floor((to - from) / slotMs));
  return Array.from({ length: count }, (_, index) => ({
    start: from + index * slotMs,
    end: from + (index + 1) * slotMs,
  }));
}

/**
 * Reads all slots for a subject, whose services are looked up in the rows of its workloads first. Tells on the error stream how far
 * it is. A slot that cannot be read twice, and Ctrl-C, end it with a sentence.
 */
export async function readPast(
  { terminal, interrupted }: Pick<CliParts, 'terminal' | 'interrupted'>,
  metrics: Pick<Metrics, 'read'>,
  slots: readonly Slot[],
  subject: Subject,
): Promise<ReadPast> {
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined) throw new CliError(exitCodes.usage, 'The range holds no slot.');
  const services = await servicesOf(metrics, { start: first.start, end: last.end }, subject);
  const asked = { ...subject, services };
  const before = await readTwice(metrics, { start: first.start - beforeMs, end: first.start }, asked);
  const slotMs = first.end - first.start;
  const eve = slotsIn(first.start - patternSlots * slotMs, first.start, slotMs);
  const readings: SlotReading[] = [];
  const tell = progress(terminal.err, slots.length);
  for (const batch of batchesOf([...eve, ...slots])) {
    if (interrupted.aborted) throw new CliError(exitCodes.interrupted, 'Interrupted; nothing was changed.');
    readings.push(...(await Promise.all(batch.map((slot) => readTwice(metrics, slot, asked)))));
    tell(readings.length - eve.length);
  }
  return { before, pattern: readings.slice(0, eve.length), readings: readings.slice(eve.length), services };
}

function batchesOf(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const count = Math.ceil(slots.length / readsAtOnce);
  return Array.from({ length: count }, (_, index) => slots.slice(index * readsAtOnce, (index + 1) * readsAtOnce));
}

async function servicesOf(metrics: Pick<Metrics, 'read'>, whole: Slot, subject: Subject): Promise<readonly string[]> {
  const reading = await readTwice(metrics, whole, { ...subject, latency: false });
  const known = reading.requests.map(({ service }) => service).filter((service) => service !== 'unknown');
  return [...new Set(known)].sort();
}

type DataReading = SlotReading & { readonly kind: 'data' };

async function readTwice(metrics: Pick<Metrics, 'read'>, slot: Slot, subject: Subject): Promise<DataReading> {
  const once = await metrics.read(slot, [subject]);
  const reading = once.kind === 'data' ? once : await metrics.read(slot, [subject]);
  if (reading.kind === 'data') return reading;
  throw new CliError(exitCodes.internal, `The past cannot be replayed. ${reading.message}`);
}

/** A line for every quarter that is done; none for what is short. */
function progress(err: (text: string) => void, count: number): (done: number) => void {
  let told = 0;
  return (done) => {
    const quarter = Math.floor((4 * done) / count);
    if (count < 100 || quarter <= told || quarter >= 4) return;
    told = quarter;
    err(`${25 * quarter}% of ${count} slots read.\n`);
  };
}
