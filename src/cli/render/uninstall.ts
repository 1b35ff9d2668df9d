// What an uninstall would do, what it could not, and what is left when it is done.
import type { Rollout } from '../../domain/rollout.ts';
import { changeLine } from './status.ts';

/** A Deployment that Serin looks after. */
export interface Left {
  readonly namespace: string;
  readonly name: string;
}

/** What would be done. */
export function wouldBe(
  live: readonly Rollout[],
  all: number,
  adopted: readonly Left[],
  namespace: string | undefined,
): readonly string[] {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  const yes = `serin uninstall --yes${where}`;
  if (live.length + adopted.length === 0) {
    return [
      "No rollout is under way and no Deployment is managed: nothing of yours is in Serin's hands.",
      all === 0 ? 'Nothing is left to let go of.' : `To let go of ${counted(all, 'finished rollout')} too: ${yes}`,
    ];
  }
  return [
    live.length === 0 ? 'No rollout is under way.' : 'These rollouts are under way and would be aborted:',
    ...live.map(line),
    ...(adopted.length === 0
      ? []
      : ['These Deployments would not be managed any more (serin.dev/canary is taken off):']),
    ...adopted.map(({ namespace: home, name }) => `  ${home}/${name}`),
    `Routes would be put back and every finalizer taken off. Say so with: ${yes}`,
  ];
}

/** What did not end in time. */
export function gaveUpLines(
  live: readonly Rollout[],
  waited: string,
  namespace: string | undefined,
): readonly string[] {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return [
    `These have not ended within ${waited}; nothing was let go of:`,
    ...live.map(line),
    `If no controller runs any more, put the routes back from here: serin uninstall --yes --without-controller${where}`,
  ];
}

/**
 * What was done, and what the user may still want to do: in the namespace alone that was asked for, where the controller goes on for all
 * others.
 */
export function farewell(released: number, paused: readonly Left[], namespace: string | undefined): readonly string[] {
  return [
    `Nothing of Serin holds your objects any more; ${released === 1 ? 'one rollout was' : `${released} rollouts were`} let go of.`,
    ...pausedLines(paused),
    'What is left, if you want it gone too:',
    `  kubectl annotate deployments --all ${namespace === undefined ? '-A' : `-n ${namespace}`} serin.dev/canary- serin.dev/canary-of- serin.dev/phase- serin.dev/rollout- serin.dev/last- serin.dev/stable- serin.dev/held-`,
    ...(namespace === undefined
      ? ['  kubectl delete -k deploy/']
      : [`  kubectl delete canaryrollouts --all -n ${namespace}`]),
  ];
}

function pausedLines(paused: readonly Left[]): readonly string[] {
  if (paused.length === 0) return [];
  return [
    'These stay paused, because their pod template is not the one they run, and nobody has judged it:',
    ...paused.map(({ namespace, name }) => `  ${namespace}/${name}`),
    'Put back what each runs with: serin undo NAME -n NAMESPACE; then, or to run the new template all the same: kubectl rollout resume deployment/NAME -n NAMESPACE',
  ];
}

function line(rollout: Rollout): string {
  return `  ${rollout.id.namespace}/${changeLine(rollout)}`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `one ${what}` : `${count} ${what}s`;
}
