// The one patch by which Serin writes a route, as a value (RFC 6902). It is locked on the version that was read, tests
// everything it relies on, and changes the two weights and the claim; nothing else.
import type { RouteChange, RouteProblem } from '../../controller/mesh-port.ts';
import type { Route } from '../../domain/rollout.ts';
import { claimKey, claimText } from './claim.ts';
import { type FoundPair, findPair } from './find-pair.ts';
import type { Target, VirtualService } from './virtual-service.ts';

/** One operation of a JSON Patch; Serin uses these four. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export type Planned =
  | { readonly kind: 'patch'; readonly operations: readonly PatchOperation[] }
  | { readonly kind: 'problem'; readonly problem: RouteProblem };

/**
 * The patch that makes the change in the object as read. The API server refuses it with 409 when the object has moved on, and
 * with 422 when a test fails. A problem when the route or one of its destinations is not there any more.
 */
export function routePatch(object: VirtualService, route: Route, change: RouteChange): Planned {
  const found = findPair(object, route);
  if (found.kind === 'problem') return found;
  const operations = [lock(object), ...identity(found), ...weightsOf(found, route, change), ...claimOf(object, change)];
  return { kind: 'patch', operations };
}

/** Makes the API server refuse the patch with 409 unless the object is still of the version read. */
export function lock({ metadata }: { readonly metadata: { readonly resourceVersion: string } }): PatchOperation {
  return { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion };
}

function identity(found: FoundPair): readonly PatchOperation[] {
  const { rule, stable, canary } = found;
  const name: readonly PatchOperation[] =
    rule.name === undefined ? [] : [{ op: 'test', path: `${rulePath(found)}/name`, value: rule.name }];
  return [
    ...name,
    ...[stable, canary].map((target) => ({
      op: 'test' as const,
      path: `${targetPath(found, target)}/destination`,
      value: target.written,
    })),
  ];
}

function weightsOf(found: FoundPair, route: Route, change: RouteChange): readonly PatchOperation[] {
  switch (change.kind) {
    case 'weights':
      return [...weight(found, found.stable, 100 - change.canary), ...weight(found, found.canary, change.canary)];
    case 'restore':
      return [
        ...weight(found, found.stable, route.original.stable),
        ...weight(found, found.canary, route.original.canary),
      ];
    case 'unclaim':
      return [];
  }
}

function weight(found: FoundPair, target: Target, value: number | null): readonly PatchOperation[] {
  const path = `${targetPath(found, target)}/weight`;
  if (value !== null) return [{ op: 'add', path, value }];
  return target.weight === null ? [] : [{ op: 'remove', path }];
}

const annotationsPath = '/metadata/annotations';
const claimPath = `${annotationsPath}/${claimKey.replace('/', '~1')}`;

/** The API server shows no empty map of annotations, so one that held the claim alone was not there before. */
function claimOf({ metadata: { annotations } }: VirtualService, change: RouteChange): readonly PatchOperation[] {
  if (change.kind === 'weights') {
    const value = claimText(change.claim);
    return annotations === undefined
      ? [{ op: 'add', path: annotationsPath, value: { [claimKey]: value } }]
      : [{ op: 'add', path: claimPath, value }];
  }
  if (annotations?.[claimKey] === undefined) return [];
  return [{ op: 'remove', path: Object.keys(annotations).length === 1 ? annotationsPath : claimPath }];
}

function rulePath({ rule }: FoundPair): string {
  return `/spec/${rule.protocol}/${rule.index}`;
}

function targetPath(found: FoundPair, target: Target): string {
  return `${rulePath(found)}/route/${target.index}`;
}
