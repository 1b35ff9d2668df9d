// What `serin wait` tells programs and pipelines of a real rollout.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { typed } from '../support/typed.ts';
import { elementsOf } from '../support/xml.ts';

const record = z.looseObject({ version: z.literal(1), type: z.string(), time: z.iso.datetime(), name: z.string() });

async function folderOf({ onTestFinished }: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-wait-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits as a step of GitHub Actions does, with a report, and gives everything that it left. */
async function step(context: Cleanup, name: string, rate: number) {
  const of = await storyOf(context, name, rate === 0 ? {} : { canary: { kind: '5xx', rate } });
  const folder = await folderOf(context);
  const [summary, junit] = [join(folder, 'summary.md'), join(folder, 'serin.xml')];
  const words = ['wait', 'deployment/reviews-v2', '--timeout=4m', '-o', 'json', '--junit', junit];
  await of.release({ steps: '50,100' });
  const ended = await typed(of, words, { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary } }).ended;
  const records = ended.stdout
    .trimEnd()
    .split('\n')
    .map((line) => record.parse(JSON.parse(line)));
  const elements = elementsOf(await readFile(junit, 'utf8'));
  return { ...ended, of, records, elements, summary: await readFile(summary, 'utf8') };
}

describe.concurrent('serin wait in a pipeline', () => {
  it('tells a promotion as objects, as a passed test, and as a summary', async (context) => {
    const { of, code, stderr, records, elements, summary } = await step(context, 'told-good', 0);

    const end = await of.rollout();
    expect(code).toBe(0);
    expect(records.map(({ type }) => type).filter((type) => type === 'end')).toHaveLength(1);
    expect(records.at(-1)).toMatchObject({
      type: 'end',
      outcome: 'reached',
      exitCode: 0,
      rollout: end?.metadata.name,
      phase: 'promoted',
    });
    expect(records.flatMap(({ phase }) => phase ?? [])).toEqual(expect.arrayContaining(['baking', 'promoted']));
    expect(elements.filter(({ name }) => name === 'failure')).toEqual([]);
    expect(elements.find(({ name }) => name === 'testcase')?.attributes['name']).toBe('reviews-v2 promoted');
    expect(summary).toMatch(/^### reviews-v2: promoted\n/);
    expect(stderr).not.toContain('::error');
  });

  it('tells a rollback as an error with its sentence, a failed test and its gates', async (context) => {
    const { of, code, stderr, records, elements, summary } = await step(context, 'told-bad', 0.5);

    const end = await of.rollout();
    const why = end?.status.message ?? 'nothing';
    expect(code).toBe(3);
    expect(records.at(-1)).toMatchObject({ outcome: 'rolledBack', exitCode: 3, cause: 'gate', phase: 'rolledBack' });
    expect(String(records.at(-1)?.['message'])).toContain(why);
    const errors = stderr.split('\n').filter((line) => line.startsWith('::'));
    expect(errors).toEqual([expect.stringMatching(/^::error title=serin wait reviews-v2%3A rolledBack::/)]);
    const failures = elements.filter(({ name }) => name === 'failure');
    expect(failures[0]?.attributes['message']).toContain(why);
    const gates = elements.flatMap(({ name, attributes }) => (name === 'testcase' ? attributes['name'] : []));
    expect(gates).toEqual([
      'reviews-v2 promoted',
      'gate errors',
      'gate 4xx',
      'gate latency',
      'gate traffic',
      'gate health',
    ]);
    expect(summary).toContain('### reviews-v2: rolledBack (exit code 3)');
    expect(summary).toContain('| errors | fail |');
  });
});
