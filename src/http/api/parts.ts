// What the API is made of.
import type { z } from 'zod';
import type { Log } from '../../controller/log.ts';
import type { RolloutNews } from '../../controller/news.ts';
import type { Callers, Freezes, RequestDesk } from '../../controller/people-port.ts';
import type { Clock, Policies, RolloutStore, Workloads } from '../../controller/ports.ts';
import type { Rollout, RolloutId } from '../../domain/rollout.ts';
import type { Millis } from '../../domain/time.ts';
import type { Pace } from './bucket.ts';
import type { objectSchema } from './record-parts.ts';

/** Ports and settings of the API. */
export interface ApiParts {
  readonly callers: Callers;
  readonly rollouts: Pick<RolloutStore, 'get' | 'list'>;
  /** A rollout as the cluster stores it. */
  readonly objectOf: (rollout: Rollout) => z.input<typeof objectSchema>;
  readonly workloads: Workloads;
  readonly policies: Policies;
  /** Deployments that ask to be managed, or are held; of a namespace, or of all. */
  readonly adopted: (namespace?: string) => Promise<readonly RolloutId[]>;
  /** A desk that may sign for others. */
  readonly desk: RequestDesk;
  /** What holds forward moves; nothing does without it. */
  readonly freezes?: Freezes;
  readonly news: RolloutNews;
  readonly clock: Clock;
  readonly log: Log;
  /** A new id for a request, never given before. */
  readonly newId: () => string;
  /** Serin's own. */
  readonly version: string;
  /** The only namespace that this controller looks after; all without it. */
  readonly namespace?: string;
  readonly limits: Limits;
}

/** How much is borne. */
export interface Limits {
  readonly pace: { readonly caller: Pace; readonly address: Pace };
  /** Calls that wait for a rollout, and streams of events: in all, and of one caller. */
  readonly waits: { readonly total: number; readonly each: number };
  readonly streams: { readonly total: number; readonly each: number };
  /** How long a request may take to come in, head and body: who sends it byte by byte is let go of. */
  readonly requestMs: Millis;
  /** How long a request waits for its answer. */
  readonly answerWithinMs: Millis;
  /** After how much silence those who wait look anyway. */
  readonly lookEveryMs: Millis;
  /** How often a stream says that it is alive, and asks whether its reader may still read. */
  readonly heartbeatMs: Millis;
  /** How long a stream lasts; the reader takes it up again where it ended. */
  readonly streamMs: Millis;
}

/** What suits a cluster with hundreds of rollouts a day. */
export const ordinaryLimits: Limits = {
  pace: { caller: { burst: 100, perSecond: 10 }, address: { burst: 300, perSecond: 50 } },
  waits: { total: 200, each: 50 },
  streams: { total: 100, each: 10 },
  requestMs: 10_000,
  answerWithinMs: 10_000,
  lookEveryMs: 5_000,
  heartbeatMs: 15_000,
  streamMs: 3_600_000,
};
