// Whether the VirtualServices apply where the callers are: gateways, the mesh, and what callers may see.
import { fullHost } from '../hosts.ts';
import { rootNamespace } from '../surroundings.ts';
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, warning } from './check.ts';
import type { Gateway, VirtualService } from './mesh-objects.ts';
import { type Door, doorsOf, isForMesh, lanesTo, naming, placeOf } from './reach.ts';

/** Whether a host of a Gateway, `*.example.com` or `shop/example.com`, takes in one of a VirtualService. */
function takesIn(
  written: string,
  host: string,
  { gateway, route }: { readonly gateway: string; readonly route: string },
): boolean {
  const [place, pattern = place ?? ''] = written.includes('/') ? written.split('/') : ['*', written];
  const isPlace = place === '*' || place === route || (place === '.' && gateway === route);
  if (!isPlace) return false;
  if (pattern === '*' || pattern === host) return true;
  if (pattern.startsWith('*')) return host.endsWith(pattern.slice(1));
  return host.startsWith('*') && pattern.endsWith(host.slice(1));
}

function gatewaysOf(object: VirtualService): readonly string[] {
  const { namespace } = object.metadata;
  return object.spec.gateways
    .filter((name) => name !== 'mesh')
    .map((name) => (name.includes('/') ? name : `${namespace}/${name}`));
}

/** Any of its hosts is enough: others may be for other gateways. */
function isTaken(object: VirtualService, gateway: Gateway): boolean {
  const places = { gateway: gateway.metadata.namespace, route: object.metadata.namespace };
  const written = gateway.spec.servers.flatMap(({ hosts }) => hosts);
  return object.spec.hosts.some((host) => written.some((one) => takesIn(one, host, places)));
}

/** Where others reach the route too, or all routes are split, a dead one does no harm. */
const gateway = check('gateway-missing', ['services', 'virtualServices', 'gateways'], (known) => {
  const lanes = lanesTo(doorsOf(known, known.services), known.virtualServices);
  for (const object of new Set(lanes.map((lane) => lane.object))) {
    const found = deadGateway(object, known.gateways);
    if (found === undefined) continue;
    const isOnly = known.mode === 'pair' && !isForMesh(object) && gatewaysOf(object).length === 1;
    return isOnly ? blocking(found.message, found.advice) : warning(found.message, found.advice);
  }
  return fine('Every Gateway that the routes name takes in their hosts.');
});

function deadGateway(object: VirtualService, gateways: readonly Gateway[]) {
  for (const name of gatewaysOf(object)) {
    const found = gateways.find((each) => placeOf(each) === name);
    if (found === undefined)
      return {
        message: `VirtualService ${placeOf(object)} names Gateway ${name}, which does not exist: nobody obeys it there.`,
        advice: `Correct spec.gateways; Gateways there are: ${someOf(gateways.map(placeOf)) || 'none'}.`,
      };
    if (object.spec.hosts.length > 0 && !isTaken(object, found))
      return {
        message: `Gateway ${name} takes in none of the hosts of VirtualService ${placeOf(object)} (${someOf(object.spec.hosts)}): its weights reach nobody there.`,
        advice: `Add the host to spec.servers[].hosts of Gateway ${name}.`,
      };
  }
  return undefined;
}

/** Of a managed Deployment all routes are split, and one is made where there is none. */
const callers = check('mesh-callers', ['services', 'virtualServices'], (known) => {
  if (known.mode === 'managed') return fine('Every route is split, for the mesh and for gateways.');
  const doors = doorsOf(known, known.services);
  const lanes = lanesTo(doors, known.virtualServices);
  const plain = lanes.find(
    ({ object, host, destination, served }) =>
      served && !isForMesh(object) && destination.subset === '' && isBoth(doors, host),
  );
  if (plain !== undefined)
    return blocking(
      `VirtualService ${placeOf(plain.object)} leads a gateway to plain ${plain.destination.host}: what comes that way is spread over the pods of both versions, whatever the weights.`,
      'Name the subsets there too, or let the gateway share the VirtualService whose weights are moved.',
    );
  if (lanes.length === 0 || doors.some(({ host }) => naming(host, known.virtualServices).some(isForMesh)))
    return fine('The routes apply to the callers inside the mesh.');
  return warning(
    `No VirtualService that applies inside the mesh names the Service of ${known.stable.workload} (${someOf([...new Set(lanes.map(({ object }) => placeOf(object)))])} is for gateways): callers inside are spread over all pods.`,
    'Add mesh to spec.gateways, and the name of the Service to spec.hosts.',
  );
});

function isBoth(doors: readonly Door[], host: string): boolean {
  return doors.some((door) => door.host === host && door.toStable && door.toCanary);
}

/** Whether what a Sidecar lets its pods see takes in a host: `namespace/host`, `./host`, with wildcards. */
function isSeen(entries: readonly string[], host: string, from: string): boolean {
  const namespace = host.split('.')[1] ?? '';
  return entries.some((entry) => {
    const [place = '*', pattern = '*'] = entry.includes('/') ? entry.split('/') : ['*', entry];
    const isPlace = place === '*' || place === namespace || (place === '.' && from === namespace);
    const written = fullHost(pattern, namespace);
    return (
      isPlace && (pattern === '*' || written === host || (pattern.startsWith('*') && host.endsWith(pattern.slice(1))))
    );
  });
}

const egress = check('sidecar-egress', ['services', 'sidecars'], (known) => {
  const doors = doorsOf(known, known.services);
  const [toStable, toCanary] = [doors.filter((door) => door.toStable), doors.filter((door) => door.toCanary)];
  const narrow = known.sidecars.filter(({ metadata, spec }) => {
    const { egress: lists } = spec;
    if (lists === undefined || lists === null) return false;
    const entries = lists.flatMap(({ hosts }) => hosts);
    const sees = ({ host }: { readonly host: string }): boolean => isSeen(entries, host, metadata.namespace);
    return toStable.some(sees) && !toCanary.every(sees);
  });
  if (narrow.length === 0) return fine('No Sidecar hides the canary from callers that see stable.');
  return blocking(
    `Sidecar ${someOf(narrow.map(placeOf))} lets its pods see the Service of ${known.stable.workload} and not that of ${known.canary.workload}, so that the canary's share fails there.`,
    `Add ${someOf(toCanary.map(({ host }) => `${known.namespace}/${host}`))} to its egress hosts.`,
  );
});

const webhook = check('istio-webhook', ['webhooks'], ({ webhooks }) => {
  const istio = webhooks.flatMap(({ metadata, webhooks: each }) =>
    each
      .filter(({ rules }) => rules.some(({ apiGroups }) => apiGroups.includes('networking.istio.io')))
      .map((one) => ({ ...one, place: metadata.name })),
  );
  if (istio.some(({ failurePolicy }) => failurePolicy === 'Fail'))
    return fine("Istio's own validation of routes is in force.");
  const found =
    istio.length === 0
      ? 'No webhook validates VirtualServices'
      : `The webhook that validates VirtualServices (${someOf(istio.map(({ place }) => place))}) lets everything pass when it cannot be asked`;
  return warning(
    `${found}, so that nonsense in a route is found by nobody but the proxies.`,
    `kubectl get validatingwebhookconfigurations; istiod of ${rootNamespace} keeps one with failurePolicy Fail while it is well`,
  );
});

/** Whether the VirtualServices apply where the callers are. */
export const gatewayChecks: readonly Check[] = [gateway, callers, egress, webhook];
