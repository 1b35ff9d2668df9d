// Whether a rollout may move forward at this moment, as far as freezes go. What cannot be read holds: a freeze is not to be missed.
import { type Frozen, frozenAt } from '../domain/freeze.ts';
import type { DeclaredFreezes } from '../domain/freeze-settings.ts';
import { isAbortable, type Rollout } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Freezes } from './people-port.ts';
import type { Clock } from './ports.ts';
import type { World } from './world.ts';

/** What was read counts for so long, so that many rollouts ask the cluster once. */
const rememberMs: Millis = 5_000;

/** What holds a rollout's forward moves; undefined when nothing does, when a person has overridden it, and where none is to come. */
export async function frozenNow(
  world: Pick<World, 'freezes' | 'log'>,
  { id, status }: Rollout,
  now: Instant,
): Promise<Frozen | undefined> {
  if (world.freezes === undefined || status.freezeOverride !== undefined || !isAbortable(status.phase))
    return undefined;
  try {
    return frozenAt(await world.freezes.declared(id.namespace), now);
  } catch (error) {
    world.log.warn('Freezes cannot be read, so that rollouts hold their weight', { namespace: id.namespace }, error);
    const why = error instanceof Error ? error.message : String(error);
    return { message: `Whether there is a freeze cannot be read, so that nothing moves forward: ${why.slice(0, 300)}` };
  }
}

/** Freezes that are read once in five seconds for each namespace, however many rollouts ask. A failure is not remembered. */
export function rememberingFreezes(freezes: Freezes, clock: Clock): Freezes {
  const known = new Map<string, { readonly at: Instant; readonly declared: Promise<readonly DeclaredFreezes[]> }>();
  return {
    declared(namespace) {
      const before = known.get(namespace);
      const now = clock.now();
      if (before !== undefined && now - before.at < rememberMs && now >= before.at) return before.declared;
      const declared = freezes.declared(namespace);
      known.set(namespace, { at: now, declared });
      declared.catch(() => {
        if (known.get(namespace)?.declared === declared) known.delete(namespace);
      });
      return declared;
    },
  };
}
