// The HTTP surface of a controller: health, readiness and metrics, listening.
import type { ControllerFlags } from '../cli/cluster.ts';
import type { Conductor } from '../controller/conductor.ts';
import type { Clock } from '../controller/ports.ts';
import type { WakeClock } from '../controller/wake-clock.ts';
import { httpApp } from '../http/app.ts';
import { eventLoopWatch } from '../http/event-loop.ts';
import { metricsPart, processParts, queuePart, ticksPart, watchPart } from '../http/health.ts';
import type { ControllerMetrics } from '../http/metrics.ts';
import type { Watches } from './watches.ts';

/** What is served. */
export interface HttpSources {
  readonly flags: ControllerFlags;
  readonly metrics: ControllerMetrics;
  readonly watches: Watches;
  readonly bells: WakeClock;
  readonly conductor: Conductor;
  readonly lastRead: () => 'data' | 'sourceDown' | undefined;
  readonly clock: Clock;
}

/** Listens at the address of the flags; rejects when it cannot. */
export async function serveHttp(sources: HttpSources): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { metrics, watches, bells, conductor, lastRead, clock, flags } = sources;
  const loop = eventLoopWatch();
  const app = httpApp({
    metrics: {
      ...metrics,
      exposition: () => {
        metrics.rollouts(conductor.phases());
        metrics.queueReached(bells.state().queue === 'healthy');
        return metrics.exposition();
      },
    },
    live: () => processParts(bells.state().oldestTickMs, loop.longestTurn()),
    ready: () => [
      ...Object.entries(watches.all).map(([name, watch]) => watchPart(name, heard(watch), clock.now())),
      ticksPart(bells.state().failedInARow),
      queuePart(bells.state().queue),
      metricsPart(lastRead()),
    ],
  });
  const url = await app.listen(flags.listen);
  return {
    url,
    close: async () => {
      loop.stop();
      await app.close();
    },
  };
}

function heard(watch: { listed(): boolean; lastEventAt(): number | undefined }): {
  listed: boolean;
  lastEventAt?: number;
} {
  const lastEventAt = watch.lastEventAt();
  return { listed: watch.listed(), ...(lastEventAt === undefined ? {} : { lastEventAt }) };
}
