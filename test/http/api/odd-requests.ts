// Requests as nobody should send them, and some that are in order.
import fc from 'fast-check';
import { tokens } from '../../support/api-world.ts';

const nasty = fc.constantFrom(
  '..',
  '%2e%2e',
  '%2f',
  '%00',
  '%zz',
  '%',
  'reviews-v2',
  'Reviews',
  'é',
  '%F0%9F%90%A6',
  '__proto__',
  'constructor',
  '{name}',
  ':name',
  '*',
  'x'.repeat(255),
  'x'.repeat(301),
  'a..b',
  '-a',
);
const verb = fc.constantFrom('promote', 'abort', 'pause', 'resume', 'retry', 'approve', 'events', 'destroy', '');
const path = fc.oneof(
  { weight: 4, arbitrary: verb.map((each) => `/v1/rollouts/shop/reviews-v2/${each}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '/v1/rollouts',
      '/v1/rollouts/shop/reviews-v2',
      '/openapi.json',
      '/v1/deployments',
      '/v1/deployments/shop/reviews-v2',
    ),
  },
  { weight: 3, arbitrary: fc.array(nasty, { maxLength: 5 }).map((parts) => `/v1/rollouts/${parts.join('/')}`) },
  { weight: 1, arbitrary: fc.webPath().map((each) => `/${each}`) },
);
const word = fc.oneof(nasty, fc.string({ maxLength: 20 }).map(encodeURIComponent));
const queryName = fc.constantFrom(
  'namespace',
  'phase',
  'target',
  'limit',
  'continue',
  'waitFor',
  'timeout',
  'image',
  'form',
  'x',
);
const queryValue = fc.oneof(
  word,
  fc.constantFrom('shop', 'baking', '5', '2s', 'finished', 'promoted', 'MSAxIHg', 'object'),
);
const query = fc.oneof(
  fc.constant(''),
  fc
    .array(
      fc.tuple(queryName, queryValue).map((pair) => pair.join('=')),
      { minLength: 1, maxLength: 3 },
    )
    .map((pairs) => `?${pairs.join('&')}`),
);
const token = fc.oneof(
  { weight: 3, arbitrary: fc.constant(`Bearer ${tokens.ada}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `Bearer ${tokens.bob}`,
      `bearer  ${tokens.carol} `,
      'Bearer',
      'Bearer a b',
      `Bearer ${'x'.repeat(10_000)}`,
      'Basic YTpi',
      '',
    ),
  },
);
const contentType = fc.oneof(
  { weight: 3, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'application/json; charset=utf-7',
      'APPLICATION/JSON',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/json, text/html',
      '/',
      '',
    ),
  },
);
const others = fc.dictionary(
  fc.constantFrom('last-event-id', 'accept', 'accept-version', 'x-forwarded-for', 'expect', 'x-http-method-override'),
  fc.constantFrom('0', '*/*', '1.x', '10.0.0.1', 'DELETE', '__proto__'),
  { maxKeys: 2 },
);
const ask = fc.record(
  {
    id: fc.oneof(fc.string({ maxLength: 70 }), fc.constantFrom('again', 'x')),
    step: fc.oneof(fc.integer({ min: -2, max: 30 }), fc.double(), fc.string()),
    full: fc.oneof(fc.boolean(), fc.string()),
    reason: fc.oneof(fc.string({ maxLength: 200, unit: 'binary' }), fc.constant('\r\nset-cookie: a=b')),
    overrideFreeze: fc.oneof(fc.boolean(), fc.integer()),
    actor: fc.constant('eve'),
  },
  { requiredKeys: [] },
);
const fit = fc.constantFrom(
  '{}',
  '{"step":1}',
  '{"id":"again","step":2}',
  '{"full":true}',
  '{"step":1,"overrideFreeze":true,"reason":"it burns"}',
);
const body = fc.oneof(
  { weight: 6, arbitrary: fit },
  { weight: 4, arbitrary: ask.map((each) => JSON.stringify(each)) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 4 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '{"__proto__":{"admin":true}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"step":1,"step":2}',
      '{"step":1e400}',
      '[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]',
      '{"id":"\\ud800"}',
      '\u0000',
      'x'.repeat(5_000),
      '',
    ),
  },
);
const method = fc.constantFrom(
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
);

/** Requests of all kinds, most of them with something wrong. */
export const oddRequest = fc.record({ method, path, query, authorization: token, contentType, others, body });
