import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit.ts';
import { forecastLines } from '../../src/cli/render/plan-forecast.ts';
import { defaultPlan } from '../../src/domain/plan.ts';
import { phases } from '../../src/domain/rollout.ts';
import { settingKeys } from '../../src/domain/settings-keys.ts';
import { testCluster } from '../cli/support/command.ts';

const root = join(import.meta.dirname, '..', '..');

function page(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

/** What stands in the first column of a page's tables, in code. */
async function firstColumn(path: string): Promise<readonly string[]> {
  return [...(await page(path)).matchAll(/^\| `([^`]+)`/gm)].map(([, word = '']) => word);
}

describe('docs/annotations.md', () => {
  it('has a row for every setting, and none for anything else', async () => {
    const documented = await firstColumn('docs/annotations.md');

    expect(documented.toSorted()).toEqual(settingKeys.map((key) => `serin.dev/${key}`).toSorted());
  });
});

describe('docs/cli.md', () => {
  it('speaks of every verb of the command', async () => {
    const { out } = await testCluster().run('--help');
    const verbs = [...out.matchAll(/^ {2}([a-z]+) (?:\[|<|\s)/gm)].map(([, verb = '']) => verb);
    const words = await page('docs/cli.md');

    expect(verbs).toContain('undo');
    expect(verbs.filter((verb) => verb !== 'help' && !words.includes(`serin ${verb}`))).toEqual([]);
  });

  it("has a row for every flag of the controller's own, and none for anything else", async () => {
    const [own = ''] = (await testCluster().run('controller --help')).out.split('Global Options:');
    const flags = [...own.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag = '']) => flag);
    const [, section = ''] = (await page('docs/cli.md')).split('## The controller');
    const rows = [...section.matchAll(/^\| `(--[a-z-]+)`/gm)].map(([, flag = '']) => flag);

    expect(flags.length).toBeGreaterThan(20);
    expect(rows.toSorted()).toEqual(flags.toSorted());
  });

  it('shows a forecast as it is printed', async () => {
    const printed = forecastLines(defaultPlan, { perSecond: 3, errorRate: 0.005 });
    const sentences = printed.filter((line) => /^ {2}(?:At|A) /.test(line)).map((line) => line.trim());
    const words = (await page('docs/cli.md')).replaceAll(/\s+/g, ' ');

    expect(sentences).toHaveLength(5);
    expect(sentences.filter((sentence) => !words.includes(sentence))).toEqual([]);
  });

  it('has a row for every exit code', async () => {
    const rows = [...(await page('docs/cli.md')).matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));

    expect(rows).toEqual(Object.values(exitCodes));
  });
});

describe('docs/glossary.md', () => {
  it('has a word for every phase', async () => {
    const words = await page('docs/glossary.md');

    expect(phases.filter((phase) => !words.includes(`\`${phase}\``))).toEqual([]);
  });
});

describe('links between the pages', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...globSync('docs/**/*.md', { cwd: root }),
  ].toSorted();

  it.each(pages)('of %s lead to files that are there', async (path) => {
    const links = [...(await page(path)).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);

    const missing: string[] = [];
    for (const link of links) {
      const target = join(root, path, '..', link);
      await readFile(target).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EISDIR') missing.push(link);
      });
    }

    expect(missing).toEqual([]);
  });
});
