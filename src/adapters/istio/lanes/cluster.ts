// What lanes read and delete in the cluster.
import { z } from 'zod';
import { type ClusterAnswer, type IstioObjects, parsed } from '../requests.ts';
import { laneObjectSchema, type RoutedObject } from './object.ts';
import { type Rule, ruleSchema } from './rules.ts';
import { type LaneService, laneServiceSchema } from './services.ts';

/** The Services of a namespace. */
export async function servicesIn(objects: IstioObjects, namespace: string): Promise<readonly LaneService[]> {
  return z.array(laneServiceSchema).parse(await objects.services(namespace));
}

/** The DestinationRules of all namespaces, or of this one where the account may not look further. */
export async function rulesAround(objects: IstioObjects, namespace: string): Promise<readonly Rule[] | 'notServed'> {
  const rules = await objects.everywhere('destinationrules', namespace);
  return rules === 'notServed' ? rules : z.array(ruleSchema).parse(rules);
}

/** The VirtualServices, as far as rules. */
export async function routedAround(
  objects: IstioObjects,
  namespace: string,
): Promise<readonly RoutedObject[] | 'notServed'> {
  const routed = await objects.everywhere('virtualservices', namespace);
  return routed === 'notServed' ? routed : z.array(laneObjectSchema).parse(routed);
}

/** Deletes an object of the version read; one that is gone already is no matter. */
export async function removed(
  objects: IstioObjects,
  plural: 'virtualservices' | 'destinationrules',
  { metadata: { namespace, name, resourceVersion } }: Removable,
): Promise<'gone' | 'conflict'> {
  const answer = await objects.remove(plural, namespace, name, resourceVersion);
  if (answer.status === 409) return 'conflict';
  if (answer.status !== 404) parsed(z.unknown(), answer, `${plural}/${name} in namespace ${namespace}`);
  return 'gone';
}

interface Removable {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string };
}

/** Another version (409), a test that fails (422), an object that is gone (404): somebody else was first. */
export function isLostRace({ status }: ClusterAnswer): boolean {
  return status === 409 || status === 422 || status === 404;
}
