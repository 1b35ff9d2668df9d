// A Prometheus of a test's own that scrapes the mesh of this test run.
import { stackOfThisRun } from './attach.ts';
import type { Cleanup } from './cleanup.ts';
import { startPrometheus, type TestPrometheus } from './prometheus.ts';

/** Starts it; it ends with the test. */
export async function meshPrometheus({ onTestFinished }: Cleanup): Promise<TestPrometheus> {
  const discovery = { url: `${stackOfThisRun().mesh.url}/sd`, refresh_interval: '1s' };
  const prometheus = await startPrometheus({ scrape: [{ job_name: 'istio', http_sd_configs: [discovery] }] });
  onTestFinished(() => prometheus.dispose());
  return prometheus;
}
