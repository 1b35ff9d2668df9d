// The serin command on one world in memory, reached in two ways: through the ports as with a kubeconfig, and through the HTTP API.
import { randomUUID } from 'node:crypto';
import type { CliCluster, CliParts } from '../../src/cli/cluster.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Clock } from '../../src/controller/ports.ts';
import { openServer } from '../../src/main/server.ts';
import { type ApiScene, tokens } from './api-world.ts';

/** What a run of the command gave. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a run goes. */
export interface RunOptions {
  /** Whose token is shown; ada's unless given. */
  readonly who?: keyof typeof tokens;
  /** Ends the run as Ctrl-C does. */
  readonly interrupted?: AbortSignal;
  /** Runs whenever the command pauses. */
  readonly pauses?: () => Promise<void> | void;
  /** The command's own clock; the world's unless given. */
  readonly clock?: Clock;
}

/** Runs a line in namespace shop through the API at the address. */
export function throughServer(api: ApiScene, url: string, line: string, options: RunOptions = {}): Promise<Ran> {
  const host = { clock: options.clock ?? api.scene.world.clock, userAgent: 'serin/test' };
  const words = [...line.split(' ').filter(Boolean), '--server', url, '-n', 'shop'];
  return ran(api, words, options, async (flags, parts) => openServer(flags, host, parts));
}

/** Runs a line in namespace shop on the ports themselves. */
export function throughPorts(api: ApiScene, line: string, options: RunOptions = {}): Promise<Ran> {
  const { rollouts, workloads, policies } = api.scene.world;
  const cluster: CliCluster = {
    namespace: 'shop',
    rollouts,
    requests: api.scene.desk,
    workloads,
    policies,
    adoptions: { list: async () => [] },
  };
  const words = [...line.split(' ').filter(Boolean), '--server', 'http://127.0.0.1:1', '-n', 'shop'];
  return ran(api, words, options, async () => cluster);
}

type Opening = (
  flags: Parameters<CliParts['openServer']>[0],
  parts: Pick<CliParts, 'pause' | 'interrupted'>,
) => Promise<CliCluster>;

async function ran(api: ApiScene, words: readonly string[], options: RunOptions, open: Opening): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const { who = 'ada', interrupted = new AbortController().signal, pauses, clock = api.scene.world.clock } = options;
  const pause = async (): Promise<void> => {
    await pauses?.();
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const nothing = (): Promise<never> => Promise.reject(new Error('This run has neither cluster nor files.'));
  const code = await runProgram(words, {
    openCluster: nothing,
    openServer: (flags) => open(flags, { pause, interrupted }),
    server: { token: tokens[who] },
    runController: nothing,
    readInput: nothing,
    manifestsAt: nothing,
    writeOutput: nothing,
    appendOutput: nothing,
    pipeline: {},
    querySyntax: nothing,
    terminal: {
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
      interactive: false,
      colour: false,
      columns: 200,
      unicode: true,
    },
    clock,
    newId: randomUUID,
    pause,
    interrupted,
    version: '0.0.0',
  });
  return { code, out: out.join(''), err: err.join('') };
}
