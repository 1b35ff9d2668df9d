// The rooms of the house: what each file may open. Pure functions over paths and texts, so that the table can be tried on
// planted violations.
import { dirname, posix } from 'node:path';

/** A source file: its path within the repository, with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Room {
  /** The folder (ending in a slash) or the one file it is. The longest that fits a file is its room. */
  readonly home: string;
  /** Folders and files it may import besides its own. */
  readonly opens: readonly string[];
  /** Packages it may import. */
  readonly packages: readonly string[] | 'any';
  /** Whether it may use what Node brings along. */
  readonly node: boolean;
  /** Words that must not occur in its code, and why. */
  readonly without?: readonly Ban[];
}

interface Ban {
  readonly word: RegExp;
  readonly because: string;
}

const pure: readonly Ban[] = [
  { word: /\bprocess\b/, because: 'the environment is read by the composition root' },
  { word: /\bnew Date\(\s*\)|\bDate\.now\b|\bperformance\.now\b/, because: 'time is an argument' },
  { word: /\bMath\.random\b|\bcrypto\b/, because: 'chance is an argument' },
  { word: /\basync\b|\bawait\b|\bPromise\b|\bset(?:Timeout|Interval|Immediate)\b/, because: 'it is synchronous' },
  { word: /\bconsole\b|\bfetch\(/, because: 'it does no I/O' },
];
const noEnvironment: readonly Ban[] = [
  {
    word: /\bprocess\.(?:env|on|once|exit|exitCode|argv)\b/,
    because: 'only the composition root reads the environment and handles signals',
  },
];
const injected: readonly Ban[] = [{ word: /\bprocess\b/, because: 'the command works through the io it is handed' }];

/** What the controller needs from outside. */
const ports = ['src/controller/ports.ts', 'src/controller/mesh-port.ts', 'src/controller/people-port.ts'];
/** What an adapter may know of the controller: the ports, and the log it writes to. */
const sockets = ['src/domain/', ...ports, 'src/controller/log.ts'];

function adapter(vendor: string, packages: readonly string[], opens: readonly string[] = []): Room {
  return {
    home: `src/adapters/${vendor}/`,
    opens: [...sockets, ...opens],
    packages,
    node: true,
    without: noEnvironment,
  };
}

/** Import direction: domain <- machines <- controller <- adapters, http <- main. */
const rooms: readonly Room[] = [
  { home: 'src/domain/', opens: [], packages: [], node: false, without: pure },
  { home: 'machines/', opens: ['src/domain/'], packages: ['xstate'], node: false, without: pure },
  { home: 'src/controller/', opens: ['src/domain/', 'machines/'], packages: [], node: false, without: noEnvironment },
  adapter('kubernetes', ['@kubernetes/client-node', 'undici', 'zod']),
  adapter('istio', ['zod']),
  adapter('prometheus', ['@prometheus-io/lezer-promql', 'prometheus-query', 'undici', 'zod']),
  adapter('queue', ['bullmq', 'ioredis', 'zod']),
  adapter('log', ['pino']),
  adapter('slack', ['@slack/bolt', 'yaml', 'zod'], ['src/controller/announcements.ts']),
  adapter('outside', ['undici', 'zod'], ['src/controller/carrier.ts']),
  adapter('http-api', ['zod']),
  adapter('memory', []),
  {
    home: 'src/http/',
    opens: ['src/domain/', 'src/controller/'],
    packages: ['fastify', 'prom-client', 'zod'],
    node: true,
    without: noEnvironment,
  },
  {
    home: 'src/cli/',
    opens: ['src/domain/', ...ports],
    packages: ['commander', 'yaml', 'zod'],
    node: true,
    without: injected,
  },
  { home: 'src/main.ts', opens: ['src/', 'machines/', 'package.json'], packages: 'any', node: true },
  { home: 'src/main/', opens: ['src/', 'machines/'], packages: 'any', node: true },
  { home: 'tools/', opens: [], packages: 'any', node: true },
  { home: 'tools/diagram.ts', opens: ['machines/'], packages: ['xstate'], node: true },
  { home: 'bench/', opens: ['src/', 'machines/', 'test/support/', 'tools/'], packages: 'any', node: true },
  { home: 'test/', opens: ['src/', 'machines/', 'tools/', 'bench/'], packages: 'any', node: true },
  { home: 'vitest.config.ts', opens: ['test/support/'], packages: ['vitest'], node: true },
];

/** What is wrong with where a file lives, what it opens and what it says; empty when nothing is. */
export function violationsOf(file: SourceFile): readonly string[] {
  const room = roomOf(file.path);
  if (room === undefined) return [`${file.path} lives in no room. Move it into one, or add its room to the table.`];
  const code = withoutWords(file.text);
  const banned = (room.without ?? []).flatMap(({ word, because }) => {
    const found = word.exec(code)?.[0];
    return found === undefined ? [] : [`${file.path} says "${found}", but ${because}.`];
  });
  const byDefault = /\bexport\s+default\b|\bas\s+default\b/.test(code) && file.path !== 'vitest.config.ts';
  return [
    ...importsOf(file.text, code).flatMap((opened) => trespass(file.path, room, opened)),
    ...banned,
    ...(byDefault ? [`${file.path} has a default export. Name it.`] : []),
  ];
}

function roomOf(path: string): Room | undefined {
  return rooms
    .filter(({ home }) => fits(path, home))
    .toSorted((a, b) => b.home.length - a.home.length)
    .at(0);
}

function fits(path: string, place: string): boolean {
  return place.endsWith('/') ? path.startsWith(place) : path === place;
}

function trespass(path: string, room: Room, opened: string): readonly string[] {
  if (opened.startsWith('.')) {
    const target = posix.normalize(posix.join(dirname(path), opened));
    const allowed = fits(target, room.home) || room.opens.some((place) => fits(target, place));
    return allowed ? [] : [`${path} opens ${target}. ${room.home} opens ${list([room.home, ...room.opens])}.`];
  }
  if (opened.startsWith('node:'))
    return room.node ? [] : [`${path} opens ${opened}. ${room.home} uses nothing of Node.`];
  const name = opened
    .split('/')
    .slice(0, opened.startsWith('@') ? 2 : 1)
    .join('/');
  const allowed = room.packages === 'any' || room.packages.includes(name);
  return allowed ? [] : [`${path} opens the package ${name}. ${room.home} opens ${list([...room.packages])}.`];
}

function list(places: readonly string[]): string {
  return places.length === 0 ? 'no packages' : places.join(', ');
}

const statement = /^[ \t]*(?:import|export)\b[^;'"`]*?\bfrom\s*(['"])(?<name>[^'"]+)\1/gm;
const bare = /^[ \t]*import\s*(['"])(?<name>[^'"]+)\1/gm;
const dynamic = /\bimport\(\s*(?:(['"])(?<name>[^'"]+)\1\s*\)|(?<expression>[^)]*))/g;

/** What a file imports, exports from, and imports dynamically; a name that is computed comes as it is written. */
function importsOf(text: string, code: string): readonly string[] {
  return [...text.matchAll(statement), ...text.matchAll(bare), ...code.matchAll(dynamic)].map(
    ({ groups }) => groups?.['name'] ?? `(${groups?.['expression'] ?? ''})`,
  );
}

const words =
  /\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=(?:[(,=:[!&|?{};]|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;

/** The code alone: comments and regular expressions gone, strings empty but for what is imported, of templates only what is computed. */
function withoutWords(text: string): string {
  return text.replaceAll(words, (found: string, at: number) => {
    if (text.slice(0, at).endsWith('import(')) return found;
    if (!found.startsWith('`')) return found.startsWith('/') ? '' : "''";
    return [...found.matchAll(/\$\{([^}]*)\}/g)].map(([, computed]) => computed).join(' ');
  });
}

const places: readonly Ban[] = [
  { word: /(?<![\w.~*-])\/work\//, because: "the machine it was written on is nobody else's" },
  { word: /registry\.npmjs|proxy\.golang/, because: "where packages come from is each machine's own matter" },
];

/** Names of one machine's folders and of package registries in a file of any kind. */
export function placesNamedIn(file: SourceFile): readonly string[] {
  return places.flatMap(({ word, because }) => {
    const found = word.exec(file.text)?.[0];
    return found === undefined ? [] : [`${file.path} names "${found}", but ${because}.`];
  });
}
