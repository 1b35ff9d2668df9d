// Which VirtualService and which of its http routes a request meets, as a client's sidecar would decide.
import { closeness, fullHost, visible } from './hosts.ts';
import { byAge, type HttpRule, type RequestMatch, type StringMatch, type VirtualService } from './istio-objects.ts';

/** What of a client and its requests can decide about a route. Header names are in lower case. */
export interface Caller {
  readonly namespace: string;
  /** What the client is bound to: `mesh` for a sidecar, else the gateway's name. */
  readonly gateway: string;
  /** The labels of the client's pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** The host header as sent. */
  readonly authority: string;
  /** The Service's port that is called. */
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The one VirtualService that a proxy obeys for `host`: of those bound to the mesh, or to the gateway that it is, and visible in its
 * namespace, the closest host name wins, then the oldest ("host merging is not supported in sidecars"; that of gateways, which is, is
 * not played).
 */
export function virtualServiceFor(
  all: readonly VirtualService[],
  host: string,
  { namespace, gateway }: Pick<Caller, 'namespace' | 'gateway'>,
): VirtualService | undefined {
  const rated = all
    .filter((found) => found.http.length > 0 && isBound(found, gateway))
    .filter((found) => visible(found.exportTo, found.namespace, namespace))
    .map((found) => ({ found, rating: ratingOf(found, host) }))
    .filter(({ rating }) => rating > 0)
    .toSorted((a, b) => (a.rating === b.rating ? byAge(a.found, b.found) : b.rating - a.rating));
  return rated[0]?.found;
}

/** A route together with the VirtualService it is written in, in whose namespace its short names are resolved. */
export interface ChosenRule {
  readonly rule: HttpRule;
  readonly namespace: string;
}

/** The first http route that matches, looked up in the delegate where the route has one; undefined when none does. */
export function ruleFor(
  virtualService: VirtualService,
  caller: Caller,
  delegates: readonly VirtualService[],
): ChosenRule | undefined {
  for (const rule of virtualService.http) {
    if (!matches(rule, caller)) continue;
    if (rule.delegate === undefined) return { rule, namespace: virtualService.namespace };
    const { name, namespace = virtualService.namespace } = rule.delegate;
    const child = delegates.find((found) => found.name === name && found.namespace === namespace);
    // A delegate may not delegate further (Istio documentation, VirtualService.Delegate).
    const chosen = child?.http.find((inner) => inner.delegate === undefined && matches(inner, caller));
    if (chosen !== undefined) return { rule: chosen, namespace };
  }
  return undefined;
}

function isBound({ gateways }: Pick<VirtualService, 'gateways'>, gateway: string): boolean {
  return gateways.length === 0 ? gateway === 'mesh' : gateways.includes(gateway);
}

function ratingOf(found: VirtualService, host: string): number {
  return Math.max(0, ...found.hosts.map((pattern) => closeness(fullHost(pattern, found.namespace), host)));
}

function matches(rule: HttpRule, caller: Caller): boolean {
  return rule.match.length === 0 || rule.match.some((match) => conditionHolds(match, caller));
}

function conditionHolds(match: RequestMatch, caller: Caller): boolean {
  const [path = '', query = ''] = caller.path.split('?');
  const parameters = Object.fromEntries(new URLSearchParams(query));
  const headers = Object.entries(match.headers).map(([name, want]) => [name.toLowerCase(), want] as const);
  return (
    holds(match.uri, path) &&
    holds(match.method, 'GET') &&
    holds(match.authority, caller.authority) &&
    headers.every(([name, want]) => holds(want, caller.headers[name])) &&
    Object.entries(match.withoutHeaders).every(([name, want]) => !holds(want, caller.headers[name.toLowerCase()])) &&
    Object.entries(match.queryParams).every(([name, want]) => holds(want, parameters[name])) &&
    (match.port === undefined || match.port === caller.port) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === caller.namespace) &&
    Object.entries(match.sourceLabels).every(([name, want]) => caller.labels[name] === want) &&
    (match.gateways.length === 0 || match.gateways.includes(caller.gateway))
  );
}

function holds(want: StringMatch | undefined, actual: string | undefined): boolean {
  if (want === undefined) return true;
  if (actual === undefined) return false;
  if (want.exact !== undefined) return actual === want.exact;
  if (want.prefix !== undefined) return actual.startsWith(want.prefix);
  return want.regex === undefined || wholeMatch(want.regex, actual);
}

/** Istio writes RE2, which has no syntax of its own that routes use; what JavaScript cannot read matches nothing. */
function wholeMatch(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}
