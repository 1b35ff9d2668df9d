// Who may do what with rollouts: the right that each request takes, and the one sentence that everybody without it reads, whether
// on the command line, over HTTP or in Slack. The admission policy in deploy/ words it the same way.

import type { Request, Verb } from './people.ts';
import type { Plan } from './plan.ts';

/** Somebody whom the cluster knows. */
export interface Caller {
  /** The user name, as the cluster has it. */
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  /** What else the cluster was told of them; part of who they are when it is asked what they may. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Rights on `canaryrollouts.serin.dev`: the cluster's words for reading, and Serin's own. */
export const rights = ['get', 'list', 'promote', 'abort', 'pause', 'retry', 'approve', 'override'] as const;

/** One of them. */
export type Right = (typeof rights)[number];

/** The right that a verb takes; whoever may pause may also resume. */
export function rightOf(verb: Verb): Right {
  switch (verb) {
    case 'promote':
    case 'promoteFull':
      return 'promote';
    case 'pause':
    case 'resume':
      return 'pause';
    case 'abort':
    case 'retry':
    case 'approve':
      return verb;
  }
}

/** Every right that a request takes: to promote where the plan asks for approval is to approve. */
export function rightsOf(
  request: Pick<Request, 'verb' | 'overrideFreeze'>,
  plan: Pick<Plan, 'approval'>,
): readonly Right[] {
  const right = rightOf(request.verb);
  return [
    right,
    ...(right === 'promote' && plan.approval !== undefined ? (['approve'] as const) : []),
    ...(request.overrideFreeze === true ? (['override'] as const) : []),
  ];
}

/** What somebody without the right reads: who, what, which right, and whom to ask. Without a namespace it is about all of them. */
export function refusalOf(caller: Pick<Caller, 'name'>, right: Right, namespace?: string): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const binding = namespace === undefined ? 'a ClusterRoleBinding' : 'a RoleBinding';
  const there = namespace === undefined ? '' : ' there';
  return (
    `${caller.name} may not ${doing[right]}: that needs the verb ${right} on canaryrollouts.serin.dev ${where}. ` +
    `Ask an administrator for ${binding} to the ClusterRole ${roleWith(right)}${there}.`
  );
}

/** Whether a sentence is one of these, rather than another reason of the cluster's. */
export function isRefusal(message: string): boolean {
  return /^\S+ may not [\w ]+: that needs the verb \w+ on canaryrollouts\.serin\.dev /.test(message);
}

const doing: Readonly<Record<Right, string>> = {
  get: 'see rollouts',
  list: 'list rollouts',
  promote: 'promote',
  abort: 'abort',
  pause: 'pause or resume',
  retry: 'retry',
  approve: 'approve',
  override: 'override a freeze',
};

function roleWith(right: Right): string {
  switch (right) {
    case 'get':
    case 'list':
      return 'serin-viewer';
    case 'approve':
    case 'override':
      return 'serin-approver';
    case 'promote':
    case 'abort':
    case 'pause':
    case 'retry':
      return 'serin-operator';
  }
}
