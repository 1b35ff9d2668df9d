// Makes dist/: the command and the controller as plain JavaScript, with every package they use in it and the licences of
// those packages beside it. `npm run build`; run it from anywhere.
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const program = join(dist, 'serin.js');
/** The command in one file, for runners of pipelines: to be copied anywhere, and run where there is Node. */
const single = join(dist, 'serin.mjs');

/** A pipeline runs no controller, and one file is read as a whole at every start. */
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
  await build({ ...common, entryPoints: ['src/main.ts'], outfile: single, plugins: [withoutController] });
  await makeExecutable(program);
  await makeExecutable(single);
  const folders = packageFolders(metafile);
  await writeFile(join(dist, 'THIRD_PARTY_LICENSES.txt'), (await Promise.all(folders.map(licenceOf))).join('\n'));
  process.stdout.write(`${sizeOf(metafile)} in dist/, with ${folders.length} packages in it\n`);
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
