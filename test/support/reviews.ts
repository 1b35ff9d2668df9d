// The service that every scene releases: `reviews` in the namespace `shop`, one Deployment and one subset per version.
import type { MemoryMesh } from '../../src/adapters/memory/mesh.ts';
import type { Workload } from '../../src/controller/ports.ts';
import { aWorkload } from './builders.ts';

/** A healthy Deployment `reviews-v<n>` whose first revision is `rev<n>`. */
export function ordinary(name: string): Workload {
  const version = name.slice('reviews-'.length);
  return aWorkload({
    name,
    hash: version.replace('v', 'rev'),
    images: [`reviews:${version}`],
    podLabels: { app: 'reviews', version },
  });
}

/** Puts the Service, the DestinationRule and the VirtualService of `reviews`; null for a destination without a weight. */
export function putMesh(mesh: MemoryMesh, weights: readonly (number | null)[]): void {
  const metadata = { namespace: 'shop', name: 'reviews' };
  const route = weights.map((weight, index) => ({
    destination: { host: 'reviews', subset: `v${index + 1}` },
    ...(weight === null ? {} : { weight }),
  }));
  const subsets = weights.map((_, index) => ({ name: `v${index + 1}`, labels: { version: `v${index + 1}` } }));
  mesh.put('services', { metadata, spec: { selector: { app: 'reviews' } } });
  mesh.put('destinationrules', { metadata, spec: { host: 'reviews', subsets } });
  mesh.put('virtualservices', { metadata, spec: { hosts: ['reviews'], http: [{ name: 'main', route }] } });
}
