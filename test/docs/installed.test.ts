// The pages that give more flags to the controller that deploy/ installed: it takes them, the files they name are those of a Secret
// where it is mounted, and the Services they show lead to it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Operation, patched } from '../../src/adapters/memory/json-patch.ts';
import { readPeople } from '../../src/adapters/slack/people.ts';
import { testCluster } from '../cli/support/command.ts';
import { snippetsOf } from '../support/snippets.ts';

const root = join(import.meta.dirname, '..', '..');
const secret = z.object({ secretName: z.string(), optional: z.literal(true) });
const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        containers: z.tuple([
          z.object({
            args: z.array(z.string()),
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true) })),
          }),
        ]),
        volumes: z.array(z.object({ name: z.string(), secret })),
      }),
    }),
  }),
});
const serviceSchema = z.object({
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.object({ targetPort: z.int() })),
  }),
});

async function podOf(operations: readonly Operation[]) {
  const deployment: unknown = parse(await readFile(join(root, 'deploy/controller/controller.yaml'), 'utf8'));
  const { metadata, spec } = deploymentSchema.parse(patched(deployment, operations)).spec.template;
  return { labels: metadata.labels, container: spec.containers[0], volumes: spec.volumes };
}

/** Where the Deployment mounts a Secret. */
async function mountOf(name: string): Promise<string | undefined> {
  const { container, volumes } = await podOf([]);
  const volume = volumes.find((each) => each.secret.secretName === name);
  return container.volumeMounts.find((mount) => mount.name === volume?.name)?.mountPath;
}

it('patches flags into the Deployment that the controller takes, of files that the Secret has', async () => {
  const page = await readFile(join(root, 'docs/slack.md'), 'utf8');
  const [, patch = ''] = /--type=json -p '(\[[\s\S]*?\])'/.exec(page) ?? [];
  const [, name = '', files = ''] = /create secret generic (\S+) -n serin-system(.*)/.exec(page) ?? [];
  const { container } = await podOf(JSON.parse(patch) as readonly Operation[]);
  const cluster = testCluster();

  const { code, err } = await cluster.run(container.args);

  expect(code, err).toBe(0);
  const mounted = await mountOf(name);
  expect(cluster.controllers).toMatchObject([
    {
      clusterName: 'prod-eu',
      slack: {
        botTokenFile: `${mounted}/bot-token`,
        mode: { kind: 'socket', appTokenFile: `${mounted}/app-token` },
        usersFile: `${mounted}/users.yaml`,
      },
    },
  ]);
  expect(files.match(/--from-file=\S+/g)).toEqual(
    ['bot-token', 'app-token', 'users.yaml'].map((file) => `--from-file=${file}`),
  );
});

it('shows a table of people that is one', async () => {
  const page = await readFile(join(root, 'docs/slack.md'), 'utf8');
  const [, table = ''] = /```yaml\n(users:[\s\S]*?)```/.exec(page) ?? [];

  expect(readPeople(table, 'users.yaml').mail).toEqual({ domains: ['example.com'], groups: ['developers'] });
});

describe.each([
  ['slack.md', 'serin-slack', ['app-token', 'bot-token', 'signing-secret', 'users.yaml']],
  ['announcements.md', 'serin-announcements', ['github', 'webhook']],
  ['api.md', 'serin-api-tls', ['tls.crt', 'tls.key']],
])('each patch in docs/%s', (path, name, files) => {
  const patches = async () => {
    const page = await readFile(join(root, 'docs', path), 'utf8');
    const found = [...page.matchAll(/--type=json -p '(\[[\s\S]*?\])'/g)];
    return found.map(([, patch = '']) => JSON.parse(patch) as readonly Operation[]);
  };

  it('gives the installed controller flags that it takes', async () => {
    const all = await patches();

    expect(all.length).toBeGreaterThan(0);
    for (const patch of all) {
      const { code, err } = await testCluster().run((await podOf(patch)).container.args);
      expect(code, err).toBe(0);
    }
  });

  it(`names files where ${name} is mounted`, async () => {
    const pods = await Promise.all((await patches()).map(podOf));
    const named = pods.flatMap(({ container }) => container.args.flatMap((arg) => /=(\/etc\/.+)/.exec(arg)?.[1] ?? []));

    expect([...new Set(named)].toSorted()).toEqual(
      await Promise.all(files.map(async (file) => `${await mountOf(name)}/${file}`)),
    );
  });
});

it.each([
  ['slack.md', '--slack-address='],
  ['api.md', '--api-address='],
])('docs/%s shows a Service that leads to where the controller listens by its patch', async (path, flag) => {
  const shown = (await snippetsOf(path, 'yaml')).find((snippet) => snippet.includes('kind: Service\n'));
  const { selector, ports } = serviceSchema.parse(parse(shown ?? '')).spec;
  const page = await readFile(join(root, 'docs', path), 'utf8');
  const [, port = ''] = new RegExp(`"${flag}:(\\d+)"`).exec(page) ?? [];

  expect((await podOf([])).labels).toMatchObject(selector);
  expect(ports.map(({ targetPort }) => targetPort)).toEqual([Number(port)]);
});
