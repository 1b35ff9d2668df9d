// Istio's own example on a bench, its pair, and edits of it.
import type { Operation } from '../../src/adapters/memory/json-patch.ts';
import type { Workload } from '../../src/controller/ports.ts';
import type { Route } from '../../src/domain/rollout.ts';
import { aWorkload } from '../support/builders.ts';
import type { MeshBench } from './mesh-bench.ts';

/** The objects of Istio's own example: reviews with subsets v1 and v2, and a VirtualService with one plain and one weighted route. */
export async function putReviews(bench: MeshBench, weights: readonly (number | undefined)[] = [100, 0]): Promise<void> {
  const { namespace } = bench;
  const metadata = { name: 'reviews', namespace };
  const [stable, canary] = weights.map((weight) => (weight === undefined ? {} : { weight }));
  await bench.put('services', {
    metadata,
    spec: { selector: { app: 'reviews' }, ports: [{ name: 'http', port: 9080 }] },
  });
  const subsets = ['v1', 'v2'].map((name) => ({ name, labels: { version: name } }));
  await bench.put('destinationrules', { metadata, spec: { host: 'reviews', subsets } });
  const route = [
    { destination: { host: 'reviews', subset: 'v1' }, ...stable, headers: { response: { set: { track: 'stable' } } } },
    { destination: { host: 'reviews', subset: 'v2' }, ...canary },
  ];
  const testers = { name: 'testers', match: [{ headers: { canary: { exact: 'true' } } }] };
  const http = [
    { ...testers, route: [{ destination: { host: 'reviews', subset: 'v2' } }] },
    { name: 'everybody', timeout: '3s', retries: { attempts: 2 }, route },
  ];
  await bench.put('virtualservices', { metadata, spec: { hosts: ['reviews'], http } });
}

/** The pair behind `putReviews`. */
export function reviewsOf(namespace: string): readonly [Workload, Workload] {
  return [
    aWorkload({ namespace }),
    aWorkload({ namespace, name: 'reviews-v2', podLabels: { app: 'reviews', version: 'v2' } }),
  ];
}

/** The route, located. Throws the sentence when it is not. */
export async function locatedIn({ mesh, namespace }: MeshBench): Promise<Route> {
  const located = await mesh.locate(...reviewsOf(namespace), {});
  if (located.kind === 'problem') throw new Error(located.problem.message);
  return located.route;
}

/** What somebody edits while a rollout is under way. */
export const meanwhile: readonly Operation[] = [
  {
    op: 'add',
    path: '/spec/http/0',
    value: { name: 'new', match: [{ uri: { prefix: '/new' } }], route: [{ destination: { host: 'new' } }] },
  },
  { op: 'replace', path: '/spec/http/2/timeout', value: '9s' },
  { op: 'add', path: '/metadata/annotations/team', value: 'shop' },
];

/** Writes the weights of `everybody`, and takes every annotation away. */
export function putBack(stable: number, canary: number): readonly Operation[] {
  return [
    { op: 'replace', path: '/spec/http/1/route/0/weight', value: stable },
    { op: 'replace', path: '/spec/http/1/route/1/weight', value: canary },
    { op: 'remove', path: '/metadata/annotations' },
  ];
}
