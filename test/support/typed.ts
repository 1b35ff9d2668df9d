// A `serin` command that a test types and lets run while other things happen.
import { type Ended, run } from '../../tools/parts/run.ts';
import { serinProgram } from '../../tools/scene/program.ts';
import { eventually } from './eventually.ts';
import type { Story } from './story.ts';

/** A command under way. */
export interface Typed {
  /** How it ended. Never rejects. */
  readonly ended: Promise<Ended>;
  /** Waits until its error stream, where it narrates, contains the words. */
  hear(words: string): Promise<void>;
}

/** What a command is given besides its words. */
export interface TypedOptions {
  /** The admin's unless given. */
  readonly kubeconfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
}

const untilMs = 260_000;

/** Types `serin` and these words in the story's namespace. A pipeline's own variables are taken away, so that only those given count. */
export function typed(
  of: Pick<Story, 'stack' | 'namespace'>,
  words: readonly string[],
  options: TypedOptions = {},
): Typed {
  let said = '';
  const { GITHUB_ACTIONS: _, GITHUB_STEP_SUMMARY: __, ...own } = process.env;
  const ended = run(process.execPath, [serinProgram(), ...words, '-n', of.namespace], {
    timeoutMs: options.withinMs ?? untilMs,
    env: { ...own, KUBECONFIG: options.kubeconfig ?? of.stack.kubeconfig, ...options.env },
    onStderr: (text) => {
      said += text;
    },
  });
  return {
    ended,
    hear: async (wanted) => {
      await eventually(`"${wanted}" to be said`, async () => said.includes(wanted), { withinMs: 240_000 });
    },
  };
}
