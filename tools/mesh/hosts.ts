// Host names the way Istio reads them.

/** A short name belongs to the namespace it is written in; a name with a dot is taken as it stands. */
export function fullHost(host: string, namespace: string): string {
  return host.includes('.') || host === '*' ? host : `${host}.${namespace}.svc.cluster.local`;
}

/** The host a client means, completed as cluster DNS does: `reviews`, `reviews.shop` and `reviews.shop.svc` too. */
export function clientHost(host: string, namespace: string): string {
  const parts = host.split('.');
  if (parts.length === 2) return `${host}.svc.cluster.local`;
  if (parts.length === 3 && parts[2] === 'svc') return `${host}.cluster.local`;
  return fullHost(host, namespace);
}

/** How closely a pattern names a host: 0 not at all, more for a longer wildcard, most for the name itself. */
export function closeness(pattern: string, host: string): number {
  if (pattern === host) return Number.POSITIVE_INFINITY;
  if (!pattern.startsWith('*')) return 0;
  return host.endsWith(pattern.slice(1)) ? pattern.length : 0;
}

/** Whether an object exported to `exportTo` from `owner` can be seen in `viewer`. */
export function visible(exportTo: readonly string[], owner: string, viewer: string): boolean {
  return exportTo.some((target) => target === '*' || target === viewer || (target === '.' && owner === viewer));
}

/** Objects by the hosts they name, so that a lookup does not pass over all of them. */
export interface HostIndex<T> {
  readonly exact: ReadonlyMap<string, readonly T[]>;
  readonly wild: readonly T[];
}

/** Indexes objects by the full hosts that `hostsOf` gives. */
export function hostIndex<T>(objects: readonly T[], hostsOf: (object: T) => readonly string[]): HostIndex<T> {
  const named = objects.flatMap((object) => hostsOf(object).map((host) => ({ host, object })));
  const byHost = Map.groupBy(named, ({ host }) => host);
  return {
    exact: new Map([...byHost].map(([host, entries]) => [host, entries.map(({ object }) => object)])),
    wild: objects.filter((object) => hostsOf(object).some((host) => host.startsWith('*'))),
  };
}

/** The objects that may name the host, each once: those that name it exactly and all that name a wildcard. */
export function candidatesFor<T>(index: HostIndex<T>, host: string): readonly T[] {
  return [...new Set([...(index.exact.get(host) ?? []), ...index.wild])];
}
