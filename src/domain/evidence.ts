// What is known of the traffic: slots, rows as read, and what a rollout keeps of them.
import type { Instant } from './time.ts';

/** A stretch of time on the grid, after `start` up to and including `end`. */
export interface Slot {
  readonly start: Instant;
  readonly end: Instant;
}

/** Who counted a request: the client's proxy, the server's, or a waypoint. */
export type Reporter = 'source' | 'destination' | 'waypoint';

/** Requests of one kind that ended within a slot, already differenced and summed over pods. */
export interface RequestRow {
  readonly reporter: Reporter;
  /** The Deployment that served; `unknown` when no endpoint was chosen. */
  readonly workload: string;
  readonly namespace: string;
  /** The service asked for, as a fully qualified name; `unknown` where the reporter could not tell. */
  readonly service: string;
  readonly protocol: string;
  /** The HTTP status as text; `0` when no response was started. */
  readonly code: string;
  /** The gRPC status as text; empty for other protocols. */
  readonly grpcStatus: string;
  /** Comma-joined response flags; `-` for none. */
  readonly flags: string;
  readonly count: number;
}

/** Requests of a slot that took at most `bound` milliseconds (cumulative; the last bound is Infinity). */
export interface LatencyRow {
  readonly reporter: Reporter;
  readonly workload: string;
  readonly namespace: string;
  readonly bound: number;
  readonly count: number;
}

/** A workload some of whose counts in a slot cannot be told from a lifetime of requests. */
export interface UnreadableRow {
  readonly reporter: Reporter;
  readonly workload: string;
  readonly namespace: string;
  readonly service: string;
}

/** What was read of one slot, for every workload asked about. */
export type SlotReading =
  | {
      readonly kind: 'data';
      readonly slot: Slot;
      readonly requests: readonly RequestRow[];
      readonly latency: readonly LatencyRow[];
      /** Rows that had to be left out, so that their workloads have no data in this slot. */
      readonly unreadable: readonly UnreadableRow[];
      /** The queries, to be shown behind the numbers. */
      readonly queries: { readonly requests: string; readonly latency?: string };
    }
  | { readonly kind: 'sourceDown'; readonly slot: Slot; readonly message: string };

/** Which rows concern a rollout. */
export interface Subject {
  readonly namespace: string;
  readonly stable: string;
  readonly canary: string;
  /** Fully qualified names of the services the route sends to. */
  readonly services: readonly string[];
  /** Whether latency is judged, so that histograms are read. */
  readonly latency: boolean;
}

/** A gate's own memory: JSON of its own, versioned and bounded. */
export interface GateState {
  readonly version: number;
  readonly state: unknown;
}

/** What a rollout has seen so far; saved in its status and enough to carry on judging after a restart. */
export interface Evidence {
  readonly schema: 1;
  /** The end of the last slot that was counted. */
  readonly through: Instant;
  /** The first instant whose requests count for the present step. */
  readonly stepStart: Instant;
  readonly gates: Readonly<Record<string, GateState>>;
}

/** The slot of width `slotMs` that ends at or before `at`. */
export function slotEndingBy(at: Instant, slotMs: number): Slot {
  const end = Math.floor(at / slotMs) * slotMs;
  return { start: end - slotMs, end };
}

/** The first grid line at or after `at`. */
export function gridAfter(at: Instant, slotMs: number): Instant {
  return Math.ceil(at / slotMs) * slotMs;
}

/**
 * The next grid line after `now`. Looking again only on the grid keeps wakes together: whatever else rings in between, the
 * next look is the same one, and not one more.
 */
export function nextLine(now: Instant, everyMs: number): Instant {
  return (Math.floor(now / everyMs) + 1) * everyMs;
}
