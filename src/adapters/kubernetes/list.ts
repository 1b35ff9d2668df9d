// A whole collection, page by page, so that no answer is so large that reading it holds up everything else.
import { z } from 'zod';
import type { ClusterRequests } from './connection.ts';
import { metadataList } from './metadata.ts';
import { refused } from './refused.ts';

const pageSize = 500;
const mostPages = 2_000;

const page = z.object({
  metadata: z.object({ resourceVersion: z.string().default(''), continue: z.string().default('') }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

/** Everything in a collection, and the version from which a watch carries on. */
export interface Listed {
  readonly objects: readonly unknown[];
  readonly version: string;
}

/** Which objects of which collection. */
export interface ListedKind {
  readonly path: string;
  readonly metadataOnly: boolean;
  readonly labelSelector?: string;
}

/** Lists a collection. Throws `ClusterRefused` for any answer but a list; all pages show the same moment. */
export async function listAll(cluster: ClusterRequests, kind: ListedKind): Promise<Listed> {
  const objects: unknown[] = [];
  let next = '';
  for (let pages = 0; pages < mostPages; pages += 1) {
    const query = {
      limit: `${pageSize}`,
      ...(next === '' ? {} : { continue: next }),
      ...(kind.labelSelector === undefined ? {} : { labelSelector: kind.labelSelector }),
    };
    const accept = kind.metadataOnly ? { accept: metadataList } : {};
    const answer = await cluster.request('GET', kind.path, { query, ...accept });
    if (answer.status !== 200) throw refused(`GET ${kind.path}`, answer);
    const { metadata, items } = page.parse(answer.body);
    objects.push(...items);
    next = metadata.continue;
    if (next === '') return { objects, version: metadata.resourceVersion };
  }
  throw new Error(`GET ${kind.path} did not end after ${mostPages} pages of ${pageSize}.`);
}
