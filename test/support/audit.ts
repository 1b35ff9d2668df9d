// What the API server wrote down of one account: every request it sent, and by which right it was allowed.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Stack } from '../../tools/stack/description.ts';

/** One request as the audit log has it. */
interface AuditedRequest {
  /** In the words of `rightsOf`: `patch apps deployments/status`; undefined when no object was asked for. */
  readonly right: string | undefined;
  readonly path: string;
  readonly allowed: boolean;
  /** The API server's own words for why it was allowed, such as `RBAC: allowed by ClusterRoleBinding ...`. */
  readonly reason: string;
}

const lineSchema = z.looseObject({
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().default(''),
  user: z.looseObject({ username: z.string() }),
  objectRef: z
    .looseObject({
      apiGroup: z.string().default(''),
      resource: z.string().default(''),
      subresource: z.string().optional(),
    })
    .optional(),
  annotations: z.record(z.string(), z.string()).default({}),
});

/**
 * Every request so far of the user through a client whose name begins so, in order; a watch appears twice, when it begins and
 * when it ends.
 */
export async function requestsBy(stack: Stack, username: string, client: string): Promise<readonly AuditedRequest[]> {
  const lines = (await readFile(stack.auditLog, 'utf8')).split('\n');
  return lines
    .filter((line) => line.includes(`"${username}"`) && line.endsWith('}')) // the last line may be half written
    .map((line) => lineSchema.parse(JSON.parse(line)))
    .filter(({ user, userAgent }) => user.username === username && userAgent.startsWith(client))
    .map(requestOf);
}

function requestOf(line: z.output<typeof lineSchema>): AuditedRequest {
  const { verb, objectRef, requestURI, annotations } = line;
  const resource = [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/');
  return {
    right: objectRef === undefined ? undefined : `${verb} ${objectRef.apiGroup || 'core'} ${resource}`,
    path: requestURI,
    allowed: annotations['authorization.k8s.io/decision'] === 'allow',
    reason: annotations['authorization.k8s.io/reason'] ?? '',
  };
}

/** Each right that was needed, once and in order. */
export function rightsUsed(requests: readonly AuditedRequest[]): readonly string[] {
  return [...new Set(requests.flatMap(({ right }) => right ?? []))].sort();
}
