// Answers held against the OpenAPI document.
import { z } from 'zod';
import { openApiDocument } from '../../../src/http/api/openapi.ts';

const documented = z
  .object({
    paths: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          responses: z.record(
            z.string(),
            z.object({ content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })) }),
          ),
        }),
      ),
    ),
    components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
  })
  .parse(JSON.parse(JSON.stringify(openApiDocument('0.0.0')).replaceAll('#/components/schemas/', '#/$defs/')));

/** Why an answer is none that the document describes; empty where it is, or where the document describes no such call. */
export function undescribed(sent: string, to: string, status: number, type: unknown, payload: string): string {
  const operation = Object.entries(documented.paths).find(([each]) =>
    new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(to),
  )?.[1][sent.toLowerCase()];
  if (operation === undefined) return '';
  const content = operation.responses[`${status}`]?.content;
  if (content === undefined) return `${sent} ${to}: ${status} is not described`;
  const schema = content[`${type}`.split(';')[0] ?? '']?.schema;
  if (schema === undefined) return `${sent} ${to}: ${status} as ${type} is not described`;
  if (`${type}`.startsWith('text/')) return '';
  const outcome = schemaOf(schema).safeParse(JSON.parse(payload));
  return outcome.success ? '' : `${sent} ${to}: ${z.prettifyError(outcome.error)}`;
}

const known = new Map<string, z.ZodType>();

function schemaOf(schema: Readonly<Record<string, unknown>>): z.ZodType {
  const key = JSON.stringify(schema);
  const made = known.get(key) ?? z.fromJSONSchema({ ...schema, $defs: documented.components.schemas } as never);
  known.set(key, made);
  return made;
}
