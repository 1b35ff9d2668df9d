// Every page: the annotations it names are read or written by the code, and the commands it shows are ones that the program takes.
import { glob, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingKeys } from '../../src/domain/settings-keys.ts';
import { testCluster } from '../cli/support/command.ts';

const root = join(import.meta.dirname, '..', '..');

async function filesOf(pattern: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of glob(pattern, { cwd: root })) found.push(path);
  return found.toSorted();
}

function text(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...(await filesOf('docs/**/*.md'))];
const source = (await Promise.all((await filesOf('src/**/*.ts')).map(text))).join('\n');

/** The anchors of a page's headings, as GitHub makes them. */
async function headingsOf(path: string): Promise<readonly string[]> {
  const headings = [...(await text(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Code in a page: what is fenced, indented by four, or between backticks. */
function codeOf(page: string): readonly string[] {
  const fenced = [...page.matchAll(/^```.*\n([\s\S]*?)^```$/gm)].flatMap(([, body = '']) => body.split('\n'));
  const rest = page.replaceAll(/^```.*\n[\s\S]*?^```$/gm, '');
  const indented = rest.split('\n').filter((line) => /^ {4}\S/.test(line));
  const spans = [...rest.replaceAll(/^ {4}.*$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...fenced, ...indented, ...spans];
}

/** Each `serin VERB ...` in a line of code, without what a comment or another command follows it with. */
function commandsIn(line: string): readonly string[] {
  return line
    .replace(/(?:^|\s{2,})#.*$/, '')
    .split(/&&|\||;|\$\(|,(?=\s*serin )/)
    .flatMap((part) => /(?:^|\s)serin ([a-z][^)]*)/.exec(part.trim())?.[1] ?? []);
}

/** The verbs, each with the flags it takes; `gate test` is a verb of its own. */
async function verbsOf(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const cluster = testCluster();
  const helpOf = async (...words: readonly string[]): Promise<string> => (await cluster.run([...words, '--help'])).out;
  const named = [...(await helpOf()).matchAll(/^ {2}([a-z]+) (?:\[|<|\s)/gm)].map(([, verb = '']) => verb);
  const everywhere = flagsIn(await helpOf());
  const verbs = new Map<string, ReadonlySet<string>>();
  for (const verb of [...named.filter((name) => name !== 'help' && name !== 'gate'), 'gate test'])
    verbs.set(verb, new Set([...everywhere, ...flagsIn(await helpOf(...verb.split(' ')))]));
  return verbs;
}

function flagsIn(words: string): readonly string[] {
  return [...words.matchAll(/(?<![\w-])(-{1,2}[a-zA-Z][a-z-]*)/g)].map(([, flag = '']) => flag);
}

const verbs = await verbsOf();

/** What is wrong with a command; undefined where nothing is. */
function problemWith(command: string): string | undefined {
  const verb = command.startsWith('gate ') ? 'gate test' : (/^[a-z]+/.exec(command)?.[0] ?? '');
  const flags = verbs.get(verb);
  if (flags === undefined) return `serin ${command}: there is no verb ${verb}`;
  const unknown = flagsIn(command.replaceAll(/"[^"]*"/g, '')).filter((flag) => !flags.has(flag));
  return unknown.length === 0 ? undefined : `serin ${command}: ${verb} takes no ${unknown.join(', ')}`;
}

const ofPairs: readonly string[] = ['canary-of', 'virtual-service', 'route'];

/** What `serin lint` says of an annotation on a Deployment that asks for a canary; nothing where it is in order. */
async function problemOf(key: string, value: string): Promise<string> {
  if (!settingKeys.some((known) => known === key) || key === 'policy') return '';
  const cluster = testCluster();
  const mode = ofPairs.includes(key) ? { 'serin.dev/canary-of': 'reviews-v1' } : { 'serin.dev/canary': 'enabled' };
  const author = key === 'approval-by-author' ? { 'serin.dev/author': 'ada@example.com' } : {};
  const annotations = { ...mode, ...author, [`serin.dev/${key}`]: value };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'on-trial', annotations } };
  cluster.files['deployment.yaml'] = JSON.stringify(deployment);
  const { code, out, err } = await cluster.run('lint -f deployment.yaml');
  return code === 0 ? '' : `${key}=${value}: ${out}${err}`;
}

describe.each(pages)('%s', (path) => {
  it('names no annotation that the code does not know', async () => {
    const named = [...(await text(path)).matchAll(/serin\.dev\/([A-Za-z0-9-]*[A-Za-z0-9])/g)].map(
      ([, key = '']) => key,
    );
    const unknown = named.filter(
      (key) =>
        !settingKeys.some((known) => known === key) &&
        !source.includes(`serin.dev/${key}`) &&
        !source.includes(`\${prefix}${key}`),
    );

    expect([...new Set(unknown)]).toEqual([]);
  });

  it('gives annotations values that are understood', async () => {
    const found = codeOf(await text(path)).flatMap((line) => [
      ...line.matchAll(/serin\.dev\/([a-z-]+)(?:=|: )("[^"]*"|[^\s,;`()]+(?:,[^\s,;`()]+)*)/g),
    ]);
    const given = found.map(([, key = '', value = '']) => ({ key, value: value.replaceAll('"', '') }));

    const problems = await Promise.all(given.map(({ key, value }) => problemOf(key, value)));
    expect(problems.filter((problem) => problem !== '')).toEqual([]);
  });

  it('links to headings that there are', async () => {
    const links = [...(await text(path)).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)];
    const missing: string[] = [];
    for (const [, page = '', anchor = ''] of links) {
      const headings = await headingsOf(page === '' ? path : posix.join(posix.dirname(path), page));
      if (!headings.includes(anchor)) missing.push(`${page}#${anchor}`);
    }

    expect(missing).toEqual([]);
  });

  it('shows no command that the program does not take', async () => {
    const commands = codeOf(await text(path)).flatMap(commandsIn);

    expect(commands.flatMap((command) => problemWith(command) ?? [])).toEqual([]);
  });
});

describe('the pages together', () => {
  it('show every verb', async () => {
    const lines = (await Promise.all(pages.map(text))).flatMap(codeOf);
    const shown = new Set(lines.flatMap(commandsIn).map((command) => /^(?:gate )?[a-z]+/.exec(command)?.[0]));

    expect([...verbs.keys()].filter((verb) => !shown.has(verb))).toEqual([]);
  });
});
