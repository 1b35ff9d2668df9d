// All a tick may reach, handed over once by the composition root.
import type { MailTarget } from '../domain/mail.ts';
import type { Millis } from '../domain/time.ts';
import type { Gauges } from './gauges.ts';
import type { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import type { Mesh } from './mesh-port.ts';
import type { Freezes } from './people-port.ts';
import type {
  Clock,
  Copies,
  Doctor,
  Events,
  Holds,
  Metrics,
  Policies,
  RolloutStore,
  Targets,
  WakeQueue,
  Workloads,
} from './ports.ts';

/** The ports and the few numbers that shape time. */
export interface World {
  readonly clock: Clock;
  readonly rollouts: RolloutStore;
  readonly workloads: Workloads;
  readonly copies: Copies;
  readonly holds: Holds;
  readonly policies: Policies;
  /** Absent where nothing is ever frozen. */
  readonly freezes?: Freezes;
  readonly targets: Targets;
  readonly events: Events;
  readonly mesh: Mesh;
  readonly ledger: Ledger;
  readonly gauges: Gauges;
  readonly metrics: Pick<Metrics, 'unmeshed'>;
  /** Absent where nothing is examined before a start. */
  readonly doctor?: Doctor;
  readonly wakes: WakeQueue;
  readonly log: Log;
  /** Whether changes are left in the outbox to be told: true where somebody delivers them. */
  readonly announcing?: boolean;
  /** Which programs outside are told by letter; absent where none is. */
  readonly mailing?: readonly MailTarget[];
  /** Width of a slot of evidence. */
  readonly slotMs: Millis;
  /** How long the mesh may take to follow a write. */
  readonly settleMs: Millis;
  /** How late a slot is read: one scrape interval. */
  readonly lagMs: Millis;
}
