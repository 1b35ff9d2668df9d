// From full lists and single events to changes: each version of an object is told once, and each end of one.
import type { Sink } from './sink.ts';

/** An object's place and version. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What is told of objects. */
export interface Tellers<T> {
  readonly idOf: (object: T) => Identity;
  /** The object is new or has a version that was not told yet. */
  readonly changed: (object: T) => void;
  /** The object is no more. */
  readonly gone: (was: Identity) => void;
}

/**
 * A sink that tells changes and keeps no more than identities. An object that took the place of another is told after the other's
 * end. What a teller throws passes through, after everything is told.
 */
export function seenSink<T>({ idOf, changed, gone }: Tellers<T>): Sink<T> {
  const seen = new Map<string, Identity>();

  function put(object: T): void {
    const { namespace, name, uid, resourceVersion } = idOf(object);
    const key = placeKey({ namespace, name });
    const before = seen.get(key);
    if (before?.uid === uid && before.resourceVersion === resourceVersion) return;
    seen.set(key, { namespace, name, uid, resourceVersion });
    if (before !== undefined && before.uid !== uid) gone(before);
    changed(object);
  }

  function remove(place: Pick<Identity, 'namespace' | 'name'>): void {
    const key = placeKey(place);
    const before = seen.get(key);
    seen.delete(key);
    if (before !== undefined) gone(before);
  }

  function replace(all: readonly T[]): void {
    const present = new Set(all.map((object) => placeKey(idOf(object))));
    const absent = [...seen.values()].filter((id) => !present.has(placeKey(id)));
    const failed: unknown[] = [];
    for (const work of [...absent.map((id) => () => remove(id)), ...all.map((object) => () => put(object))]) {
      try {
        work();
      } catch (error) {
        failed.push(error);
      }
    }
    if (failed.length > 0) throw failed[0];
  }

  return { replace, put, remove };
}

/** An object's place as one text. */
export function placeKey({ namespace, name }: Pick<Identity, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
