// The labels Istio's telemetry gives an exchange, as the client's and as the pod's sidecar report it: which names survive
// which failure (istio_stats.cc, populatePeerInfo). Pure.
import type { Load } from './control.ts';
import type { Exchange } from './exchange.ts';
import { authorityOf, type ServiceIdentity } from './table.ts';
import { clientWorkload, type Workload } from './workload.ts';

/** All 25 labels of Istio's request metrics, in the order they are written. */
export interface RequestLabels {
  readonly reporter: 'source' | 'destination';
  readonly source_workload: string;
  readonly source_workload_namespace: string;
  readonly source_principal: string;
  readonly source_app: string;
  readonly source_version: string;
  readonly source_canonical_service: string;
  readonly source_canonical_revision: string;
  readonly source_cluster: string;
  readonly destination_workload: string;
  readonly destination_workload_namespace: string;
  readonly destination_principal: string;
  readonly destination_app: string;
  readonly destination_version: string;
  readonly destination_canonical_service: string;
  readonly destination_canonical_revision: string;
  readonly destination_cluster: string;
  readonly destination_service: string;
  readonly destination_service_name: string;
  readonly destination_service_namespace: string;
  readonly request_protocol: string;
  readonly response_code: string;
  readonly grpc_response_status: string;
  readonly response_flags: string;
  readonly connection_security_policy: string;
}

const CLUSTER = 'Kubernetes';

/** One side of an exchange, without the `source_` or `destination_` of its labels. */
interface Party {
  readonly workload: string;
  readonly workload_namespace: string;
  readonly principal: string;
  readonly app: string;
  readonly version: string;
  readonly canonical_service: string;
  readonly canonical_revision: string;
  readonly cluster: string;
}

const NOBODY: Party = {
  workload: 'unknown',
  workload_namespace: 'unknown',
  principal: 'unknown',
  app: 'unknown',
  version: 'unknown',
  canonical_service: 'unknown',
  canonical_revision: 'latest',
  cluster: 'unknown',
};

/** What the client's sidecar reports; the caller knows that there is one. */
export function sourceLabels(namespace: string, load: Load, exchange: Exchange): RequestLabels {
  const client = partyOf(clientWorkload(namespace, load.clientWorkload));
  return labelsOf('source', load, exchange, {
    // Both principals come from the connection to the pod, so without one even the client's own is missing.
    source: connected(exchange) ? client : { ...client, principal: 'unknown' },
    destination: destinationSeen(exchange),
    service: serviceSeen(load, exchange),
    security: 'unknown',
  });
}

/** What the pod's sidecar reports; undefined for a request that never arrived. `inbound` is the Service it names. */
export function destinationLabels(
  namespace: string,
  load: Load,
  exchange: Exchange,
  inbound: ServiceIdentity | undefined,
): RequestLabels | undefined {
  if (exchange.kind === 'unrouted' || exchange.kind === 'unplaced' || !connected(exchange)) return undefined;
  const client = clientWorkload(namespace, load.clientWorkload);
  const pod = partyOf(exchange.pod.workload);
  return labelsOf('destination', load, exchange, {
    source: load.meshed ? { ...partyOf(client), version: client.peerVersion } : NOBODY,
    destination: load.meshed ? pod : { ...pod, principal: 'unknown' },
    service: inbound ?? exchange.service,
    security: load.meshed ? 'mutual_tls' : 'none',
  });
}

interface Parties {
  readonly source: Party;
  readonly destination: Party;
  readonly service: ServiceIdentity;
  readonly security: string;
}

function labelsOf(
  reporter: RequestLabels['reporter'],
  load: Load,
  exchange: Exchange,
  { source, destination, service, security }: Parties,
): RequestLabels {
  return {
    reporter,
    source_workload: source.workload,
    source_workload_namespace: source.workload_namespace,
    source_principal: source.principal,
    source_app: source.app,
    source_version: source.version,
    source_canonical_service: source.canonical_service,
    source_canonical_revision: source.canonical_revision,
    source_cluster: source.cluster,
    destination_workload: destination.workload,
    destination_workload_namespace: destination.workload_namespace,
    destination_principal: destination.principal,
    destination_app: destination.app,
    destination_version: destination.version,
    destination_canonical_service: destination.canonical_service,
    destination_canonical_revision: destination.canonical_revision,
    destination_cluster: destination.cluster,
    destination_service: service.host,
    destination_service_name: service.name,
    destination_service_namespace: service.namespace,
    request_protocol: load.protocol,
    response_code: String(exchange.answer.code),
    grpc_response_status: exchange.answer.grpcStatus,
    response_flags: exchange.flags,
    connection_security_policy: security,
  };
}

/** Whether the client's proxy had a connection to the pod. */
function connected(exchange: Exchange): boolean {
  return exchange.kind === 'answered' || (exchange.kind === 'unanswered' && exchange.arrived);
}

/**
 * The destination as the client's sidecar knows it: what the pod said in its response headers; without a response, what
 * istiod says of the endpoint (no app, no version); without an endpoint, nothing.
 */
function destinationSeen(exchange: Exchange): Party {
  switch (exchange.kind) {
    case 'unrouted':
    case 'unplaced':
      return NOBODY;
    case 'unanswered': {
      const known = partyOf(exchange.pod.workload);
      const principal = connected(exchange) ? known.principal : 'unknown';
      return { ...known, principal, app: 'unknown', version: 'unknown' };
    }
    case 'answered':
      return { ...partyOf(exchange.pod.workload), version: exchange.pod.workload.peerVersion };
  }
}

/** The Service is part of the chosen cluster; where none was chosen a sidecar falls back to the host header. */
function serviceSeen(load: Load, exchange: Exchange): ServiceIdentity {
  if (exchange.kind !== 'unrouted') return exchange.service;
  const authority = authorityOf(load);
  return { host: authority, name: authority, namespace: 'unknown' };
}

function partyOf(workload: Workload): Party {
  return {
    workload: workload.name,
    workload_namespace: workload.namespace,
    principal: workload.principal,
    app: workload.app,
    version: workload.version,
    canonical_service: workload.canonicalService,
    canonical_revision: workload.canonicalRevision,
    cluster: CLUSTER,
  };
}
