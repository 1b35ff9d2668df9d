// Accounts and rights: what a role in deploy/ grants, and kubeconfigs of those who have it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import type { Stack } from '../../tools/stack/description.ts';
import { kubectlOutput } from '../../tools/stack/kubectl.ts';

const roleSchema = z.looseObject({
  kind: z.literal('ClusterRole'),
  metadata: z.looseObject({ name: z.string() }),
  rules: z.array(
    z.strictObject({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

/** Each verb a ClusterRole of a manifest grants, as `patch apps deployments/status`. Throws when the file has no such role. */
export async function rightsOf(manifest: string, role: string): Promise<readonly string[]> {
  const documents = parseAllDocuments(await readFile(manifest, 'utf8')).map((document): unknown => document.toJS());
  const found = documents
    .map((document) => roleSchema.safeParse(document))
    .find(({ data }) => data?.metadata.name === role)?.data;
  if (found === undefined) throw new Error(`${manifest} has no ClusterRole ${role}.`);
  const rights = found.rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group || 'core'} ${resource}`)),
    ),
  );
  return [...new Set(rights)].sort();
}

const kubeconfigSchema = z.looseObject({ users: z.tuple([z.looseObject({ name: z.string() })]) });

/** Writes a kubeconfig that presents a fresh token of the ServiceAccount, and gives its path. It goes with the stack. */
export async function kubeconfigOfAccount(stack: Stack, namespace: string, account: string): Promise<string> {
  const token = await kubectlOutput(stack, ['create', 'token', account, '-n', namespace, '--duration=1h']);
  const admin = kubeconfigSchema.parse(parse(await readFile(stack.kubeconfig, 'utf8')));
  const [user] = admin.users;
  const path = join(stack.folder, 'kubeconfigs', `${namespace}-${account}`);
  const own = { ...admin, users: [{ name: user.name, user: { token: token.trim() } }] };
  await writeFile(path, stringify(own), { mode: 0o600 });
  return path;
}
