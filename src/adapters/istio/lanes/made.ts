// The VirtualService that Serin makes for the time of a rollout where nothing routes a Service: one route a port, split like any lane.
import { type Carried, carriedOn, hostOf, type LaneService } from './services.ts';

/** The name of the object for a Service. */
export function madeName({ name }: LaneService['metadata']): string {
  return `serin-${name}`;
}

/** The object for a Service, not yet split. TCP ports are routed too, connection by connection; one that is sniffed may be either. */
export function madeObject(
  service: LaneService,
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> & { readonly spec: object } {
  const host = hostOf(service);
  const routesOf = (...kinds: readonly Carried[]) =>
    service.spec.ports
      .filter((each) => kinds.includes(carriedOn(each)))
      .map(({ port }) => ({ match: [{ port }], route: [{ destination: { host, port: { number: port } } }] }));
  const [http, tcp] = [routesOf('http', 'sniffed'), routesOf('tcp', 'sniffed')];
  return {
    kind: 'VirtualService',
    metadata: {
      name: madeName(service.metadata),
      namespace: service.metadata.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'serin' },
      annotations,
    },
    spec: {
      hosts: [host],
      ...(http.length === 0 ? {} : { http }),
      ...(tcp.length === 0 ? {} : { tcp }),
    },
  };
}
