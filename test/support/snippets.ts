// The fenced snippets of a page, so that tests can hold the page to them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** A Kubernetes object as a snippet writes it. */
const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

export type SnippetObject = z.output<typeof object>;

/** The texts of a page's snippets in a language, in their order. */
export async function snippetsOf(page: string, language: string): Promise<readonly string[]> {
  const words = await readFile(join(import.meta.dirname, '..', '..', 'docs', page), 'utf8');
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...words.matchAll(fence)].map(([, body = '']) => body);
}

/** The objects of a page's YAML snippets. Throws where a snippet is no YAML or no object. */
export async function objectsOf(page: string): Promise<readonly SnippetObject[]> {
  const objects: SnippetObject[] = [];
  for (const snippet of await snippetsOf(page, 'yaml')) {
    for (const document of parseAllDocuments(snippet, { strict: true, uniqueKeys: true })) {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      objects.push(object.parse(document.toJS()));
    }
  }
  return objects;
}
