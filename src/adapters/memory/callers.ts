// Callers in memory, for unit tests: a table of tokens and a table of rights.
import type { Callers } from '../../controller/people-port.ts';
import type { Caller, Right } from '../../domain/permission.ts';

/** Callers, and what a test does to them. */
export interface MemoryCallers extends Callers {
  /** Makes a token somebody's, or nobody's any more. */
  know(token: string, caller: Caller | undefined): void;
  /** Gives a person or a group rights in a namespace, or in all without one. */
  allow(who: string, rights: readonly Right[], namespace?: string): void;
  /** Takes every right from a person or a group. */
  forbid(who: string): void;
  /** How often each was asked. */
  readonly asked: { authenticate: number; may: number };
}

interface Grant {
  readonly who: string;
  readonly right: Right;
  readonly namespace?: string;
}

/** Nobody is known and nothing is allowed at first. */
export function memoryCallers(): MemoryCallers {
  const known = new Map<string, Caller>();
  const asked = { authenticate: 0, may: 0 };
  let grants: readonly Grant[] = [];
  return {
    asked,
    know(token, caller) {
      if (caller === undefined) known.delete(token);
      else known.set(token, caller);
    },
    allow(who, rights, namespace) {
      const within = namespace === undefined ? {} : { namespace };
      grants = [...grants, ...rights.map((right) => ({ who, right, ...within }))];
    },
    forbid(who) {
      grants = grants.filter((grant) => grant.who !== who);
    },
    async authenticate(token) {
      asked.authenticate += 1;
      return known.get(token);
    },
    async may({ name, groups }, right, namespace) {
      asked.may += 1;
      return grants.some(
        (grant) =>
          grant.right === right &&
          (grant.who === name || groups.includes(grant.who)) &&
          (grant.namespace === undefined || grant.namespace === namespace),
      );
    },
  };
}
