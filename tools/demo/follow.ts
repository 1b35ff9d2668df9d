// Following objects with kubectl's own watch, one line per change.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Stack } from '../stack/description.ts';

/** A rollout as the demo tells of it. */
export interface Seen {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly step: string;
  readonly weight: string;
  readonly cause: string;
  readonly stalled: boolean;
  readonly message: string;
}

const fields = [
  '.metadata.namespace',
  '.metadata.name',
  '.status.phase',
  '.status.display.step',
  '.status.display.weight',
  '.status.cause',
  '.status.conditions[?(@.type=="Stalled")].status',
  '.status.message',
];

/** Calls `onSeen` for every change of every rollout, until the returned function is called. */
export function followRollouts(stack: Stack, onSeen: (seen: Seen) => void): () => void {
  const template = `${fields.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}`;
  const args = ['get', 'canaryrollouts.serin.dev', '-A', '--watch', '-o', `jsonpath=${template}`];
  const child = spawn(stack.bin.kubectl, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, KUBECONFIG: stack.kubeconfig },
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [namespace = '', name = '', phase = '', step = '', weight = '', cause = '', stalled = '', message = ''] =
      line.split('\t');
    onSeen({ namespace, name, phase, step, weight, cause, stalled: stalled === 'True', message });
  });
  return () => child.kill('SIGKILL');
}
