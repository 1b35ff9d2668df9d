// The OpenAPI 3.1 document, made from the table of calls and their schemas.
import { z } from 'zod';
import { type Operation, operations, type Success } from './operations.ts';
import { type ProblemKind, problemSchema, statusOf } from './problem.ts';

type Json = Readonly<Record<string, unknown>>;

/** Where the document stands. */
export const documentPath = '/openapi.json';

const about =
  'Reads rollouts and asks things of them. Callers send a Kubernetes token (Authorization: Bearer) and need the verbs get, list, ' +
  'promote, abort, pause (also for resume), retry and approve on canaryrollouts.serin.dev in the namespace.';

/** The document for a version of Serin. */
export function openApiDocument(version: string): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Serin', version, description: about, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths: pathsOf(operations),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A Kubernetes token.' } },
      schemas: componentsOf(operations),
    },
  };
}

function pathsOf(all: readonly Operation[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of all) {
    const item = paths[operation.path] ?? {};
    paths[operation.path] = { ...item, [operation.method.toLowerCase()]: operationOf(operation) };
  }
  return paths;
}

function operationOf({ id, summary, params, query, headers = {}, body, successes, problems }: Operation): Json {
  const header = Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
  return {
    operationId: id,
    summary,
    parameters: [...parametersOf('path', params), ...parametersOf('query', query), ...header],
    ...(body === undefined
      ? {}
      : { requestBody: { required: false, content: { 'application/json': { schema: refTo(body) } } } }),
    responses: {
      ...Object.fromEntries(successes.map((success) => [`${success.status}`, successOf(success)])),
      ...Object.fromEntries(statusesOf(problems)),
    },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined): readonly Json[] {
  if (schema === undefined) return [];
  return Object.entries(schema.shape).map(([name, each]) => {
    const { $schema: _, description, ...json } = z.toJSONSchema(each as z.ZodType, { io: 'input' });
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description === undefined ? {} : { description }),
      schema: json,
    };
  });
}

function successOf({ description, schema }: Success): Json {
  const content =
    schema === undefined
      ? { 'text/event-stream': { schema: { type: 'string' } } }
      : { 'application/json': { schema: refTo(schema) } };
  return { description, content };
}

function statusesOf(problems: readonly ProblemKind[]): readonly (readonly [string, Json])[] {
  const statuses = [...new Set(problems.map(statusOf))].toSorted((a, b) => a - b);
  return statuses.map((status) => {
    const kinds = problems.filter((kind) => statusOf(kind) === status);
    const retry = { 'Retry-After': { description: 'In how many seconds to try again.', schema: { type: 'integer' } } };
    return [
      `${status}`,
      {
        description: `A problem: ${kinds.join(' or ')}.`,
        ...(status === 429 || status === 503 ? { headers: retry } : {}),
        content: { 'application/problem+json': { schema: refTo(problemSchema) } },
      },
    ];
  });
}

function refTo(schema: z.ZodType): Json {
  const id = schema.meta()?.id;
  if (id === undefined) throw new Error('A schema of the API has no name.');
  return { $ref: `#/components/schemas/${id}` };
}

/** Every schema with a name, those within others included. What is sent may carry more keys one day; what is taken may not. */
function componentsOf(all: readonly Operation[]): Json {
  const sent = [problemSchema, ...all.flatMap(({ successes }) => successes.flatMap(({ schema }) => schema ?? []))];
  const taken = all.flatMap(({ body }) => body ?? []);
  return { ...named(sent), ...named(taken) };
}

function named(schemas: readonly z.ZodType[]): Json {
  const definitions: Record<string, Json> = {};
  for (const schema of new Set(schemas)) {
    const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { io: 'input' });
    definitions[schema.meta()?.id ?? ''] = atHome(json) as Json;
    for (const [id, inner] of Object.entries($defs)) definitions[id] = atHome(inner) as Json;
  }
  return definitions;
}

/** The same with references into the document instead of into the schema itself. */
function atHome(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(atHome);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => {
      if (key === 'id' && typeof value === 'string') return [];
      if (key !== '$ref' || typeof value !== 'string') return [[key, atHome(value)]];
      return [[key, value.replace('#/$defs/', '#/components/schemas/')]];
    }),
  );
}
