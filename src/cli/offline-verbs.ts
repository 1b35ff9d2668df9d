// The verbs that look at files and need no cluster.
import type { Command } from 'commander';
import type { CliParts } from './cluster.ts';

/** Adds every verb that works without a cluster. */
export function addOfflineVerbs(serin: Command, parts: CliParts, ended: (code: number) => void): void {
  const around = (command: Command): CliParts => {
    const { color } = command.optsWithGlobals<{ readonly color: boolean }>();
    return color ? parts : { ...parts, terminal: { ...parts.terminal, colour: false } };
  };
  serin
    .command('lint')
    .description('say what is wrong with CanaryPolicies and annotated Deployments, before they are applied')
    .requiredOption('-f, --filename <file...>', 'files to look at, or folders of them; - is standard input')
    .action(async ({ filename }: { filename: string[] }, command: Command) => {
      const { runLint } = await import('./lint.ts');
      ended(await runLint(around(command), filename));
    });
  serin
    .command('gate')
    .description('try custom gates')
    .command('test')
    .description('say what the gates of a CanaryPolicy make of given values')
    .requiredOption('-f, --filename <file>', 'the file with the CanaryPolicy; - is standard input')
    .requiredOption('--fixtures <file>', 'the file with values and expected verdicts')
    .action(async ({ filename, fixtures }: { filename: string; fixtures: string }, command: Command) => {
      const { runGateTest } = await import('./gate-test.ts');
      ended(await runGateTest(around(command), { file: filename, fixtures }));
    });
}
