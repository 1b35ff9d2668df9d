// Host names the way Istio reads them.

const suffix = '.svc.cluster.local';

/** A short name belongs to the namespace it is written in; a name with a dot is taken as it stands, also `reviews.shop`. */
export function fullHost(host: string, namespace: string): string {
  return host.includes('.') || host === '*' ? host : serviceHost(host, namespace);
}

/** The fully qualified name of a Service. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}${suffix}`;
}

/** The Service that a fully qualified name stands for; undefined for any other host. */
export function serviceOf(host: string): { readonly name: string; readonly namespace: string } | undefined {
  if (!host.endsWith(suffix)) return undefined;
  const [name, namespace, ...rest] = host.slice(0, -suffix.length).split('.');
  if (name === undefined || namespace === undefined || rest.length > 0) return undefined;
  return name === '' || namespace === '' ? undefined : { name, namespace };
}

/** How closely a pattern names a host: 0 not at all, more for a longer wildcard, most for the name itself. */
export function closeness(pattern: string, host: string): number {
  if (pattern === host) return Number.POSITIVE_INFINITY;
  return pattern.startsWith('*') && host.endsWith(pattern.slice(1)) ? pattern.length : 0;
}
