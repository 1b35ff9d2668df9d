// A Dockerfile carried out without Docker, in a folder: COPY copies what .dockerignore lets through, RUN runs in bash on the
// Node of this process. It knows the few instructions that this repository needs and refuses any other.

import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { run } from '../../tools/parts/run.ts';

/** A stage of the build: a folder that plays its file system, and what was said about how it is run. */
export interface Stage {
  readonly root: string;
  workdir: string;
  user: string;
  entrypoint: readonly string[];
}

/** One line of a Dockerfile, such as `RUN` and `npm ci`. */
export interface Instruction {
  readonly verb: string;
  readonly rest: string;
}

const checkout = join(import.meta.dirname, '..', '..');
const stepMs = 300_000;

/** Instructions in order, without comments, continued lines joined. */
export function instructionsOf(text: string): readonly Instruction[] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .map((line) => /^(?<verb>[A-Z]+)\s+(?<rest>.+?)\s*$/.exec(line)?.groups)
    .flatMap((groups) => (groups === undefined ? [] : [{ verb: groups['verb'] ?? '', rest: groups['rest'] ?? '' }]));
}

/**
 * Carries the instructions out on this checkout, each stage in a folder of its own in `folder`, and gives the last stage.
 * Throws for a step that fails and for a verb it does not know.
 */
export async function build(instructions: readonly Instruction[], folder: string): Promise<Stage> {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const { verb, rest } of instructions) {
    if (verb === 'FROM') {
      const [, , name = 'last'] = rest.split(' ');
      stage = { root: join(folder, name), workdir: '/', user: 'root', entrypoint: [] };
      stages.set(name, stage);
      await mkdir(stage.root);
    } else if (stage === undefined) throw new Error(`${verb} stands before the first FROM.`);
    else await carryOut(verb, rest, stage, stages);
  }
  if (stage === undefined) throw new Error('The Dockerfile has no FROM.');
  return stage;
}

async function carryOut(verb: string, rest: string, stage: Stage, stages: ReadonlyMap<string, Stage>): Promise<void> {
  switch (verb) {
    case 'WORKDIR':
      stage.workdir = rest;
      await mkdir(join(stage.root, rest), { recursive: true });
      return;
    case 'RUN':
      return await runStep(rest, stage);
    case 'COPY':
      return await copy(rest.split(/\s+/), stage, stages);
    case 'USER':
      stage.user = rest;
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = z.array(z.string()).parse(JSON.parse(rest));
      return;
    case 'LABEL':
      return;
    default:
      throw new Error(`This test does not know how to carry out ${verb}. Teach it, or do without ${verb}.`);
  }
}

async function runStep(command: string, stage: Stage): Promise<void> {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const options = { cwd: join(stage.root, stage.workdir), env: { ...process.env, PATH: path }, timeoutMs: stepMs };
  const ended = await run('bash', ['-c', command], options);
  if (ended.code !== 0) throw new Error(`RUN ${command} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
}

async function copy(words: readonly string[], stage: Stage, stages: ReadonlyMap<string, Stage>): Promise<void> {
  const [first = '', ...others] = words;
  const from = /^--from=(.+)$/.exec(first)?.[1];
  const paths = from === undefined ? words : others;
  const target = paths.at(-1) ?? '';
  for (const source of paths.slice(0, -1)) {
    if (from === undefined) await copyFromCheckout(source, inStage(stage, target));
    else await copyFromStage(source, stages.get(from), inStage(stage, target));
  }
}

/** The path in the folder that plays the stage; a slash at its end stays, as it says that this is a folder. */
function inStage(stage: Stage, path: string): string {
  return path.startsWith('/') ? join(stage.root, path) : join(stage.root, stage.workdir, path);
}

async function copyFromCheckout(source: string, target: string): Promise<void> {
  const files = await sentFiles(source);
  if (files.length === 0) throw new Error(`COPY ${source}: .dockerignore lets nothing of it through.`);
  const isFolder = (await stat(join(checkout, source))).isDirectory();
  for (const file of files) {
    const place = isFolder ? join(target, file.slice(source.length)) : fileIn(target, source);
    await cp(join(checkout, file), place, { recursive: true });
  }
}

async function copyFromStage(source: string, other: Stage | undefined, target: string): Promise<void> {
  if (other === undefined) throw new Error(`COPY ${source}: there is no stage of that name.`);
  const path = join(other.root, source);
  const isFolder = (await stat(path)).isDirectory();
  await cp(path, isFolder ? target : fileIn(target, source), { recursive: true });
}

function fileIn(target: string, source: string): string {
  return target.endsWith('/') ? join(target, basename(source)) : target;
}

/** The files of the checkout at or under `source` that .dockerignore lets through, relative to the checkout. */
export async function sentFiles(source: string): Promise<readonly string[]> {
  const patterns = (await readFile(join(checkout, '.dockerignore'), 'utf8')).split('\n').filter(isPattern);
  const exceptions = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const mayHold = exceptions.map((path) => path.split('/')[0] ?? '');
  const inRoot = await readdir(checkout);
  const roots = source === '.' ? inRoot.filter((name) => mayHold.includes(name) || isSent(patterns, name)) : [source];
  const found = await Promise.all(roots.map((path) => filesUnder(path)));
  return found.flat().filter((file) => isSent(patterns, file));
}

function isPattern(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#');
}

async function filesUnder(path: string): Promise<readonly string[]> {
  if (!(await stat(join(checkout, path))).isDirectory()) return [path];
  const entries = await readdir(join(checkout, path), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1)).sort();
}

/** Whether a file goes into the build: the last pattern that fits it or a folder it lies in decides. */
function isSent(patterns: readonly string[], file: string): boolean {
  const parts = file.split('/');
  const places = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const last = patterns.findLast((pattern) => places.some((place) => fits(place, pattern.replace(/^!/, ''))));
  return last === undefined || last.startsWith('!');
}

/** Whether a pattern of .dockerignore fits a path; unlike in a shell, a star also stands for a dot in front. */
function fits(path: string, pattern: string): boolean {
  const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '[^/]*');
  return new RegExp(`^${source}$`).test(path);
}

/** The entry point with these arguments, its absolute paths taken within the stage, on the Node of this test. */
export function commandOf({ root, entrypoint }: Stage, args: readonly string[]): readonly [string, readonly string[]] {
  const [program = '', ...own] = entrypoint;
  if (program !== 'node') throw new Error(`The entry point is ${program}, which only the image itself has.`);
  return [process.execPath, [...own.map((arg) => (arg.startsWith('/') ? join(root, arg) : arg)), ...args]];
}
