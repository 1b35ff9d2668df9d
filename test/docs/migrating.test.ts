// docs/migrating.md: what it maps other tools' words to is what a policy takes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { placeNames } from '../../src/domain/gates/query-template.ts';
import { testCluster } from '../cli/support/command.ts';
import { snippetsOf } from '../support/snippets.ts';

const policySchema = z.looseObject({
  spec: z.looseObject({ gates: z.tuple([z.looseObject({ query: z.string(), max: z.number() })]) }),
});

/** The last column of every row, where it is Serin's. */
async function ours(): Promise<readonly string[]> {
  const words = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'migrating.md'), 'utf8');
  return [...words.matchAll(/^\|.*\| *([^|]+?) *\|$/gm)].map(([, cell = '']) => cell);
}

async function lint(policy: unknown): Promise<{ readonly code: number; readonly out: string }> {
  const cluster = testCluster();
  cluster.files['policy.yaml'] = JSON.stringify(policy);
  return cluster.run('lint -f policy.yaml');
}

async function page() {
  const [snippet = ''] = await snippetsOf('migrating.md', 'yaml');
  const policy = policySchema.parse(parse(snippet));
  const [gate] = policy.spec.gates;
  const withGate = (fields: object) => ({ ...policy, spec: { ...policy.spec, gates: [{ ...gate, ...fields }] } });
  return { policy, withGate };
}

describe('docs/migrating.md', () => {
  it('has a policy that serin lint has nothing to say of, and which it would speak of with the words of Flagger', async () => {
    const { policy, withGate } = await page();
    const [{ query }] = policy.spec.gates;
    const foreign = withGate({ query: query.replaceAll('{{canary}}', '{{ target }}') });

    expect(await lint(policy)).toMatchObject({ code: 0 });
    expect(await lint(foreign)).toMatchObject({
      code: 2,
      out: expect.stringContaining('{{target}} stands for nothing'),
    });
  });

  it('fills templates with places that there are', async () => {
    const named = (await ours()).flatMap((cell) => [...cell.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name));

    expect(named).toContain('canary');
    expect(named.filter((name) => !placeNames.some((known) => known === name))).toEqual([]);
  });

  it('names fields of gates that a policy takes with the values it gives', async () => {
    const { withGate } = await page();
    const cells = (await ours()).flatMap((cell) => [...cell.matchAll(/`(\w+): ([\w.]+)`/g)]);
    const fields = cells.map(([, name = '', value = '']) => ({ [name]: parse(value) as unknown }));

    expect(fields).toContainEqual({ failures: 5 });
    for (const field of fields) expect(await lint(withGate(field)), JSON.stringify(field)).toMatchObject({ code: 0 });
  });
});
