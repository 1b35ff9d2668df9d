// Shared settings in memory, for unit tests.
import type { Policies } from '../../controller/ports.ts';

/** Policies by `namespace/name`, under their annotation names. */
export function memoryPolicies(policies: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): Policies {
  return { get: (namespace, name) => Promise.resolve(policies[`${namespace}/${name}`]) };
}
