// The OpenAPI document: valid as OpenAPI 3.1 wants it (spec.openapis.org/oas/v3.1.0), and true of the API that serves it.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../../src/http/api/openapi.ts';
import { asks } from '../../../src/http/api/operations.ts';
import { apiScene, as } from '../../support/api-world.ts';

const schemaObject = z.looseObject({});
const media = z.strictObject({ schema: schemaObject });
const content = z.record(z.string().regex(/^[a-z]+\/[a-z.+-]+$/), media);
const parameter = z.strictObject({
  name: z.string().min(1),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().optional(),
  schema: schemaObject,
});
const response = z.strictObject({
  description: z.string().min(1),
  headers: z.record(z.string(), z.strictObject({ description: z.string(), schema: schemaObject })).optional(),
  content,
});
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-zA-Z]+$/),
  summary: z.string().min(1),
  parameters: z.array(parameter),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(z.string().regex(/^[1-5]\d\d$/), response).refine((all) => Object.keys(all).length > 0),
});

/** The objects of the specification that are used, with their fixed fields and no others. */
const documentSchema = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string().min(1),
    version: z.string().min(1),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.strictObject({ get: operation.optional(), post: operation.optional() }),
  ),
  components: z.strictObject({
    securitySchemes: z.record(
      z.string(),
      z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer'), description: z.string() }),
    ),
    schemas: z.record(z.string().regex(/^[a-zA-Z0-9._-]+$/), schemaObject),
  }),
});

const served = documentSchema.parse(JSON.parse(JSON.stringify(openApiDocument('1.2.3'))));
const calls = Object.entries(served.paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, each]) => (each === undefined ? [] : [{ path, method, each }])),
);

describe('the OpenAPI document', () => {
  it('is served to whoever has a token', async () => {
    const sent = await apiScene({ parts: { version: '1.2.3' } }).app.inject({
      url: '/openapi.json',
      headers: as('carol'),
    });

    expect(sent.statusCode).toBe(200);
    expect(sent.json()).toEqual(served);
  });

  it('has the calls of the API, each under a name of its own', () => {
    const one = '/v1/rollouts/{namespace}/{name}';

    expect(calls.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(
      [
        'get /v1/rollouts',
        'get /v1/deployments',
        'get /v1/deployments/{namespace}/{name}',
        `get ${one}`,
        `get ${one}/events`,
        ...asks.map((verb) => `post ${one}/${verb}`),
      ].toSorted(),
    );
    expect(new Set(calls.map(({ each }) => each.operationId)).size).toBe(calls.length);
  });

  it.each(calls)('describes every placeholder of $method $path, once, as required', ({ path, each }) => {
    const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

    const inPath = each.parameters.filter((one) => one.in === 'path');
    expect(inPath.map(({ name }) => name)).toEqual(placeholders);
    expect(each.parameters.every((one) => one.required === (one.in === 'path'))).toBe(true);
    expect(new Set(each.parameters.map((one) => `${one.in} ${one.name}`)).size).toBe(each.parameters.length);
  });

  it('says of every call what is answered without a token and without the right', () => {
    const silent = calls.filter(
      ({ each }) => each.responses['401'] === undefined || each.responses['403'] === undefined,
    );

    expect(silent).toEqual([]);
    expect(served.security).toEqual([{ token: [] }]);
    expect(Object.keys(served.components.securitySchemes)).toEqual(['token']);
  });

  it('has every error as problem+json', () => {
    const types = calls.flatMap(({ each }) =>
      Object.entries(each.responses)
        .filter(([status]) => Number(status) >= 400)
        .flatMap(([, { content: of }]) => Object.entries(of)),
    );

    expect(types.length).toBeGreaterThan(calls.length);
    expect(new Set(types.map(([type, { schema }]) => `${type} ${JSON.stringify(schema)}`))).toEqual(
      new Set(['application/problem+json {"$ref":"#/components/schemas/Problem"}']),
    );
  });

  it('refers to nothing that it does not have, and has nothing that is not referred to', () => {
    const references = [...JSON.stringify(served).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    const known = Object.keys(served.components.schemas).map((name) => `#/components/schemas/${name}`);

    expect([...new Set(references)].toSorted()).toEqual(known.toSorted());
    expect(JSON.stringify(served)).not.toMatch(/\$defs|\$schema/);
  });

  it('has JSON Schemas whose required keys are described, and whose types are types', () => {
    const objects = Object.values(served.components.schemas).flatMap(schemasWithin);

    const wrong = objects.filter(
      ({ type, required = [], properties = {} }) =>
        (type ?? []).some((one) => !types.includes(one)) || required.some((key) => !(key in properties)),
    );

    expect(objects.length).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });
});

const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const shape = z.looseObject({
  type: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional(),
  required: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
});

/** A schema and those in it. */
function schemasWithin(schema: unknown): readonly z.infer<typeof shape>[] {
  const parsed = shape.parse(schema);
  const inner = [
    ...Object.values(parsed.properties ?? {}),
    ...(parsed.items === undefined ? [] : [parsed.items]),
    ...(parsed.anyOf ?? []),
  ];
  return [parsed, ...inner.flatMap(schemasWithin)];
}
