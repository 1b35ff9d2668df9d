// VirtualServices of every shape with lanes in them, and what is true of them whatever they look like.
import { existsSync, readFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import fc from 'fast-check';
import { fullHost } from '../../../../src/adapters/istio/hosts.ts';
import { originalsOf } from '../../../../src/adapters/istio/lanes/join.ts';
import { type LaneScope, laneObjectSchema, type RoutedObject } from '../../../../src/adapters/istio/lanes/object.ts';
import type { Lanes } from '../../../../src/domain/lanes.ts';

type Json = Record<string, unknown>;

/** The Services of the Deployment under rollout. */
const hosts = ['checkout.shop.svc.cluster.local', 'checkout-grpc.shop.svc.cluster.local'];

/** Lanes of one object as a survey finds them. */
export function lanesOf(object: RoutedObject, parts: Partial<Lanes> = {}): Lanes {
  const { namespace, name } = object.metadata;
  return {
    kind: 'lanes',
    target: 'checkout',
    namespace: 'shop',
    hosts,
    objects: [{ namespace, name, made: false }],
    originals: originalsOf(object, scopeIn(object, parts.hosts ?? hosts)),
    names: { stable: 'serin-stable-5c5b46c844', canary: 'serin-canary-0a1b2c3d4e' },
    made: [],
    ...parts,
  };
}

/** A scope in which every subset that an object names leads to pods. */
function scopeIn({ spec }: RoutedObject, names: readonly string[]): LaneScope {
  const subsets = [spec.http, spec.tls, spec.tcp].flatMap((list) =>
    (list ?? []).flatMap(({ route = [] }) => route.map(({ destination }) => destination.subset ?? '')),
  );
  return { hosts: names, subsets: new Set(names.flatMap((name) => subsets.map((subset) => `${name}/${subset}`))) };
}

/** An object as the adapter reads it. */
export function read(object: Json): RoutedObject {
  return laneObjectSchema.parse(object);
}

/** A value as the API server keeps it: keys sorted, lists as they are. */
export function stored(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const host = fc.oneof(
  fc.constantFrom('checkout', 'checkout.shop.svc.cluster.local', 'checkout-grpc', 'checkout.shop'),
  word.map((name) => `other-${name}`),
);
const extras: fc.Arbitrary<Json> = fc.dictionary(fc.stringMatching(/^x[a-z~/.]{1,6}$/), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 2,
  noNullPrototype: true,
});

const entry = fc
  .record(
    {
      destination: fc.record(
        {
          host,
          subset: fc.constantFrom('v1', 'v2-x'),
          port: fc.constantFrom({ number: 80 }, { number: 9_090 }),
        },
        { requiredKeys: ['host'] },
      ),
      weight: fc.integer({ min: 0, max: 200 }),
      headers: extras,
    },
    { requiredKeys: ['destination'] },
  )
  .map((each) => each as Json);

const match = fc.array(
  fc.record(
    { uri: fc.record({ prefix: word }), headers: fc.dictionary(word, fc.record({ exact: word })) },
    {
      requiredKeys: [],
    },
  ),
  { maxLength: 2 },
);

const rule = fc
  .record(
    {
      name: fc.constantFrom('main', 'old', 'main'),
      match,
      route: fc.array(entry, { minLength: 1, maxLength: 4 }),
      timeout: fc.constantFrom('3s', '9s'),
      mirror: fc.record({ host: word }),
    },
    { requiredKeys: ['route'] },
  )
  .chain((each) => extras.map((extra): Json => ({ ...extra, ...each })));

const rules = fc.array(rule, { maxLength: 4 });

/** Any VirtualService: names twice, destinations twice, weights left out, fields nobody knows. */
export const virtualServices: fc.Arbitrary<Json> = fc
  .record({ http: rules, tls: rules, tcp: rules, extra: extras, isDelegate: fc.boolean() })
  .map(({ http, tls, tcp, extra, isDelegate }) => ({
    kind: 'VirtualService',
    metadata: { name: 'checkout', namespace: 'shop', resourceVersion: '7' },
    spec: { ...extra, ...(isDelegate ? {} : { hosts: ['checkout'] }), http, tls, tcp },
  }));

/** Weights of a rollout, one after the other. */
export const weightSequences = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 });

/** One destination of a route with the part of the traffic it gets, from 0 to 1. */
export interface Share {
  readonly protocol: string;
  readonly rule: number;
  readonly destination: string;
  readonly part: number;
}

/** Where the traffic of every route goes; routes of testers aside, and those that send it nowhere. */
function sharesOf(object: RoutedObject): readonly Share[] {
  return (['http', 'tls', 'tcp'] as const).flatMap((protocol) =>
    (object.spec[protocol] ?? [])
      .filter(({ name }) => name?.startsWith('serin-testers') !== true)
      .flatMap(({ route = [] }, index) => {
        const total = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
        const legs = route.map(({ destination, weight = 0 }) => {
          const part = route.length === 1 ? 1 : weight / total;
          return { protocol, rule: index, destination: stored(destination), part };
        });
        return legs.every(({ part }) => Number.isFinite(part)) ? legs : [];
      }),
  );
}

/** Parts of equal destinations of one route, added up; `rename` says what a destination counts as. */
export function sums(
  object: RoutedObject,
  rename: (destination: string) => string = (destination) => destination,
): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { protocol, rule: index, destination, part } of sharesOf(object)) {
    const key = `${protocol} ${index} ${rename(destination)}`;
    found[key] = (found[key] ?? 0) + part;
  }
  return Object.fromEntries(Object.entries(found).filter(([, part]) => part > 0));
}

/** What a split destination was before, by its own name. */
export function unsplit(destination: string): string {
  return destination
    .replace(/,"subset":"serin-(?:stable|canary)-[a-z0-9]+"/, '')
    .replace(/serin-(?:stable|canary)-[a-z0-9]+-/, '');
}

const corpus =
  process.env['SERIN_VS_CORPUS'] ??
  pathOf(import.meta.dirname, '..', '..', '..', '..', '..', 'shared', 'data', 'vs-corpus', 'objects.jsonl');

/** Whether VirtualServices of other projects are at hand. */
export const hasCorpus = existsSync(corpus);

/** Each VirtualService of other projects with every host that one of its routes leads to, in a namespace of ours. */
export function corpusObjects(): readonly { readonly object: Json; readonly hosts: readonly string[] }[] {
  return readFileSync(corpus, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { object: Json; apiGroup: string; apiServer: string })
    .filter(({ apiGroup, apiServer }) => apiGroup === 'networking.istio.io' && apiServer === 'accepted')
    .flatMap(({ object }) => {
      const metadata = { ...(object['metadata'] as Json), namespace: 'shop', resourceVersion: '7' };
      const placed = { ...object, metadata };
      const found = new Set(destinationsOf(read(placed)).map((name) => fullHost(name, 'shop')));
      return [...found].map((each) => ({ object: placed, hosts: [each] }));
    });
}

function destinationsOf({ spec }: RoutedObject): readonly string[] {
  return [spec.http, spec.tls, spec.tcp].flatMap((list) =>
    (list ?? []).flatMap(({ route = [] }) => route.map(({ destination }) => destination.host)),
  );
}
