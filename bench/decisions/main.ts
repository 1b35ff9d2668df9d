// Compares decisions: `node bench/decisions/main.ts --draws 2000 --seed 1 [--bad-draws N] [--cells a,b] [--rules a,b] [--workers 2]
// [--data FOLDER] [--out FOLDER] [--defaults] [--measures] [--report-only]`. Batches that were played before by the same code are
// taken from the data folder, so that a run can be cut and gone on with. `--cells` takes beginnings of names; `plain` names the
// conformance cells.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Batch, batchSize, ruleOf, type Shelf, shelfIn, versionOf } from './batch.ts';
import { cellOf } from './cell.ts';
import { playAll } from './crew.ts';
import { moved, movedCells, movedSection } from './defaults.ts';
import { measure } from './measures.ts';
import { plotsOf } from './plots.ts';
import { reportOf } from './report.ts';
import type { Outcome } from './rule.ts';
import { rules } from './rules.ts';
import { allScenarios, type Scenario, scenarios } from './scenarios.ts';
import type { Results } from './tables.ts';

interface Order {
  readonly seed: number;
  readonly scenarios: readonly Scenario[];
  readonly rules: readonly string[];
  readonly drawsOf: (scenario: Scenario) => number;
  /** Serin with other defaults, and how many draws of each of its cells. */
  readonly moved: { readonly rules: readonly string[]; readonly draws: number };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      draws: { type: 'string', default: '2000' },
      'bad-draws': { type: 'string' },
      seed: { type: 'string', default: '1' },
      cells: { type: 'string' },
      rules: { type: 'string' },
      workers: { type: 'string', default: '2' },
      data: { type: 'string', default: join(tmpdir(), 'serin-decisions') },
      out: { type: 'string', default: import.meta.dirname },
      defaults: { type: 'boolean', default: false },
      measures: { type: 'boolean', default: false },
      'report-only': { type: 'boolean', default: false },
    },
  });
  const draws = count(values.draws);
  const badDraws = count(values['bad-draws'] ?? String(Math.ceil(draws / 4)));
  const order: Order = {
    seed: count(values.seed),
    scenarios: chosen(values.cells),
    rules: values.rules?.split(',').map((id) => ruleOf(id).id) ?? rules.map(({ id }) => id),
    drawsOf: ({ truth }) => (truth === 'equal' ? draws : badDraws),
    moved: { rules: values.defaults ? moved.map(({ id }) => id) : [], draws: badDraws },
  };
  const shelf = shelfIn(values.data);
  if (!values['report-only']) await playMissing(order, shelf, count(values.workers));
  const measures = values.measures ? measure(order.seed, say) : [];
  write(order, shelf, values.out, measures);
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`"${text}" is no count. Write a whole number above 0.`);
  return number;
}

function chosen(cells: string | undefined): readonly Scenario[] {
  if (cells === undefined) return scenarios;
  const beginnings = cells.split(',');
  const lost = beginnings.find((beginning) => !allScenarios.some(({ id }) => id.startsWith(beginning)));
  if (lost !== undefined)
    throw new Error(`No cell begins with "${lost}". There are: ${allScenarios.map(({ id }) => id).join(', ')}.`);
  return allScenarios.filter(({ id }) => beginnings.some((beginning) => id.startsWith(beginning)));
}

async function playMissing(order: Order, shelf: Shelf, workers: number): Promise<void> {
  const batches = batchesOf(order).filter((batch) => shelf.get(batch) === undefined);
  say(`${batches.length} batches of ${batchSize} rollouts to play`);
  await playAll(batches, workers, (batch, outcomes, left) => {
    shelf.put(batch, outcomes);
    if (left % 20 === 0) say(`${left} batches left`);
  });
}

/** A first batch of every cell, then a second: what a cut run leaves is even. */
function batchesOf({ seed, scenarios: cells, rules: ids, drawsOf, moved: others }: Order): readonly Batch[] {
  const usual = cells.flatMap((scenario) => ids.flatMap((rule) => batches(scenario.id, rule, seed, drawsOf(scenario))));
  const besides = others.rules.flatMap((rule) =>
    movedCells.flatMap((scenario) => batches(scenario, rule, seed, others.draws)),
  );
  return [...usual, ...besides].sort((a, b) => a.from - b.from);
}

function batches(scenario: string, rule: string, seed: number, draws: number): readonly Batch[] {
  return Array.from({ length: Math.ceil(draws / batchSize) }, (_, index) => ({
    scenario,
    rule,
    seed,
    from: index * batchSize,
    to: Math.min(draws, (index + 1) * batchSize),
  }));
}

function write(order: Order, shelf: Shelf, out: string, measures: readonly string[]): void {
  const command = ['node bench/decisions/main.ts', ...process.argv.slice(2)].join(' ');
  const shown = rules.filter(({ id }) => order.rules.includes(id));
  const outcomes = outcomesOf(order, shelf);
  const results: Results = {
    scenarios: order.scenarios,
    rules: shown,
    cell: (scenario, rule) => {
      const found = outcomes.get(`${scenario.id} ${rule.id}`);
      return found === undefined || found.length === 0 ? undefined : cellOf(found);
    },
  };
  const besides = order.moved.rules.length === 0 ? [] : [movedSection(results)];
  mkdirSync(out, { recursive: true });
  const plots = plotsOf(results, `seed ${order.seed}; ${command}`);
  for (const { name, svg } of plots) writeFileSync(join(out, name), svg);
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`;
  const versions = shown.map((rule) => `${rule.id} ${versionOf(rule)}`);
  writeFileSync(
    join(out, 'report.md'),
    `${reportOf(results, { command, seed: order.seed, machine, versions, measures: [...besides, ...measures] }, plots)}\n`,
  );
  say(`${join(out, 'report.md')} is written`);
}

function outcomesOf(order: Order, shelf: Shelf): ReadonlyMap<string, readonly Outcome[]> {
  const all = new Map<string, Outcome[]>();
  for (const batch of batchesOf(order)) {
    const found = shelf.get(batch);
    if (found === undefined) continue;
    const key = `${batch.scenario} ${batch.rule}`;
    all.set(key, [...(all.get(key) ?? []), ...found]);
  }
  return all;
}

const began = Date.now();

function say(line: string): void {
  process.stderr.write(`${((Date.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
}

await main();
