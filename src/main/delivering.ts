// The loop that delivers: it sleeps until something is due, or changes.
import { setTimeout as wait } from 'node:timers/promises';
import type { Deliveries } from '../controller/deliveries.ts';
import type { Clock } from '../controller/ports.ts';

const idleMs = 1_000;
const shortestMs = 20;

/** Delivers until it is stopped; `make` is handed what wakes the loop. `ended` resolves once it has stopped. */
export function keepDelivering(
  make: (woken: () => void) => Deliveries,
  clock: Clock,
  stopping: AbortSignal,
): { readonly deliveries: Deliveries; readonly ended: Promise<void> } {
  let wake = new AbortController();
  const deliveries = make(() => wake.abort());
  async function loop(): Promise<void> {
    while (!stopping.aborted) {
      wake = new AbortController();
      await deliveries.deliverDue();
      const due = deliveries.nextDue() ?? clock.now() + idleMs;
      const sleepMs = Math.max(shortestMs, Math.min(idleMs, due - clock.now()));
      await wait(sleepMs, undefined, { signal: AbortSignal.any([wake.signal, stopping]) }).catch(() => undefined);
    }
  }
  return { deliveries, ended: loop() };
}
