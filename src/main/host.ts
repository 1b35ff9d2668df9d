// What both the command and the controller are handed of the machine they run on.
import type { Clock } from '../controller/ports.ts';

/** The clock of this machine and the name we go by. */
export interface Host {
  readonly clock: Clock;
  readonly userAgent: string;
}
