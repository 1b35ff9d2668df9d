// What a rollout's history tells.
import type { SeenRollout } from './api.ts';

/** The weights of the rollout's forward moves, in order. */
export function weightsMoved({ status }: SeenRollout): readonly number[] {
  return status.history.filter(({ phase }) => phase === 'shifting').map(({ weight }) => weight);
}

/** Every phase entered, each with its step: `baking 0`. */
export function phasesEntered({ status }: SeenRollout): readonly string[] {
  return status.history.map(({ phase, step }) => `${phase} ${step}`);
}

/** How long each bake lasted, in milliseconds; one under way is left out. */
export function bakesOf({ status }: SeenRollout): readonly number[] {
  return status.history.flatMap(({ phase, time }, index) => {
    const after = status.history[index + 1];
    return phase === 'baking' && after !== undefined ? [Date.parse(after.time) - Date.parse(time)] : [];
  });
}

/** The phase that the rollout was rolled back from, with its step: `shifting 1`. Undefined when it was not. */
export function rolledBackFrom(rollout: SeenRollout): string | undefined {
  const entered = phasesEntered(rollout);
  const index = rollout.status.history.findIndex(({ phase }) => phase === 'rollingBack');
  return index < 0 ? undefined : (entered[index - 1] ?? 'pending 0');
}
