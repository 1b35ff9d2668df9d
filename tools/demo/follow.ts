// Following rollouts with kubectl's own watch: every change is told, and the stories wait for theirs.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Stack } from '../stack/description.ts';
import type { Printer } from './print.ts';

const rollout = z.looseObject({
  metadata: z.looseObject({ namespace: z.string(), name: z.string() }),
  status: z
    .looseObject({
      phase: z.string().default(''),
      cause: z.string().default(''),
      message: z.string().default(''),
      display: z.looseObject({ weight: z.string().default('') }).prefault({}),
    })
    .prefault({}),
});

/** A rollout as the demo tells of it. */
export interface Seen {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly weight: string;
  readonly cause: string;
  readonly message: string;
}

/** Rollouts as they come and change. */
export interface Followed {
  /** The end of the rollout number `count` of a namespace, counted from 1; undefined when it does not end within three minutes. */
  end(namespace: string, count: number): Promise<Seen | undefined>;
  stop(): void;
}

const storyMs = 180_000;

/** Prints every change of every rollout, until it is stopped; those in `quiet` namespaces are told elsewhere. */
export function followRollouts(stack: Stack, out: Printer, quiet: readonly string[] = []): Followed {
  const child = spawn(stack.bin.kubectl, ['get', 'canaryrollouts.serin.dev', '-A', '--watch', '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, KUBECONFIG: stack.kubeconfig },
  });
  const latest = new Map<string, Map<string, Seen>>();
  const changed = new EventTarget();
  let lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line !== '}') return; // kubectl indents, so that only an object's last line is this
    const seen = seenOf(JSON.parse(lines.join('\n')));
    lines = [];
    const known = latest.get(seen.namespace) ?? new Map<string, Seen>();
    if (!quiet.includes(seen.namespace)) tell(out, known.get(seen.name), seen);
    latest.set(seen.namespace, known.set(seen.name, seen));
    changed.dispatchEvent(new Event('change'));
  });
  return {
    stop: () => child.kill('SIGKILL'),
    end: async (namespace, count) => {
      const deadline = AbortSignal.timeout(storyMs);
      for (;;) {
        const seen = [...(latest.get(namespace)?.values() ?? [])][count - 1];
        if (seen?.phase === 'promoted' || seen?.phase === 'rolledBack') return seen;
        if (deadline.aborted) return undefined;
        await nextChange(changed, deadline);
      }
    },
  };
}

function seenOf(object: unknown): Seen {
  const { metadata, status } = rollout.parse(object);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    phase: status.phase,
    weight: status.display.weight,
    cause: status.cause,
    message: status.message,
  };
}

function tell(out: Printer, before: Seen | undefined, seen: Seen): void {
  if (seen.phase === '') return;
  if (before?.phase === seen.phase && before.message === seen.message) return;
  out.line(seen.namespace, seen.phase, seen.weight, seen.message);
}

function nextChange(changed: EventTarget, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      changed.removeEventListener('change', done);
      deadline.removeEventListener('abort', done);
      resolve();
    };
    changed.addEventListener('change', done);
    deadline.addEventListener('abort', done);
  });
}
