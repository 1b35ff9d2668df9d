// Whether the controller may do what it does.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine } from './check.ts';
import type { Right } from './facts.ts';

function rights(group: string, resource: string, verbs: string): readonly Right[] {
  return verbs.split(' ').map((verb) => ({ verb, group, resource }));
}

const marks: readonly Right[] = [
  ...rights('serin.dev', 'canaryrollouts', 'get list watch create patch delete'),
  ...rights('serin.dev', 'canaryrollouts/status', 'update'),
  ...rights('serin.dev', 'canarypolicies', 'get'),
  ...rights('apps', 'deployments', 'get list watch patch'),
  ...rights('apps', 'deployments/status', 'patch'),
  ...rights('apps', 'replicasets', 'get list'),
  ...rights('', 'pods', 'get list'),
  ...rights('', 'services', 'list'),
  ...rights('networking.istio.io', 'virtualservices', 'get list watch patch'),
  ...rights('networking.istio.io', 'destinationrules', 'list'),
  ...rights('events.k8s.io', 'events', 'create patch'),
];

const making: readonly Right[] = [
  ...rights('apps', 'deployments', 'create delete'),
  ...rights('discovery.k8s.io', 'endpointslices', 'list'),
  ...rights('networking.istio.io', 'virtualservices', 'create delete'),
  ...rights('networking.istio.io', 'destinationrules', 'get create delete'),
];

/** What the controller does in a namespace whose Deployments it releases; a managed one's copy and routes are its own to make. */
export function rightsFor(mode: 'managed' | 'pair'): readonly Right[] {
  return mode === 'managed' ? [...marks, ...making] : marks;
}

function named({ verb, group, resource }: Right): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

const permissions = check('permissions', ['missingRights'], ({ missingRights, namespace }) => {
  if (missingRights.length === 0) return fine('The controller may do what it does.');
  return blocking(
    `The controller's account may not ${someOf(missingRights.map(named))} in namespace ${namespace}.`,
    'kubectl apply -k deploy/ brings the rights; with a Role instead of a ClusterRole, bind it in this namespace too.',
  );
});

/** Whether the controller may do what it does. */
export const permissionChecks: readonly Check[] = [permissions];
