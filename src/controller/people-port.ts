// Who people and pipelines are, what they ask for and what holds their releases; a part of the ports. The contract suites in
// test/contract hold the memory adapters and the real parts to it.
import type { DeclaredFreezes } from '../domain/freeze-settings.ts';
import type { Request } from '../domain/people.ts';
import type { Caller, Right } from '../domain/permission.ts';
import type { RolloutId } from '../domain/rollout.ts';

/** Asks of a rollout what a person or pipeline wants; the controller answers in the status. */
export interface RequestDesk {
  /**
   * Appends the request unless one with its id is there already. `behind` when the same is asked already and has no answer yet: nothing
   * is written, and the caller owes to look for that answer and to ask again. `full` when 20 requests are written; `gone` without the
   * rollout; `refused` carries the sentence of the refusal when the caller may not. It is signed by whoever the cluster knows us as, or
   * by the `actor` given: only the controller may speak for others, and it owes to have asked the `Callers` first.
   */
  append(id: RolloutId, request: Omit<Request, 'actor' | 'time'>, actor?: string): Promise<Appended>;
}

/** What became of a request that was to be appended. */
export type Appended =
  | { readonly kind: 'appended' | 'full' | 'gone' }
  | { readonly kind: 'refused'; readonly message: string }
  /** `id` is that of the request that asks the same. */
  | { readonly kind: 'behind'; readonly id: string };

/** Who people and pipelines are, and what they may do. The cluster decides; what it does not allow is not allowed. */
export interface Callers {
  /**
   * Whose token this is; undefined when the cluster takes it for nobody's. What was found out is remembered for a minute at most, and
   * the token itself is kept nowhere. Throws when the cluster cannot be asked.
   */
  authenticate(token: string): Promise<Caller | undefined>;
  /** Whether the caller has the right in the namespace, or in all of them without one. Asked anew each time. Throws when the cluster cannot be asked. */
  may(caller: Caller, right: Right, namespace?: string): Promise<boolean>;
}

/** What holds forward moves. */
export interface Freezes {
  /**
   * What the policies of a namespace and the one for all namespaces say of freezes, with what is wrong with it. Throws when that
   * cannot be read, so that nobody takes silence for leave.
   */
  declared(namespace: string): Promise<readonly DeclaredFreezes[]>;
}
