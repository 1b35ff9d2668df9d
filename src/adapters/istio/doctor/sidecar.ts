// Whether the pods are in the mesh, both versions alike.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Outcome, unknown, warning } from './check.ts';
import type { Labels } from './fields.ts';
import type { Pod, Template } from './kubernetes-objects.ts';
import { doorsOf, ownPods, placeOf } from './reach.ts';

const proxyName = 'istio-proxy';

/** Whether a pod has a sidecar: among its containers, native ones among its init containers, or as its injector noted. */
function hasProxy({ metadata, spec }: Pod): boolean {
  return (
    [...spec.containers, ...spec.initContainers].some(({ name }) => name === proxyName) ||
    metadata.annotations['sidecar.istio.io/status'] !== undefined
  );
}

/** Whether a pod's traffic is taken by the node's proxy. */
function isAmbient({ metadata }: Pod): boolean {
  return metadata.annotations['ambient.istio.io/redirection'] === 'enabled';
}

const present = check('sidecar-missing', ['pods'], (known, glimpse) => {
  const { namespace, stable } = known;
  const pods = ownPods(known, known.pods);
  if (pods.length === 0) return unknown(`No pod of ${stable.workload} runs, so that there is none to look into.`);
  const bare = pods.filter((pod) => !hasProxy(pod) && !isAmbient(pod)).map(({ metadata }) => metadata.name);
  if (bare.length === 0) return fine('Every pod is in the mesh.');
  const advice = `kubectl label namespace ${namespace} istio-injection=enabled (or istio.io/rev=<revision>), then kubectl rollout restart deployment/${stable.workload} -n ${namespace}`;
  const found = `${bare.length} of ${pods.length} pods have no sidecar (${someOf(bare)})`;
  if ((glimpse('traffic')?.bySource ?? 0) > 0)
    return warning(
      `${found}. Their clients' proxies obey the weights and report the requests; what comes from outside the mesh is neither held back nor seen.`,
      advice,
    );
  return blocking(`${found}, so that nobody reports what becomes of their requests.`, advice);
});

/** What decides about injection in a template; labels win over annotations. */
function injection({ metadata }: Template): string {
  const said = (labels: Labels): string =>
    [labels['sidecar.istio.io/inject'], labels['istio.io/rev'], labels['istio.io/dataplane-mode']].join('/');
  const [byLabel, byAnnotation] = [said(metadata.labels), metadata.annotations['sidecar.istio.io/inject'] ?? ''];
  return `${byLabel}/${metadata.labels['sidecar.istio.io/inject'] === undefined ? byAnnotation : ''}`;
}

const parity = check('sidecar-parity', [], ({ stable, canary }) => {
  if (injection(stable.template) === injection(canary.template))
    return fine('Both versions say the same about their sidecar.');
  return blocking(
    'The two versions differ in sidecar.istio.io/inject, istio.io/rev or istio.io/dataplane-mode, so that one may be in the mesh and the other not, or under another control plane.',
    'Give both pod templates the same labels, and release that change by itself first.',
  );
});

const sameProxy = check('proxy-versions', ['pods'], (known) => {
  const images = ownPods(known, known.pods).flatMap(({ spec }) =>
    [...spec.containers, ...spec.initContainers].filter(({ name }) => name === proxyName).map(({ image }) => image),
  );
  const distinct = [...new Set(images)].toSorted();
  if (distinct.length < 2) return fine('All sidecars are of one version.');
  return warning(
    `The pods' sidecars are of ${distinct.length} versions (${someOf(distinct)}), so that a difference between the two versions may be the sidecar's.`,
    `kubectl rollout restart deployment/${known.stable.workload} -n ${known.namespace} gives every pod the present sidecar.`,
  );
});

const waypointLabel = 'istio.io/use-waypoint';

const waypoint = check('ambient-waypoint', ['pods', 'services', 'namespaceObject'], (known): Outcome => {
  const ambient = ownPods(known, known.pods).filter((pod) => isAmbient(pod) && !hasProxy(pod));
  if (ambient.length === 0) return fine('The pods have sidecars of their own, or none at all.');
  const byNamespace = known.namespaceObject.metadata.labels[waypointLabel];
  const without = doorsOf(known, known.services)
    .map(({ service }) => service)
    .filter(({ metadata }) => (metadata.labels[waypointLabel] ?? byNamespace ?? 'none') === 'none');
  if (without.length === 0)
    return warning(
      'The pods are in ambient mode behind a waypoint, where VirtualServices are alpha and subsets are not promised to work.',
      'Prefer sidecars for what is released by canaries, or watch that the traffic gate sees the weights arrive.',
    );
  return blocking(
    `The pods are in ambient mode, and ${someOf(without.map(placeOf))} has no waypoint: without one nothing splits http requests or counts them.`,
    `istioctl waypoint apply -n ${known.namespace} --enroll-namespace, or give the pods sidecars.`,
  );
});

/** Whether the pods are in the mesh, both versions alike. */
export const sidecarChecks: readonly Check[] = [present, parity, sameProxy, waypoint];
