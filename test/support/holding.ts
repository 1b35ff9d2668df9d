// Holds one write of a controller on its way, for as long as a test likes.
import type { SeenWrite, SentWrite, WriteProxy } from './write-proxy.ts';

/** A write that is or will be held. */
export interface Held {
  /** The write, once it has come and is held. */
  readonly caught: Promise<SentWrite>;
  /** Lets it go on to the API server. */
  release(): void;
  /** What became of it. */
  readonly answered: Promise<SeenWrite>;
}

/** Holds the first write that is wanted; every other one passes. */
export function holdFirst(proxy: WriteProxy, wanted: (write: SentWrite) => boolean): Held {
  const caught = Promise.withResolvers<SentWrite>();
  const released = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<SeenWrite>();
  let number: number | undefined;
  proxy.intercept({
    before: async (write) => {
      if (number !== undefined || !wanted(write)) return 'forward';
      ({ number } = write);
      caught.resolve(write);
      await released.promise;
      return 'forward';
    },
    after: async (write) => {
      if (write.number === number) answered.resolve(write);
      return 'answer';
    },
  });
  return { caught: caught.promise, release: () => released.resolve(), answered: answered.promise };
}
