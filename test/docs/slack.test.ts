// docs/slack.md: its patch gives the controller flags that it takes, and names files that its Secret has where it is mounted.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Operation, patched } from '../../src/adapters/memory/json-patch.ts';
import { readPeople } from '../../src/adapters/slack/people.ts';
import { testCluster } from '../cli/support/command.ts';

const root = join(import.meta.dirname, '..', '..');
const secret = z.object({ secretName: z.string(), optional: z.literal(true) });
const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({
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

async function podOf(operations: readonly Operation[]) {
  const deployment: unknown = parse(await readFile(join(root, 'deploy/controller/controller.yaml'), 'utf8'));
  const { containers, volumes } = deploymentSchema.parse(patched(deployment, operations)).spec.template.spec;
  return { container: containers[0], volumes };
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

it.each([
  ['docs/announcements.md', 'serin-announcements', ['webhook', 'github']],
  ['docs/api.md', 'serin-api-tls', ['tls.crt', 'tls.key']],
])('%s names files where %s is mounted', async (path, name, files) => {
  const page = await readFile(join(root, path), 'utf8');
  const mounted = await mountOf(name);

  expect(page).toContain(`\`${name}\``);
  expect(files.filter((file) => !page.includes(` ${mounted}/${file}`))).toEqual([]);
});
