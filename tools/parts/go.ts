// Building a Go module of ours, with progress that shows whether it is the network or the compiler that takes the time.

import { setTimeout as pause } from 'node:timers/promises';
import { onPath } from './executable.ts';
import { missing, type Outcome, type Say } from './obtain.ts';
import { type Ended, run } from './run.ts';

const buildLimitMs = 45 * 60_000;
const progressEveryMs = 10_000;
const attempts = 3;
const goEnvironment = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' } as const;
const networkTrouble =
  /dial tcp|i\/o timeout|connection re|TLS handshake|unexpected EOF|stream error|\b50[0234]\b|no such host|deadline exceeded/i;

/** A module to build into one binary. `expectedMinutes` is for people: the time on two cores with nothing cached. */
export interface GoBuild {
  readonly what: string;
  readonly folder: string;
  readonly output: string;
  readonly ldflags: readonly string[];
  readonly expectedMinutes: number;
}

/** Why this machine cannot build Go modules that ask for Go `major.minor`, or undefined when it can. */
export async function whyNoGo(major: number, minor: number): Promise<Outcome<never> | undefined> {
  const go = onPath('go');
  if (go === undefined) return missing(`no go on PATH (Go ${major}.${minor} or later builds it)`);
  const { stdout } = await run(go, ['env', 'GOVERSION'], {
    timeoutMs: 20_000,
    env: { ...process.env, ...goEnvironment },
  });
  const version = /go(\d+)\.(\d+)/.exec(stdout);
  const recent =
    version !== null && (Number(version[1]) > major || (Number(version[1]) === major && Number(version[2]) >= minor));
  return recent
    ? undefined
    : missing(`${go} is ${stdout.trim() || 'of no known version'}, Go ${major}.${minor} or later is needed`);
}

/** Builds, retrying twice when the module proxy was the trouble. Throws with the end of Go's output when it fails. */
export async function buildGo(build: GoBuild, say: Say): Promise<void> {
  const args = [
    'build',
    '-v',
    '-trimpath',
    '-ldflags',
    ['-s', '-w', ...build.ldflags].join(' '),
    '-o',
    build.output,
    '.',
  ];
  const ended = await goWithRetries(args, build.folder, build, say);
  if (ended.code !== 0)
    throw new Error(`${build.what} did not build (go build in ${build.folder}):\n${lastLines(ended.stderr, 15)}`);
}

/** The folder of a module that `folder`'s module requires, downloaded when it is not there. Throws with Go's output when that fails. */
export async function goModuleFolder(module: string, folder: string, say: Say): Promise<string> {
  const what = { what: `the Go module ${module}`, expectedMinutes: 1 };
  const downloaded = await goWithRetries(['mod', 'download', module], folder, what, say);
  const listed = await run('go', ['list', '-m', '-f', '{{.Dir}}', module], {
    timeoutMs: 60_000,
    cwd: folder,
    env: { ...process.env, ...goEnvironment },
  });
  const path = listed.stdout.trim();
  if (path === '')
    throw new Error(`${what.what} could not be had:\n${lastLines(downloaded.stderr + listed.stderr, 10)}`);
  return path;
}

async function goWithRetries(
  args: readonly string[],
  cwd: string,
  job: Pick<GoBuild, 'what' | 'expectedMinutes'>,
  say: Say,
): Promise<Ended> {
  for (let attempt = 1; ; attempt += 1) {
    const ended = await goWithProgress(args, cwd, job, say);
    if (ended.code === 0 || attempt === attempts || !networkTrouble.test(ended.stderr)) return ended;
    say(`${job.what}: the network failed (${lastLines(ended.stderr, 1).trim()}), trying again`);
    await pause(attempt * 2_000);
  }
}

async function goWithProgress(
  args: readonly string[],
  cwd: string,
  job: Pick<GoBuild, 'what' | 'expectedMinutes'>,
  say: Say,
): Promise<Ended> {
  const started = Date.now();
  const count = { modules: 0, packages: 0 };
  const timer = setInterval(() => {
    const sofar = `${count.modules} modules downloaded, ${count.packages} packages compiled`;
    say(`${job.what}: ${minutes(Date.now() - started)} so far of about ${job.expectedMinutes} min; ${sofar}`);
  }, progressEveryMs);
  try {
    const onStderr = (text: string): void => {
      for (const line of text.split('\n').filter((each) => each !== ''))
        count[line.startsWith('go: downloading') ? 'modules' : 'packages'] += 1;
    };
    return await run('go', args, { timeoutMs: buildLimitMs, cwd, env: { ...process.env, ...goEnvironment }, onStderr });
  } finally {
    clearInterval(timer);
  }
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
