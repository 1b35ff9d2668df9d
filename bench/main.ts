// Measures Serin on the real parts: `node bench/main.ts [names] [--write]`. Prints a report; --write keeps it in bench/report.md.
// Nothing here passes or fails by a time: figures are read by people.
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiCost } from './api-cost.ts';
import { load } from './load.ts';
import { prometheusCost } from './prometheus-cost.ts';
import { reaction } from './reaction.ts';
import { resume } from './resume.ts';
import { size } from './size.ts';
import { openStage, type Stage } from './stage.ts';
import { type Section, textOf } from './table.ts';

const benchmarks: Readonly<Record<string, (stage: Stage) => Promise<Section>>> = {
  reaction,
  'api-cost': apiCost,
  resume,
  size,
  'prometheus-cost': prometheusCost,
  load,
};

/** The order; those in one row measure no time and share the machine. The crowd of a hundred rollouts comes last, for it stays. */
const order = [['reaction'], ['resume'], ['api-cost', 'size'], ['prometheus-cost'], ['load']];

const began = Date.now();

function say(line: string): void {
  process.stderr.write(`${((Date.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => benchmarks[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`No benchmark is called ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`);
  const chosen = order.map((row) => row.filter((name) => positionals.length === 0 || positionals.includes(name)));
  const report: string[] = [];
  await runAll(chosen, (part) => {
    process.stdout.write(`${part}\n\n`);
    report.push(part);
  });
  if (values.write) await writeFile(join(import.meta.dirname, 'report.md'), `${report.join('\n\n')}\n`);
}

function heading(): string {
  const processors = cpus();
  const machine = `${processors.length} cores (${processors[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB memory, ${process.platform}, Node ${process.version}`;
  const command = ['node bench/main.ts', ...process.argv.slice(2)].join(' ');
  return [
    '# Measurements',
    `${new Date().toISOString()}, \`${command}\`, ${machine}. Control plane, Prometheus, Redis, the mesh simulator and the controller share this machine; its load average over a minute stands with every section, and a figure measured on a busy machine is an upper bound.`,
  ].join('\n\n');
}

async function runAll(chosen: readonly (readonly string[])[], tell: (part: string) => void): Promise<void> {
  const stage = await openStage(say);
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`Ended by ${signal}.`)));
  });
  try {
    tell(heading());
    for (const row of chosen) {
      if (row.length > 0) say(row.join(' and '));
      const texts = Promise.all(row.flatMap((name) => benchmarks[name] ?? []).map((each) => measured(each, stage)));
      for (const text of await Promise.race([texts, interrupted])) tell(text);
    }
  } finally {
    await stage.end();
  }
}

async function measured(benchmark: (stage: Stage) => Promise<Section>, stage: Stage): Promise<string> {
  const before = loadavg()[0] ?? 0;
  const from = Date.now();
  const text = textOf(await benchmark(stage));
  const after = loadavg()[0] ?? 0;
  const seconds = Math.round((Date.now() - from) / 1_000);
  return `${text}\n\nTook ${seconds} s; load average ${before.toFixed(1)} at the start, ${after.toFixed(1)} at the end.`;
}

try {
  await main();
} catch (cause) {
  say(cause instanceof Error ? cause.message : String(cause));
  process.exit(1); // a benchmark that was interrupted still waits for something, and need not
}
