// Whatever a VirtualService looks like: only the pair's weights and the claim change, and a rollout leaves no trace.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimKey } from '../../../src/adapters/istio/claim.ts';
import { routePatch } from '../../../src/adapters/istio/patch.ts';
import { virtualServiceSchema } from '../../../src/adapters/istio/virtual-service.ts';
import { patched } from '../../../src/adapters/memory/json-patch.ts';
import type { RouteChange } from '../../../src/controller/mesh-port.ts';
import type { Destination, Route } from '../../../src/domain/rollout.ts';

type Json = Record<string, unknown>;
type Protocol = Route['protocol'];

/** A VirtualService, the route in it that a rollout owns, and where that stands. */
interface Scene {
  readonly object: Json;
  readonly route: Route;
  readonly place: { readonly protocol: Protocol; readonly rule: number; readonly targets: readonly [number, number] };
}

const claimOf = (epoch: number): { rollout: string; epoch: number } => ({ rollout: 'shop/reviews-v2-two-1', epoch });

function written(object: Json, route: Route, change: RouteChange): Json {
  const planned = routePatch(virtualServiceSchema.parse(object), route, change);
  if (planned.kind === 'problem') throw new Error(planned.problem.message);
  const after = patched(object, planned.operations);
  if (after === undefined) throw new Error(`the patch does not apply: ${JSON.stringify(planned.operations)}`);
  return after as Json;
}

function weights(object: Json, { place }: Scene): readonly (number | undefined)[] {
  return place.targets.map((index) => targetIn(object, place, index)['weight'] as number | undefined);
}

function targetIn(object: Json, { protocol, rule }: Scene['place'], index: number): Json {
  const rules = (object['spec'] as Json)[protocol] as Json[];
  const targets = rules.at(rule)?.['route'] as Json[] | undefined;
  return targets?.[index] ?? {};
}

/** The object as text, without the two weights and the claim. */
function rest(object: Json, { place }: Scene): string {
  const copy = structuredClone(object);
  for (const index of place.targets) delete targetIn(copy, place, index)['weight'];
  const metadata = copy['metadata'] as Json;
  const annotations = metadata['annotations'] as Json | undefined;
  if (annotations !== undefined) delete annotations[claimKey];
  if (annotations !== undefined && Object.keys(annotations).length === 0) delete metadata['annotations'];
  return JSON.stringify(copy);
}

function holds(scene: Scene, canary: number, epoch: number, edit: (object: Json) => Json): void {
  const { object, route } = scene;
  const taken = written(object, route, { kind: 'weights', canary, claim: claimOf(epoch) });
  expect(weights(taken, scene)).toEqual([100 - canary, canary]);
  expect((taken['metadata'] as { annotations: Json }).annotations[claimKey]).toBe(`shop/reviews-v2-two-1@${epoch}`);
  expect(rest(taken, scene)).toBe(rest(object, scene));

  expect(JSON.stringify(written(taken, route, { kind: 'restore' }))).toBe(JSON.stringify(object));
  expect(JSON.stringify(written(edit(taken), route, { kind: 'restore' }))).toBe(JSON.stringify(edit(object)));
}

// Somebody puts a route on top, drops the last of the others, and changes a field: all while the rollout is under way.
function editsElsewhere(route: Route): (object: Json) => Json {
  return (object) => {
    const copy = structuredClone(object);
    const spec = copy['spec'] as Json;
    spec['exportTo'] = ['.'];
    const rules = (spec[route.protocol] as Json[]).map((rule) => ({ ...rule, timeout: '9s' }));
    spec[route.protocol] = [{ route: [{ destination: { host: 'added' }, weight: 3 }] }, ...rules];
    return copy;
  };
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const destination: fc.Arbitrary<Destination> = fc.record(
  { host: word, subset: word, port: fc.integer({ min: 1, max: 65_535 }) },
  { requiredKeys: ['host'] },
);
const weight = fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined });

function target(to: Destination, share: number | undefined, extra: Json): Json {
  const { port, ...named } = to;
  const plain = { ...named, ...(port === undefined ? {} : { port: { number: port } }) };
  return { ...extra, destination: plain, ...(share === undefined ? {} : { weight: share }), headers: extra };
}

const extras: fc.Arbitrary<Json> = fc.dictionary(fc.stringMatching(/^x[a-z~/.]{1,6}$/), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
  noNullPrototype: true,
});
const otherRule = fc
  .record({ to: destination, share: weight, extra: extras })
  .map(
    ({ to, share, extra }): Json => ({ ...extra, route: [target({ ...to, host: `other-${to.host}` }, share, extra)] }),
  );

const scenes: fc.Arbitrary<Scene> = fc
  .record({
    protocol: fc.constantFrom<Protocol>('http', 'tls', 'tcp'),
    name: fc.option(word, { nil: undefined }),
    pair: fc.uniqueArray(destination, {
      minLength: 2,
      maxLength: 2,
      selector: (each) => JSON.stringify([each.host, each.subset, each.port]),
    }),
    shares: fc.tuple(weight, weight),
    before: fc.array(otherRule, { maxLength: 3 }),
    after: fc.array(otherRule, { maxLength: 2 }),
    third: fc.array(destination, { maxLength: 1 }),
    flipped: fc.boolean(),
    annotations: fc.option(fc.dictionary(word, fc.string(), { minKeys: 1, maxKeys: 3, noNullPrototype: true }), {
      nil: undefined,
    }),
    extra: extras,
  })
  .map((parts) => {
    const [stable = { host: 'a' }, canary = { host: 'b' }] = parts.pair;
    const { protocol, extra } = parts;
    const name = protocol === 'http' ? parts.name : undefined;
    const two = [target(stable, parts.shares[0], extra), target(canary, parts.shares[1], {})];
    const foreign = parts.third.map((to) => target({ ...to, host: `third-${to.host}` }, 0, {}));
    const rule = {
      ...(name === undefined ? {} : { name }),
      ...extra,
      route: [...foreign, ...(parts.flipped ? two.toReversed() : two)],
    };
    const at = foreign.length;
    return {
      object: {
        kind: 'VirtualService',
        metadata: {
          name: 'reviews',
          namespace: 'shop',
          ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
          resourceVersion: '7',
        },
        spec: { ...extra, [protocol]: [...parts.before, rule, ...parts.after], hosts: ['reviews'] },
      },
      route: routeOf(protocol, name, [stable, canary], parts.shares),
      place: { protocol, rule: parts.before.length, targets: parts.flipped ? [at + 1, at] : [at, at + 1] },
    };
  });

function routeOf(
  protocol: Protocol,
  section: string | undefined,
  [stable, canary]: readonly [Destination, Destination],
  shares: readonly (number | undefined)[],
): Route {
  return {
    namespace: 'shop',
    name: 'reviews',
    protocol,
    ...(section === undefined ? {} : { section }),
    stable,
    canary,
    original: { stable: shares[0] ?? null, canary: shares[1] ?? null },
    services: [],
  };
}

const canaries = fc.integer({ min: 0, max: 100 });
const epochs = fc.integer({ min: 0, max: 1_000_000 });

describe('writing and restoring a route', () => {
  it('changes the two weights and the claim alone, and leaves no trace, in any VirtualService', () => {
    fc.assert(
      fc.property(scenes, canaries, epochs, (scene, canary, epoch) => {
        holds(scene, canary, epoch, editsElsewhere(scene.route));
      }),
      { numRuns: 500 },
    );
  });

  it('always changes the object when the epoch is new', () => {
    fc.assert(
      fc.property(scenes, canaries, epochs, (scene, canary, epoch) => {
        const first = written(scene.object, scene.route, { kind: 'weights', canary, claim: claimOf(epoch) });
        const second = written(first, scene.route, { kind: 'weights', canary, claim: claimOf(epoch + 1) });
        const same = written(second, scene.route, { kind: 'weights', canary, claim: claimOf(epoch + 1) });

        expect(second).not.toEqual(first);
        expect(JSON.stringify(same)).toBe(JSON.stringify(second));
      }),
    );
  });

  it('takes the claim alone away when the end weights stay', () => {
    fc.assert(
      fc.property(scenes, canaries, (scene, canary) => {
        const taken = written(scene.object, scene.route, { kind: 'weights', canary, claim: claimOf(1) });

        const left = written(taken, scene.route, { kind: 'unclaim' });

        expect(weights(left, scene)).toEqual([100 - canary, canary]);
        expect(rest(left, scene)).toBe(rest(scene.object, scene));
        expect(JSON.stringify(left)).not.toContain(claimKey);
      }),
    );
  });
});

// Real VirtualServices of other projects, where they are at hand: each route to one destination is made one to a pair.
const corpus =
  process.env['SERIN_VS_CORPUS'] ??
  join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'vs-corpus', 'objects.jsonl');

function corpusScenes(): readonly Scene[] {
  return readFileSync(corpus, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { object: Json; apiGroup: string; apiServer: string })
    .filter(({ apiGroup, apiServer }) => apiGroup === 'networking.istio.io' && apiServer === 'accepted')
    .flatMap(({ object }) => scenesIn(object));
}

function scenesIn(object: Json): readonly Scene[] {
  const spec = object['spec'] as Json;
  return (['http', 'tls', 'tcp'] as const).flatMap((protocol) =>
    ((spec[protocol] as Json[] | undefined) ?? []).flatMap((rule, index) => sceneOf(object, protocol, rule, index)),
  );
}

function sceneOf(object: Json, protocol: Protocol, rule: Json, index: number): readonly Scene[] {
  const [only, ...others] = (rule['route'] as { destination: { host: string }; weight?: number }[] | undefined) ?? [];
  if (only === undefined || others.length > 0) return [];
  const { host } = only.destination;
  const stable = { host, subset: 'stable-of-serin' };
  const canary = { host, subset: 'canary-of-serin' };
  const rules = [...((object['spec'] as Json)[protocol] as Json[])];
  rules[index] = {
    ...rule,
    route: [
      { ...only, destination: stable },
      { weight: 0, destination: canary },
    ],
  };
  const name = protocol === 'http' ? (rule['name'] as string | undefined) : undefined;
  const twins = rules.filter((each) => each['name'] === name).length > 1 && name !== undefined;
  return [
    {
      object: {
        ...object,
        metadata: { ...(object['metadata'] as Json), namespace: 'shop', resourceVersion: '7' },
        spec: { ...(object['spec'] as Json), [protocol]: rules },
      },
      route: routeOf(protocol, twins ? undefined : name, [stable, canary], [only.weight, 0]),
      place: { protocol, rule: index, targets: [0, 1] },
    },
  ];
}

describe.skipIf(!existsSync(corpus))('VirtualServices of other projects', () => {
  it('change in the two weights and the claim alone, and are left as they were', () => {
    const found = corpusScenes();

    expect(found.length).toBeGreaterThan(50);
    for (const [index, scene] of found.entries()) holds(scene, index % 101, index, editsElsewhere(scene.route));
  });
});
