// Where benchmarks are played: the real parts, and controllers that are gone when the benchmark is over.
import { join } from 'node:path';
import { type Api, apiOf } from '../test/support/api.ts';
import { type MeshClient, meshClient } from '../tools/mesh/client.ts';
import { type Controller, type ControllerOptions, startController } from '../tools/scene/controller.ts';
import type { Stack } from '../tools/stack/description.ts';
import { kubectlOutput } from '../tools/stack/kubectl.ts';
import { startStack } from '../tools/stack/stack.ts';

/** The real parts and what reaches them. */
export interface Stage {
  readonly stack: Stack;
  readonly api: Api;
  readonly mesh: MeshClient;
  /** Starts a controller on the parts; `group` keeps the wakes of different benchmarks apart. The sweep is the default one unless given. */
  startController(group: string, options?: Partial<ControllerOptions>): Promise<Controller>;
  /** Says what is going on. */
  readonly say: (line: string) => void;
  /** Ends every controller and every part. */
  end(): Promise<void>;
}

const definitions = join(import.meta.dirname, '..', 'deploy', 'crds');

/** Starts the real parts. The caller owes an `end`, whatever happens. */
export async function openStage(say: (line: string) => void): Promise<Stage> {
  const stack = await startStack({ onProgress: (line) => say(`  ${line}`) });
  const controllers: Controller[] = [];
  async function end(): Promise<void> {
    await Promise.all(controllers.map((controller) => controller.kill()));
    await stack.stop();
  }
  try {
    await kubectlOutput(stack, ['apply', '--server-side', '-f', definitions]);
    await kubectlOutput(stack, ['wait', '--for=condition=Established', '--timeout=20s', '-f', definitions]);
    return {
      stack,
      api: await apiOf(stack.kubeconfig),
      mesh: meshClient(stack.mesh.url),
      say,
      end,
      startController: async (group, options = {}) => {
        const controller = await startController({
          kubeconfig: stack.kubeconfig,
          prometheusUrl: stack.prometheus.url,
          redisUrl: stack.redis.url,
          redisPrefix: `{bench-${group}}`,
          sweep: '30s',
          ...options,
        });
        controllers.push(controller);
        return controller;
      },
    };
  } catch (cause) {
    await end();
    throw cause;
  }
}
