// Batches of draws: the unit of work, kept as JSON under the version of the code they came from, so that a long run can be cut.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { moved } from './defaults.ts';
import { type Outcome, play, type Rule } from './rule.ts';
import { rules } from './rules.ts';
import { allScenarios, type Scenario } from './scenarios.ts';
import { worldOf } from './service.ts';

/** So many rollouts of one scenario under one rule. */
export interface Batch {
  readonly scenario: string;
  readonly rule: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** Rollouts per batch. */
export const batchSize = 50;

/** Plays a batch. */
export function playBatch({ scenario, rule, seed, from, to }: Batch): readonly Outcome[] {
  const world = scenarioOf(scenario);
  const played = ruleOf(rule);
  return Array.from({ length: to - from }, (_, index) => play(played, worldOf(world, seed, from + index)));
}

/** The scenario of this name. */
export function scenarioOf(id: string): Scenario {
  const found = allScenarios.find((scenario) => scenario.id === id);
  if (found === undefined)
    throw new Error(`No scenario is called ${id}. There are: ${allScenarios.map((one) => one.id).join(', ')}.`);
  return found;
}

/** The rule of this name. */
export function ruleOf(id: string): Rule {
  const found = [...rules, ...moved].find((rule) => rule.id === id);
  if (found === undefined)
    throw new Error(`No rule is called ${id}. There are: ${rules.map((one) => one.id).join(', ')}.`);
  return found;
}

/** Where batches are kept. */
export interface Shelf {
  readonly get: (batch: Batch) => readonly Outcome[] | undefined;
  readonly put: (batch: Batch, outcomes: readonly Outcome[]) => void;
}

/** Batches in a folder, each under the code of its rule and the words of its scenario. */
export function shelfIn(folder: string): Shelf {
  const versions = new Map<string, string>();

  function pathOf({ scenario, rule, seed, from, to }: Batch): string {
    const version = versions.get(rule) ?? versionOf(ruleOf(rule));
    versions.set(rule, version);
    const words = digest(JSON.stringify(scenarioOf(scenario)));
    return join(folder, `${rule}-${version}`, `${scenario}-${words}.seed${seed}.${from}-${to}.json`);
  }

  return {
    get: (batch) => {
      const path = pathOf(batch);
      return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly Outcome[]) : undefined;
    },
    put: (batch, outcomes) => {
      const path = pathOf(batch);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.part`, JSON.stringify(outcomes));
      renameSync(`${path}.part`, path);
    },
  };
}

/** The version of a rule: what it was given, its file, everything that file runs, and what runs it over the service. */
export function versionOf({ source, settings }: Rule): string {
  const own = ['service.ts', 'rule.ts'].flatMap((file) => [...reached(join(import.meta.dirname, file))]);
  const files = [...new Set([...reached(source), ...own])].sort();
  return digest([settings, ...files.map((file) => readFileSync(file, 'utf8'))].join('\0'));
}

/** A file and all that it imports, over and over; types alone are no code. */
function reached(first: string): ReadonlySet<string> {
  const known = new Set<string>();
  const open = [resolve(first)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (known.has(file)) continue;
    known.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)';/gms)) {
      if (path !== undefined) open.push(join(dirname(file), path));
    }
  }
  return known;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
