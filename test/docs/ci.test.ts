// docs/ci: the shell of every example is run, and what it asks of serin is asked of the command itself.
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { exitCodes } from '../../src/cli/exit.ts';
import { rights } from '../../src/domain/permission.ts';
import { phases } from '../../src/domain/rollout.ts';
import { testCluster } from '../cli/support/command.ts';
import { aManaged, aManagedRollout } from '../cli/support/managed.ts';
import { runShell } from '../support/shell-lines.ts';
import { objectsOf, snippetsOf } from '../support/snippets.ts';

const pages = ['README', 'github-actions', 'gitlab-ci', 'jenkins', 'tekton', 'argo-workflows'].map(
  (name) => `ci/${name}.md`,
);
const image = 'registry.example.org/checkout:2';
const variables = {
  IMAGE: image,
  DEPLOYMENT: 'checkout',
  TIMEOUT: '45m',
  RESULT: 'result',
  SERIN_IMAGE: 'registry.example.org/serin:0.1.0',
  SERIN_URL: 'https://artefacts.example.org/serin.mjs',
  KUBECONFIG: 'kubeconfig',
  KUBECONFIG_TEXT: 'kind: Config',
  RUNNER_TEMP: 'temp',
  GITHUB_PATH: 'path',
  GITLAB_USER_LOGIN: 'ada',
  CI_PIPELINE_ID: '7',
};

const roleSchema = z.object({ rules: z.array(z.object({ verbs: z.array(z.string()) })) });

/** Everything in a page that a shell reads. */
async function scriptsOf(page: string): Promise<readonly string[]> {
  const found = [...(await snippetsOf(page, 'sh'))];
  for (const document of await documentsOf(page)) collect(document, found);
  for (const pipeline of await snippetsOf(page, 'groovy'))
    found.push(...[...pipeline.matchAll(/(?:\bsh |script: )'([^']*)'/g)].map(([, script = '']) => script));
  return found;
}

async function documentsOf(page: string): Promise<readonly unknown[]> {
  const snippets = await snippetsOf(page, 'yaml');
  return snippets.flatMap((snippet) =>
    parseAllDocuments(snippet, { strict: true, uniqueKeys: true }).map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS() as unknown;
    }),
  );
}

function collect(value: unknown, found: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    const isShell = ['run', 'script', 'after_script', 'source'].includes(key);
    if (isShell && typeof part === 'string') found.push(part);
    else if (isShell && Array.isArray(part)) found.push(part.join('\n'));
    else collect(part, found);
  }
}

/** What a call asks of the command, however it is started; undefined for another tool. */
function askedOfSerin([tool, ...args]: readonly string[]): readonly string[] | undefined {
  if (tool === 'serin') return args;
  return tool === 'node' && /serin\.m?js$/.test(args[0] ?? '') ? args.slice(1) : undefined;
}

/** A cluster in which `checkout` has been promoted to the image of the examples. */
function cluster() {
  const made = testCluster();
  made.deploy(aManaged({ images: [image] }));
  made.put(
    aManagedRollout({
      spec: { canary: { workload: 'checkout-aaaaaaaaaa', hash: 'aaaaaaaaaa', images: [image] } },
      status: { phase: 'promoted', promotedHash: '5c5b46c844', message: 'It serves.' },
    }),
  );
  made.answering();
  return made;
}

describe.each(pages)('the shell of docs/%s', (page) => {
  it('runs, and asks of serin what it can do', async () => {
    const scripts = await scriptsOf(page);
    expect(scripts.length).toBeGreaterThan(0);

    const verbs: (string | undefined)[] = [];
    for (const script of scripts) {
      const { stderr, calls } = await runShell(script, { variables });
      expect(stderr, script).toBe('');
      for (const args of calls.flatMap((call) => [askedOfSerin(call) ?? []])) {
        if (args.length === 0) continue;
        const { code, err } = await cluster().run(args);
        // A promotion that is over refuses an abort or a promote (1); wrong usage would be 2.
        expect([0, 1], `${args.join(' ')}: ${err}`).toContain(code);
        if (args[0] === 'wait') expect(code, err).toBe(0);
        verbs.push(args[0]);
      }
    }
    expect(verbs).toContain('wait');
  });

  it('asks of kubectl nothing but to set an image, to read, or to wait', async () => {
    for (const script of await scriptsOf(page)) {
      const { calls } = await runShell(script, { variables });
      const asked = calls.filter(([tool]) => tool === 'kubectl').map((call) => call.slice(1, 3).join(' '));

      expect(asked.filter((words) => !/^(set image|rollout status|get \S+|wait \S+)$/.test(words))).toEqual([]);
    }
  });

  it('takes no value of the pipeline as shell', async () => {
    const scripts = await scriptsOf(page);

    expect(scripts.filter((script) => /\$\{\{|\{\{|\$\(params|\$\{params/.test(script))).toEqual([]);
  });
});

describe('what the examples branch on', () => {
  const codes: readonly number[] = Object.values(exitCodes);

  it('are exit codes that there are', async () => {
    const [gitlab = ''] = await snippetsOf('ci/gitlab-ci.md', 'yaml');
    const [jenkins = ''] = await snippetsOf('ci/jenkins.md', 'groovy');
    const [argo = ''] = await snippetsOf('ci/argo-workflows.md', 'yaml');
    const allowed = /exit_codes: \[([\d, ]+)\]/.exec(gitlab)?.[1]?.split(',') ?? [];
    const cases = [...jenkins.matchAll(/case (\d+):/g)].map(([, code]) => code);
    const compared = [...argo.matchAll(/exitCode\}?\}? [!=]= '?(\d+)/g)].map(([, code]) => code);

    expect(cases).toHaveLength(4);
    expect(compared).toHaveLength(3);
    expect([...allowed, ...cases, ...compared].map(Number).filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('are outcomes that there are', async () => {
    const [, pipeline = ''] = await snippetsOf('ci/tekton.md', 'yaml');
    const [, values = ''] = /values: \[([a-zA-Z, ]+)\]/.exec(pipeline) ?? [];

    expect(values.split(', ').filter((word) => !(word in exitCodes))).toEqual([]);
  });

  it('are phases that there are', async () => {
    const [, template = ''] = await snippetsOf('ci/argo-workflows.md', 'yaml');
    const named = [...template.matchAll(/status\.phase == (\w+)/g)].map(([, phase = '']) => phase);

    expect(named).toEqual(['promoted', 'rolledBack']);
    expect(named.filter((phase) => !phases.some((known) => known === phase))).toEqual([]);
  });
});

describe('the rights that a pipeline is given', () => {
  it('are verbs that there are', async () => {
    const roles = (await objectsOf('ci/README.md'))
      .filter(({ kind }) => kind === 'Role')
      .map((role) => roleSchema.parse(role));
    const verbs = roles.flatMap(({ rules }) => rules.flatMap((rule) => rule.verbs));

    expect(roles).toHaveLength(2);
    expect(new Set(verbs)).toEqual(new Set(['get', 'list', 'watch', 'patch', 'abort', 'approve']));
    expect(rights).toEqual(expect.arrayContaining(['abort', 'approve']));
  });
});

describe('the Task for Tekton', () => {
  it('gives the outcome as its result, and ends as the command does', async () => {
    const [script = ''] = await scriptsOf('ci/tekton.md');
    const rejected = cluster();
    rejected.change('checkout-bbbbbbbbbb-1', { phase: 'rolledBack', cause: 'gate', message: '"outcome":"odd"' });
    const real = await rejected.run('wait checkout-bbbbbbbbbb-1 -o json');

    const ran = await runShell(script, { variables, answer: { text: real.out, code: real.code }, files: ['result'] });

    expect(ran).toMatchObject({ code: 3, stderr: '', files: { result: 'rolledBack' } });
  });
});
