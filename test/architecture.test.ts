// Every file lives in a room, and opens only the rooms, packages and parts of Node that its room may.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { placesNamedIn, type SourceFile, violationsOf } from './support/rooms.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = repository();

describe('the repository', () => {
  it('keeps every file in a room and every door shut that is not in the table', () => {
    const sources = files.filter(({ path }) => path.endsWith('.ts'));

    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap((file) => violationsOf(file))).toEqual([]);
  });

  it("names no machine's folders and no registry", () => {
    const written = files.filter(({ path }) => !/(^|\/)(package-lock\.json|go\.sum)$/.test(path));

    expect(written.flatMap((file) => placesNamedIn(file))).toEqual([]);
  });
});

describe('a planted violation is found:', () => {
  it.each([
    ['domain opens the controller', 'src/domain/a.ts', "import { tick } from '../controller/tick.ts';"],
    ['domain opens a package', 'src/domain/a.ts', "import { z } from 'zod';"],
    ['domain opens a part of Node', 'src/domain/a.ts', "import type { Server } from 'node:http';"],
    ['domain exports from a machine', 'src/domain/a.ts', "export { advance } from '../../machines/rollout.ts';"],
    ['domain opens over several lines', 'src/domain/a.ts', "import {\n  a,\n  b,\n} from '../adapters/memory/b.ts';"],
    ['domain opens for the effect alone', 'src/domain/a.ts', "import '../http/app.ts';"],
    ['domain opens dynamically', 'src/domain/a.ts', "const tick = import('../controller/tick.ts');"],
    ['domain opens what cannot be read', 'src/domain/a.ts', 'const tick = import(name);'],
    ['domain reads the clock', 'src/domain/a.ts', 'const now = Date.now();'],
    ['domain reads the clock otherwise', 'src/domain/a.ts', 'const now = new Date();'],
    ['domain reads the clock in a template', 'src/domain/a.ts', `const now = \`at \${Date.now()}\`;`],
    ['domain draws lots', 'src/domain/a.ts', 'const share = Math.random();'],
    ['domain waits', 'src/domain/a.ts', 'export async function a(): Promise<void> {}'],
    ['domain reads the environment', 'src/domain/a.ts', 'const url = process.env.URL;'],
    ['a machine waits', 'machines/a.ts', 'await go();'],
    ['a machine opens the controller', 'machines/a.ts', "import { tick } from '../src/controller/tick.ts';"],
    ['the controller opens an adapter', 'src/controller/a.ts', "import { b } from '../adapters/memory/b.ts';"],
    ['the controller opens a package', 'src/controller/a.ts', "import { Queue } from 'bullmq';"],
    ['the controller reads the environment', 'src/controller/a.ts', 'const url = process.env.URL;'],
    ['an adapter opens another', 'src/adapters/istio/a.ts', "import { b } from '../kubernetes/b.ts';"],
    ['an adapter opens the order of work', 'src/adapters/istio/a.ts', "import { b } from '../../controller/tick.ts';"],
    ["an adapter opens another's package", 'src/adapters/istio/a.ts', "import { Redis } from 'ioredis';"],
    ["an adapter lives in no vendor's room", 'src/adapters/a.ts', ''],
    ['an adapter of no known vendor', 'src/adapters/consul/a.ts', ''],
    ['http opens an adapter', 'src/http/a.ts', "import { b } from '../adapters/memory/b.ts';"],
    ['the command opens the order of work', 'src/cli/a.ts', "import { tick } from '../controller/tick.ts';"],
    ['the command touches the process', 'src/cli/a.ts', "process.stdout.write('x');"],
    ['the command handles signals', 'src/http/a.ts', "process.on('SIGTERM', stop);"],
    ['a tool opens the controller', 'tools/a.ts', "import { b } from '../src/domain/plan.ts';"],
    ['another tool opens a machine', 'tools/a.ts', "import { b } from '../machines/rollout.ts';"],
    ['a file lives in no room', 'src/helpers.ts', ''],
    ['a file lies about', 'scratch.ts', ''],
    ['a default export', 'src/http/a.ts', 'export default 1;'],
    ['a default export by another name', 'src/http/a.ts', 'const a = 1; export { a as default };'],
  ])('%s', (_name, path, text) => {
    expect(violationsOf({ path, text })).toHaveLength(1);
  });

  it.each([
    `cd ${'/wo'}rk/serin`,
    `"${'/wo'}rk/x"`,
    `https://${'registry.npm'}js.org`,
    `GOPROXY=https://${'proxy.go'}lang.org`,
  ])("a place that is no business of the repository's: %s", (text) => {
    expect(placesNamedIn({ path: 'README.md', text })).toHaveLength(1);
  });
});

describe('nothing is found in', () => {
  it.each([
    [
      'a rule kept',
      'src/domain/a.ts',
      "import type { Plan } from './plan.ts';\nconst at = new Date(now).toISOString();",
    ],
    [
      'words in comments and strings',
      'src/domain/a.ts',
      "// await Date.now()\nconst kind = 'await'; /* async */ const a = `async`;",
    ],
    ['quotes in regular expressions', 'src/domain/a.ts', "const quote = /['\"]/.test(text); const kind = 'await';"],
    [
      'a machine with its library',
      'machines/a.ts',
      "import { setup } from 'xstate';\nimport type { Phase } from '../src/domain/rollout.ts';",
    ],
    ["the diagram's own tool", 'tools/diagram.ts', "import { rolloutMachine } from '../machines/rollout.ts';"],
    [
      'the composition root',
      'src/main.ts',
      "import { tick } from './controller/tick.ts';\nprocess.on('SIGTERM', stop);",
    ],
    ['a path that merely ends so', 'tools/a.ts', "const folder = './network/';"],
  ])('%s', (_name, path, text) => {
    expect([...violationsOf({ path, text }), ...placesNamedIn({ path, text })]).toEqual([]);
  });
});

/** Every file that is committed or about to be; binary files read as text harm nobody. */
function repository(): readonly SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return listed
    .split('\0')
    .filter((path) => path !== '' && existsSync(`${root}/${path}`))
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
}
