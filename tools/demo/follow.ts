// Following rollouts with kubectl's own watch.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Stack } from '../stack/description.ts';

const rollout = z.looseObject({
  metadata: z.looseObject({ namespace: z.string(), name: z.string() }),
  status: z
    .looseObject({
      phase: z.string().default(''),
      cause: z.string().default(''),
      message: z.string().default(''),
      display: z.looseObject({ weight: z.string().default('') }).prefault({}),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
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
  readonly stalled: boolean;
  readonly message: string;
}

/** Calls `onSeen` for every change of every rollout, until the returned function is called. */
export function followRollouts(stack: Stack, onSeen: (seen: Seen) => void): () => void {
  const child = spawn(stack.bin.kubectl, ['get', 'canaryrollouts.serin.dev', '-A', '--watch', '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, KUBECONFIG: stack.kubeconfig },
  });
  let lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line !== '}') return; // kubectl indents, so that only an object's last line is this
    onSeen(seenOf(JSON.parse(lines.join('\n'))));
    lines = [];
  });
  return () => child.kill('SIGKILL');
}

function seenOf(object: unknown): Seen {
  const { metadata, status } = rollout.parse(object);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    phase: status.phase,
    weight: status.display.weight,
    cause: status.cause,
    stalled: status.conditions.some(({ type, status: is }) => type === 'Stalled' && is === 'True'),
    message: status.message,
  };
}
