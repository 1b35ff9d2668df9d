// A controller's HTTP API as the command uses it.
import { apiCalls } from '../adapters/http-api/calls.ts';
import { apiDeployments } from '../adapters/http-api/deployments.ts';
import { apiRequests } from '../adapters/http-api/requests.ts';
import { apiRollouts } from '../adapters/http-api/rollouts.ts';
import { readRollout } from '../adapters/kubernetes/rollout-codec.ts';
import type { CliCluster, CliParts, ServerFlags } from '../cli/cluster.ts';
import type { Host } from './host.ts';

/** Speaks to the API of the flags; nothing is sent before the first call. */
export function openServer(
  { url, token, authority, namespace }: ServerFlags,
  { clock, userAgent }: Host,
  { pause, interrupted }: Pick<CliParts, 'pause' | 'interrupted'>,
): CliCluster {
  const { env: proxies } = process;
  const trust = authority === undefined ? {} : { authority };
  const calls = apiCalls({ url, token, ...trust, userAgent, proxies, pause, interrupted });
  const rollouts = apiRollouts({ calls, clock, decode: readRollout });
  const deployments = apiDeployments(calls, clock);
  return {
    namespace,
    rollouts,
    requests: apiRequests(calls),
    workloads: deployments.workloads,
    policies: deployments.policies,
    adoptions: deployments,
    async close() {
      rollouts.close();
      calls.close();
    },
  };
}
