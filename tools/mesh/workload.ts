// Who a pod is in Istio's metrics: its workload and the labels its sidecar reports about itself and tells its peers.

/** The identity that telemetry gives a pod. `unknown` and `latest` are Istio's own words for a missing label. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly app: string;
  /** As the pod's own sidecar reports it (label `version` alone). */
  readonly version: string;
  /** As its peers learn it (`app.kubernetes.io/version` before `version`). */
  readonly peerVersion: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  /** SPIFFE identity of the service account. */
  readonly principal: string;
}

/** What `workloadOf` needs to know of a pod. */
export interface PodOrigin {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** The controlling owner, if any. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
}

/** A pod's identity in telemetry (istio/istio pkg/kube/util.go and pkg/kube/labels/labels.go). */
export function workloadOf(pod: PodOrigin): Workload {
  const { labels } = pod;
  const name = labels['service.istio.io/workload-name'] ?? owningWorkload(pod);
  return {
    name,
    namespace: pod.namespace,
    app: labels['app'] ?? 'unknown',
    version: labels['version'] ?? 'unknown',
    peerVersion: labels['app.kubernetes.io/version'] ?? labels['version'] ?? 'unknown',
    canonicalService:
      labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? name,
    canonicalRevision:
      labels['service.istio.io/canonical-revision'] ??
      labels['app.kubernetes.io/version'] ??
      labels['version'] ??
      'latest',
    principal: `spiffe://cluster.local/ns/${pod.namespace}/sa/${pod.serviceAccount}`,
  };
}

/** The identity of a virtual client: a Deployment labelled with its own name and no version. */
export function clientWorkload(namespace: string, name: string): Workload {
  return workloadOf({ namespace, name, labels: { app: name }, serviceAccount: 'default', owner: undefined });
}

function owningWorkload(pod: PodOrigin): string {
  if (pod.owner === undefined) return pod.name;
  const hash = pod.labels['pod-template-hash'] ?? pod.labels['rollouts-pod-template-hash'];
  const suffix = `-${hash}`;
  const byDeployment = pod.owner.kind === 'ReplicaSet' && hash !== undefined && pod.owner.name.endsWith(suffix);
  return byDeployment ? pod.owner.name.slice(0, -suffix.length) : pod.owner.name;
}
