// From objects as they were sent to a sink, past callbacks that throw and objects that cannot be read.
import { z } from 'zod';
import type { WatchEvent } from './connection.ts';
import { type Followed, objectSchema } from './metadata.ts';

/** Where followed objects go. */
export interface Sink<T> {
  /** Everything there is, at one moment. */
  readonly replace: (objects: readonly T[]) => void;
  readonly put: (object: T) => void;
  readonly remove: (place: { readonly namespace: string; readonly name: string }) => void;
}

/** Hands objects to a sink. Never throws. */
export interface Deliver {
  readonly all: (objects: readonly unknown[]) => void;
  /** Hands over one event of a watch, and gives the version that the watch has reached, as far as it can be told. */
  readonly one: (event: WatchEvent) => string | undefined;
}

/** Delivers to the sink; what is thrown on the way is told to `trouble`, and the next object is delivered all the same. */
export function deliverTo<T>(
  kind: Followed<T>,
  sink: Sink<T>,
  trouble: (message: string, error?: unknown) => void,
): Deliver {
  function guarded<R>(message: string, work: () => R): R | undefined {
    try {
      return work();
    } catch (error) {
      trouble(message, error);
      return undefined;
    }
  }

  function read(object: unknown): T | undefined {
    return guarded(`An object of ${kind.path} cannot be read and is left out`, () => kind.read(object));
  }

  function hand(work: () => void): void {
    guarded(`What was told of ${kind.path} was not taken`, work);
  }

  return {
    all(objects) {
      const all = objects.map(read).filter((object) => object !== undefined);
      hand(() => sink.replace(all));
    },
    one({ type, object }) {
      if (type === 'BOOKMARK') return versionOf(object);
      const named = objectSchema.safeParse(object);
      if (!named.success) return undefined;
      const { metadata } = named.data;
      const taken = type === 'DELETED' ? undefined : read(object);
      if (type === 'DELETED') hand(() => sink.remove(metadata));
      else if (taken !== undefined) hand(() => sink.put(taken));
      return metadata.resourceVersion;
    },
  };
}

/** A bookmark has a version and no name. */
const bookmarkSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

function versionOf(object: unknown): string | undefined {
  return bookmarkSchema.safeParse(object).data?.metadata.resourceVersion;
}
