// Single numbers kept in memory, for tests of what is made of them.
import type { Gauge } from '../../controller/ports.ts';
import type { GaugeQuestion, Sample } from '../../domain/gates/custom.ts';
import type { Instant } from '../../domain/time.ts';

/** A gauge that reads what it was told. */
export interface MemoryGauge extends Gauge {
  /** What a query gives from now on, or how its value follows from the moment. */
  reads(query: string, sample: Sample | ((at: Instant) => Sample)): void;
  /** Every question is `down` with this sentence, until `start`. */
  stop(message: string): void;
  start(): void;
  /** The questions asked so far, in order. */
  readonly asked: readonly { readonly question: GaugeQuestion; readonly at: Instant }[];
}

/** A gauge that has been told nothing: no query has a sample. */
export function memoryGauge(): MemoryGauge {
  const samples = new Map<string, (at: Instant) => Sample>();
  const asked: { question: GaugeQuestion; at: Instant }[] = [];
  let outage: string | undefined;
  const read = (query: string, at: Instant): Sample => samples.get(query)?.(at) ?? { kind: 'none' };
  return {
    asked,
    reads: (query, sample) => void samples.set(query, typeof sample === 'function' ? sample : () => sample),
    stop: (message) => {
      outage = message;
    },
    start: () => {
      outage = undefined;
    },
    text: ({ canary, stable }) => (stable === undefined ? canary : `${canary} and ${stable}`),
    async ask(question, at) {
      asked.push({ question, at });
      if (outage !== undefined) return { kind: 'down', message: outage, refused: false };
      const { canary, stable } = question;
      const other = stable === undefined ? {} : { stable: read(stable, at) };
      return { kind: 'look', look: { canary: read(canary, at), ...other } };
    },
  };
}
