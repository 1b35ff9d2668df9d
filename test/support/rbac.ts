// What a role in deploy/ grants.
import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

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
