// Makes dist/: the command and the controller as plain JavaScript, with every package they use in it and the licences of
// those packages beside it. `npm run build`; run it from anywhere. The folder may be another one: it is emptied first.
import { chmod, copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const program = join(dist, 'serin.js');
/** The command in one file, for runners of pipelines: to be copied anywhere, and run where there is Node. */
const single = join(dist, 'serin.mjs');

/** A pipeline runs no controller. */
const withoutController: Plugin = {
  name: 'without-controller',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]src[/\\]main[/\\]controller\.ts$/ }, () => ({
      contents: `export function runController() {
        return Promise.reject(new Error('This file is the command alone. The controller is in the image, and in the folder that serin.js is in.'));
      }`,
    }));
  },
};

// CommonJS packages in an ES module still ask for these. The import has a name that no package uses.
const banner = `import { createRequire as createRequireOfSerin } from 'node:module';
const require = createRequireOfSerin(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/** The entry alone, which finds the rest beside itself. */
const entryAlone: Plugin = {
  name: 'entry-alone',
  setup(bundler) {
    bundler.onResolve({ filter: /\/main\/command\.ts$/ }, () => ({ path: './command.js', external: true }));
  },
};

/** What npm is told of the command: it is whole, so that nothing is installed with it. */
const own = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  engines: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()),
});

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string().default('not stated') });

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  banner: { js: banner },
  metafile: true,
  logLevel: 'warning',
} as const;

async function main(): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { serin: 'src/main.ts' },
    outdir: dist,
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
  });
  await writeFile(single, await singleFile());
  await writeFile(join(dist, 'package.json'), await packageJson());
  await copyFile(join(root, 'LICENSE'), join(dist, 'LICENSE'));
  await makeExecutable(program);
  await makeExecutable(single);
  const folders = packageFolders(metafile);
  await writeFile(join(dist, 'THIRD_PARTY_LICENSES.txt'), (await Promise.all(folders.map(licenceOf))).join('\n'));
  process.stdout.write(`${sizeOf(metafile)} in ${relative(root, dist)}/, with ${folders.length} packages in it\n`);
}

/** The package that `npm pack ./dist` makes: the command and the controller, and no dependency. */
async function packageJson(): Promise<string> {
  const { bin, ...rest } = own.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const here = Object.fromEntries(Object.keys(bin).map((name) => [name, relative(dist, program)]));
  const files = [relative(dist, program), 'chunks', 'THIRD_PARTY_LICENSES.txt'];
  return `${JSON.stringify({ ...rest, type: 'module', bin: here, files }, undefined, 2)}\n`;
}

/**
 * The command as one module that carries the others as texts. Node compiles each when it is imported: a verb pays for what it uses,
 * as it does where they are files. On a Node that is too old the entry says so and imports none.
 */
async function singleFile(): Promise<string> {
  const silent = { ...common, outdir: dist, write: false } as const;
  const [entry] = (await build({ ...silent, entryPoints: ['src/main.ts'], banner: {}, plugins: [entryAlone] }))
    .outputFiles;
  const { outputFiles } = await build({
    ...silent,
    entryPoints: { command: 'src/main/command.ts' },
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    plugins: [withoutController],
  });
  if (entry === undefined) throw new Error('The entry was not built.');
  const code = entry.text.replace(/^#!.*\n/, '');
  return `#!/usr/bin/env node\n${carrying(outputFiles)}${code}`;
}

/** Gives Node the modules of these files as if they lay in a folder of this file's own name. */
function carrying(files: readonly OutputFile[]): string {
  const texts = Object.fromEntries(files.map(({ path, text }) => [relative(dist, path), text]));
  return `import nodeModuleOfSerin from 'node:module';
const filesOfSerin = ${JSON.stringify(texts)};
const homeOfSerin = import.meta.url + '/';
nodeModuleOfSerin.registerHooks?.({
  resolve(specifier, context, next) {
    const { parentURL = '' } = context;
    const isOurs = specifier.startsWith('.') && (parentURL === import.meta.url || parentURL.startsWith(homeOfSerin));
    if (!isOurs) return next(specifier, context);
    const from = parentURL === import.meta.url ? homeOfSerin : parentURL;
    return { url: new URL(specifier, from).href, format: 'module', shortCircuit: true };
  },
  load(url, context, next) {
    const source = url.startsWith(homeOfSerin) ? filesOfSerin[url.slice(homeOfSerin.length)] : undefined;
    return source === undefined ? next(url, context) : { source, format: 'module', shortCircuit: true };
  },
});
`;
}

async function makeExecutable(file: string): Promise<void> {
  const code = await readFile(file, 'utf8');
  if (!code.startsWith('#!')) await writeFile(file, `#!/usr/bin/env node\n${code}`);
  await chmod(file, 0o755);
}

/** The folders of the packages whose code went into the bundle, relative to the root, sorted. */
function packageFolders({ outputs }: Metafile): readonly string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

/** A package's name, version and the licence texts it comes with. */
async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = manifest.parse(
    JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')),
  );
  const files = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(root, folder, file), 'utf8')));
  const heading = `${name} ${version} (${license})`;
  return [`${heading}\n${'='.repeat(heading.length)}\n`, ...texts.map((text) => `${text.trim()}\n`)].join('\n');
}

function sizeOf({ outputs }: Metafile): string {
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
  return `${Object.keys(outputs).length} files, ${(bytes / 1_000_000).toFixed(1)} MB`;
}

await main();
