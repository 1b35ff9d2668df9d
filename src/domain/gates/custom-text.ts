// The gates of a policy on their way into a plan.
import { formatDuration, type Millis } from '../time.ts';
import { type CustomGate, usesWindow } from './custom.ts';
import { type ReadGates, readGates } from './custom-settings.ts';

/** Reads the gates of a policy from their JSON; without a text there are none. */
export function gatesFromText(text: string | undefined): ReadGates {
  if (text === undefined) return readGates(undefined);
  try {
    return readGates(JSON.parse(text) as unknown);
  } catch {
    return readGates(text);
  }
}

/** Why no step would ever see a gate, so that it would hold every rollout; undefined for one that is seen. */
export function neverSeen(gate: CustomGate, maxBakeMs: Millis): string | undefined {
  if (!usesWindow(gate) || gate.windowMs <= maxBakeMs) return undefined;
  return `Gate "${gate.name}": its window of ${formatDuration(gate.windowMs)} is longer than max-bake (${formatDuration(maxBakeMs)}), so that no step would see it. Shorten one or lengthen the other.`;
}
