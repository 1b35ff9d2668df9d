// Who is who while traffic goes back to a promoted Deployment: it is on trial itself then, and the copy that serves the rest is stable.
import type { Rollout } from '../../domain/rollout.ts';
import type { GateVerdict } from '../../domain/verdict.ts';

/** Whether a managed Deployment takes its traffic back from the copy. */
export function isGivingBack({ spec, status }: Rollout): boolean {
  return spec.mode === 'managed' && status.phase === 'finalizing';
}

/** Verdicts in which the one on trial is called by its name; as they are wherever that is a canary. */
export function namedVerdicts(rollout: Rollout, verdicts: readonly GateVerdict[]): readonly GateVerdict[] {
  if (!isGivingBack(rollout)) return verdicts;
  const { name } = rollout.spec.target;
  return verdicts.map((verdict) => ({ ...verdict, message: named(verdict.message, name) }));
}

/** Words alone are replaced: a name that holds one, such as `cart-canary`, stays. */
function named(message: string, name: string): string {
  return message
    .replaceAll(word('canary (requests?)'), (_, requests: string) => `${requests} to ${name}`)
    .replaceAll(word(`[Tt]he canary(?: ${name.replaceAll('.', '\\.')})?`), name)
    .replaceAll(word('a stable'), 'a copy')
    .replaceAll(word('stable'), 'the copy')
    .replaceAll(word('Stable'), 'The copy');
}

function word(pattern: string): RegExp {
  return new RegExp(`(?<![-\\w])${pattern}(?![-\\w])`, 'g');
}
