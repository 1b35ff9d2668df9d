// Reads shared by those who ask at the same time: a hundred who wait for one rollout cost two reads, not a hundred.
import type { RolloutStore } from '../../controller/ports.ts';

type Reads = Pick<RolloutStore, 'get' | 'list'>;

/** The same reads. Whoever asks gets what was read after they asked: those who come while a read is under way share the next one. */
export function sharedReads(store: Reads): Reads {
  const one = shared<Awaited<ReturnType<Reads['get']>>>();
  const all = shared<Awaited<ReturnType<Reads['list']>>>();
  return {
    get: (id) => one(`${id.namespace}/${id.name}`, () => store.get(id)),
    list: (namespace) => all(namespace ?? '', () => store.list(namespace)),
  };
}

interface Flight<T> {
  readonly now: Promise<T>;
  /** Begins when the present one has ended. */
  next?: Promise<T>;
}

function shared<T>(): (key: string, read: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, Flight<T>>();

  function begin(key: string, read: () => Promise<T>): Promise<T> {
    const now = read();
    const flight: Flight<T> = { now };
    flights.set(key, flight);
    const ended = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    now.then(ended, ended);
    return now;
  }

  return (key, read) => {
    const flight = flights.get(key);
    if (flight === undefined) return begin(key, read);
    flight.next ??= flight.now.then(
      () => begin(key, read),
      () => begin(key, read),
    );
    return flight.next;
  };
}
