// Freezes in memory, for unit tests.
import type { Freezes } from '../../controller/people-port.ts';
import { readFreezes } from '../../domain/freeze-settings.ts';

/** What policies say of freezes, by `namespace/name`; a test may add to it and take away while a world runs. */
export type MemoryFreezes = Map<string, { readonly freeze?: unknown; readonly stop?: unknown }>;

/** The freezes of a map of policies: those of the namespace, and those of `cluster`, the policy for all. */
export function memoryFreezes(policies: MemoryFreezes, cluster?: string): Freezes {
  return {
    declared: async (namespace) =>
      [...policies]
        .filter(([policy]) => policy.startsWith(`${namespace}/`) || policy === cluster)
        .map(([policy, { freeze, stop }]) => readFreezes(policy, freeze, stop)),
  };
}
