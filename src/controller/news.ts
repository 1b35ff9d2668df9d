// Tells who waits for a rollout that something about it has changed; what it is they read themselves.
import type { RolloutId } from '../domain/rollout.ts';
import type { Conductor } from './conductor.ts';

/** Where those who wait are told. */
export interface RolloutNews {
  /** Calls back at every change of a rollout in the namespace, until the function given back is called. */
  subscribe(namespace: string, onChange: (id: RolloutId) => void): () => void;
}

/** Where the watch tells. */
export interface RolloutTeller extends RolloutNews {
  /** A rollout was created, changed or deleted. */
  tell(id: RolloutId): void;
}

/** News of this process's own watch. */
export function rolloutNews(): RolloutTeller {
  const listening = new Map<string, Set<(id: RolloutId) => void>>();
  return {
    subscribe(namespace, onChange) {
      const those = listening.get(namespace) ?? new Set();
      listening.set(namespace, those.add(onChange));
      return () => {
        those.delete(onChange);
        if (those.size === 0 && listening.get(namespace) === those) listening.delete(namespace);
      };
    },
    tell(id) {
      for (const onChange of listening.get(id.namespace) ?? []) onChange(id);
    },
  };
}

/** The conductor, for a watch that is to tell those who wait as well. */
export function telling(conductor: Conductor, news: RolloutTeller): Conductor {
  return {
    ...conductor,
    rolloutChanged(rollout, byOthers) {
      conductor.rolloutChanged(rollout, byOthers);
      news.tell(rollout.id);
    },
    rolloutGone(id) {
      conductor.rolloutGone(id);
      news.tell(id);
    },
  };
}
