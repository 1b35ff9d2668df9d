// The mesh simulator: plays Istio's sidecars and their telemetry for the cluster of a kubeconfig, for tests and the demo.
// Played: choice of VirtualService, route, weighted destination, subset and pod; failures NR, NC, UH, UF, DC and those of
// the application; request counters and durations of both reporters. Not played: gateways, retries, timeouts, faults,
// mirrors, connection pools, outlier detection, TCP.
// Usage: node tools/mesh/main.ts --kubeconfig FILE [--port 0] [--propagation-ms 0]
// Prints {"url":"http://127.0.0.1:PORT"} once it listens; /healthz says 200 once the cluster was seen. Ends on SIGTERM.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { accessFrom } from './access.ts';
import { followCluster, unseenCluster } from './cluster.ts';
import { meshServer } from './server.ts';
import { newTraffic, play } from './traffic.ts';

const PLAY_EVERY_MS = 50;

const optionsSchema = z.object({
  kubeconfig: z.string('--kubeconfig FILE is missing'),
  port: z.coerce.number().int().min(0).max(65_535),
  'propagation-ms': z.coerce.number().min(0).max(60_000),
});

function nowMs(): number {
  return performance.now();
}

function log(line: string): void {
  process.stderr.write(`mesh: ${line}\n`);
}

function readOptions(): z.output<typeof optionsSchema> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: 'string' },
      port: { type: 'string', default: '0' },
      'propagation-ms': { type: 'string', default: '0' },
    },
  });
  const parsed = optionsSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new Error(`The mesh simulator cannot start with these options.\n${z.prettifyError(parsed.error)}`);
}

async function main(): Promise<void> {
  const options = readOptions();
  const stopped = new AbortController();
  const cluster = unseenCluster();
  const traffic = newTraffic(cluster, options['propagation-ms']);
  const server = meshServer(traffic, nowMs);
  const access = await accessFrom(options.kubeconfig);
  const url = await server.listen({ host: '127.0.0.1', port: options.port });
  const following = followCluster(access, cluster, nowMs, { signal: stopped.signal, log });
  const playing = setInterval(() => play(traffic, nowMs()), PLAY_EVERY_MS);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.abort());
  process.stdout.write(`${JSON.stringify({ url })}\n`);
  await following;
  clearInterval(playing);
  await server.close();
  await access.dispatcher.destroy();
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
