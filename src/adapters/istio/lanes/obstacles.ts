// Routes that cannot be split, in sentences that end in what to do.
import { z } from 'zod';
import { destinationName, type LanesWanted, type RouteProblem } from '../../../controller/mesh-port.ts';
import type { Lanes } from '../../../domain/lanes.ts';
import { fullHost } from '../hosts.ts';
import { capital } from '../words.ts';
import { type LaneScope, objectPlace, type RoutedObject, type RoutedRule, rulesOf } from './object.ts';
import { carriedOn, hostOf, type LaneService, portName } from './services.ts';
import type { Cover } from './survey.ts';

/** More than a rollout can keep track of. */
export function tooMany({ target }: LanesWanted, routes: number, objects: number): RouteProblem {
  const message = `${routes} destinations in ${objects} VirtualServices lead to ${target}; at most 64 in 16 can be kept track of. Bring some of them together.`;
  return { reason: 'TooManyRoutes', message };
}

/** A VirtualService for the host that only some namespaces see: the others would have none, or a second one. */
export function hiddenRoute(host: string, objects: readonly RoutedObject[]): RouteProblem | undefined {
  const partial = objects.find(({ metadata, spec }) => {
    const gateways = spec.gateways ?? [];
    const isForMesh = gateways.length === 0 || gateways.includes('mesh');
    const exported = spec.exportTo ?? [];
    const isHidden = exported.length > 0 && !exported.includes('*');
    return isForMesh && isHidden && (spec.hosts ?? []).some((each) => fullHost(each, metadata.namespace) === host);
  });
  if (partial === undefined) return undefined;
  const message =
    `VirtualService ${objectPlace(partial)} routes ${host} only for some namespaces (exportTo: ${(partial.spec.exportTo ?? []).join(', ')}), so clients elsewhere ` +
    'go past it and would reach a canary. Export it to all ("*"), or add one for the others.';
  return { reason: 'HiddenRoute', message };
}

const host = z.looseObject({ host: z.string(), subset: z.string().optional() });
const mirrors = z.looseObject({
  fault: z.unknown().optional(),
  mirror: host.optional().catch(undefined),
  mirrors: z
    .array(z.looseObject({ destination: host.optional() }))
    .optional()
    .catch(undefined),
});

/**
 * A fault on a lane's route would be counted against the canary; a mirror would reach it before its first step, unless it is to a
 * subset that is not among those the new pods fall under.
 */
export function spoilt(
  objects: readonly RoutedObject[],
  hosts: readonly string[],
  newPods: LaneScope,
): RouteProblem | undefined {
  for (const object of objects) {
    const { namespace } = object.metadata;
    for (const { protocol, index, rule } of rulesOf(object)) {
      const where = `${protocol} route ${rule.name === undefined ? index + 1 : `"${rule.name}"`} of VirtualService ${objectPlace(object)}`;
      const problem = faulty(rule, namespace, hosts, where) ?? mirrored(rule, namespace, newPods, where);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function faulty(
  rule: RoutedRule,
  namespace: string,
  hosts: readonly string[],
  where: string,
): RouteProblem | undefined {
  const leads = (rule.route ?? []).some(({ destination }) => hosts.includes(fullHost(destination.host, namespace)));
  if (!leads || mirrors.parse(rule).fault === undefined) return undefined;
  const message = `${capital(where)} injects faults (the field fault), which would be counted against the canary. Remove the fault, or move it to a route of its own, before the release.`;
  return { reason: 'FaultOnRoute', message };
}

function mirrored(
  rule: RoutedRule,
  namespace: string,
  { hosts, subsets }: LaneScope,
  where: string,
): RouteProblem | undefined {
  const { mirror, mirrors: several = [] } = mirrors.parse(rule);
  const targets = [mirror, ...several.map(({ destination }) => destination)].filter((each) => each !== undefined);
  const found = targets.find((each) => {
    const name = fullHost(each.host, namespace);
    return hosts.includes(name) && ((each.subset ?? '') === '' || subsets.has(`${name}/${each.subset}`));
  });
  if (found === undefined) return undefined;
  const to = destinationName({ host: found.host, ...(found.subset === undefined ? {} : { subset: found.subset }) });
  const message =
    `${capital(where)} mirrors requests to ${to}, which the new pods fall under too: mirrored requests would reach the canary before its first step ` +
    'and be counted against it. Mirror to a subset of other pods, or take the mirror out for the release.';
  return { reason: 'MirrorToHost', message };
}

const reference = z.looseObject({
  kind: z.string().default('Service'),
  group: z.string().default(''),
  name: z.string(),
  namespace: z.string().optional(),
});
const parent = reference.extend({ kind: z.string().default('Gateway') });
const gatewayRoute = z.looseObject({
  kind: z.string().default('HTTPRoute'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z
    .looseObject({
      parentRefs: z.array(parent).default([]),
      rules: z.array(z.looseObject({ backendRefs: z.array(reference).default([]) })).default([]),
    })
    .prefault({}),
});

/** A route of the Gateway API that leads to a Service goes past every VirtualService, or is undefined beside one. */
export function httpRoute(routes: readonly unknown[], services: readonly LaneService[]): RouteProblem | undefined {
  for (const each of routes) {
    const { metadata, spec, kind } = gatewayRoute.parse(each);
    const named = [...spec.parentRefs, ...spec.rules.flatMap(({ backendRefs }) => backendRefs)].find(
      (one) =>
        one.kind === 'Service' &&
        services.some(
          (service) =>
            service.metadata.name === one.name && service.metadata.namespace === (one.namespace ?? metadata.namespace),
        ),
    );
    if (named === undefined) continue;
    const message = `${kind} ${metadata.namespace}/${metadata.name} routes Service ${named.name}. Serin moves the weights of VirtualServices, which do not act beside it. Use a VirtualService in its place for this Service.`;
    return { reason: 'HttpRoute', message };
  }
  return undefined;
}

/** A port whose connections no VirtualService leads goes past the weights; undefined when each is led. */
export function unpinnedPort({ service, by }: Cover): RouteProblem | undefined {
  const unpinned = service.spec.ports.find((port) => {
    const protocol = protocolOf(port);
    if (by.length === 0 || protocol === undefined) return protocol === 'tls';
    return !by.some((object) => isLed(object, protocol, port.port));
  });
  if (unpinned === undefined) return undefined;
  const protocol = protocolOf(unpinned) ?? 'tcp';
  const where =
    by.length === 0 ? `a VirtualService for ${hostOf(service)}` : `VirtualService ${by.map(objectPlace).join(' or ')}`;
  const message =
    `Port ${portName(unpinned)} of Service ${service.metadata.name} carries ${protocol.toUpperCase()}, and no ${protocol} route leads what comes there, so it would ` +
    `reach the canary past its weight. Add a ${protocol} route to ${where}, or remove the port from the Service if nothing uses it.`;
  return { reason: 'PortNotHttp', message };
}

/** The routes that lead what comes to a port; what is sniffed is taken for HTTP, which a Service that is released has to carry. */
function protocolOf(port: LaneService['spec']['ports'][number]): 'http' | 'tls' | 'tcp' | undefined {
  const carried = carriedOn(port);
  if (carried === 'none') return undefined;
  return carried === 'sniffed' ? 'http' : carried;
}

const ports = z.looseObject({ match: z.array(z.looseObject({ port: z.int().optional() })).optional() });

/** HTTP that no route matches is answered 404 as soon as there is one; connections that none matches go to the plain host. */
function isLed({ spec }: RoutedObject, protocol: 'http' | 'tls' | 'tcp', port: number): boolean {
  const rules = spec[protocol] ?? [];
  if (protocol === 'http') return rules.length > 0;
  return rules.some((rule) => {
    const { match = [] } = ports.parse(rule);
    return match.length === 0 || match.some((each) => (each.port ?? port) === port);
  });
}

/** Lanes without any traffic: there would be nothing to judge by, and no weight to move. */
export function idle({ objects, originals, target }: Lanes): RouteProblem | undefined {
  if (objects.some(({ made }) => made)) return undefined;
  if (originals.some(({ alone, weight }) => alone || (weight ?? 0) > 0)) return undefined;
  const found = originals.length === 0 ? 'No VirtualService leads' : 'Every route that leads';
  const rest = originals.length === 0 ? '' : ' gives it the weight 0';
  const places = [...new Set(originals.map(({ object }) => object))].join(', ');
  const message = `${found} to ${target}${places === '' ? '' : ` (VirtualService ${places})`}${rest}, so there is no traffic whose weights could be moved. Give it a route with a weight.`;
  return { reason: 'StableWithoutTraffic', message };
}
