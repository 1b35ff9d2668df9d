// kubectl of the stack's own version.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ended, run } from '../parts/run.ts';

/** What kubectl needs to know of a stack. With a folder it keeps its cache in there instead of in the home folder. */
export interface KubectlTarget {
  readonly folder?: string;
  readonly kubeconfig: string;
  readonly bin: { readonly kubectl: string };
}

/** `timeoutMs` is a minute and a half unless given. */
export interface KubectlOptions {
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const defaultTimeoutMs = 90_000;

/** Runs kubectl as the admin of the stack (`--kubeconfig` among the arguments or KUBECONFIG in `env` chooses another user). Never throws: a failure is in `code` and `stderr`. */
export function kubectl(stack: KubectlTarget, args: readonly string[], options: KubectlOptions = {}): Promise<Ended> {
  const cache = stack.folder === undefined ? {} : { KUBECACHEDIR: join(stack.folder, 'kubectl-cache') };
  const own = { KUBECONFIG: stack.kubeconfig, ...cache };
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const stdin = options.stdin === undefined ? {} : { stdin: options.stdin };
  return run(stack.bin.kubectl, args, { timeoutMs, env: { ...process.env, ...own, ...options.env }, ...stdin });
}

/** Runs kubectl and gives its output. Throws with kubectl's own words when it fails. */
export async function kubectlOutput(
  stack: KubectlTarget,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  const ended = await kubectl(stack, args, options);
  if (ended.code !== 0)
    throw new Error(`kubectl ${args.join(' ')} failed with code ${ended.code}: ${ended.stderr.trim()}`);
  return ended.stdout;
}

const againMs = 250;

/**
 * Runs kubectl again until it succeeds, for what is about to become possible: `kubectl wait` for a condition fails at once
 * while an object has no conditions at all. Throws with kubectl's last words after `withinMs`.
 */
export async function kubectlEventually(
  stack: KubectlTarget,
  args: readonly string[],
  withinMs: number,
): Promise<string> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const ended = await kubectl(stack, args, { timeoutMs: Math.max(1_000, deadline - Date.now()) });
    if (ended.code === 0) return ended.stdout;
    if (Date.now() >= deadline) throw new Error(`kubectl ${args.join(' ')} failed: ${ended.stderr.trim()}`);
    await pause(againMs);
  }
}
