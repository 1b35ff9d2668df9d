// Turns what is seen in the cluster into begins and ticks: who is told what, and when to look again.
import type { Subject } from '../domain/evidence.ts';
import { isFinal, type Phase, type Rollout, type RolloutId, trackOf } from '../domain/rollout.ts';
import { subjectOf } from '../domain/subject.ts';
import type { Millis } from '../domain/time.ts';
import type { Begun } from './attempt.ts';
import { begin } from './begin.ts';
import { flights } from './flights.ts';
import { tick } from './tick.ts';
import { fieldsOf } from './turn.ts';
import type { World } from './world.ts';

/** What the watches tell and the clock rings. Everything here may be called at any time and any number of times. */
export interface Conductor {
  /** A Deployment that speaks to Serin was created, changed or deleted. */
  targetChanged(namespace: string, name: string): void;
  /** A rollout was created, changed or deleted; `byOthers` when its spec changed, it is new, or it is being deleted. */
  rolloutChanged(rollout: Rollout, byOthers: boolean): void;
  /** A rollout is no more. */
  rolloutGone(id: RolloutId): void;
  /** An object that holds routes changed. */
  routeChanged(namespace: string, name: string): void;
  /** Ticks one rollout and asks for its next wake. */
  tick(id: RolloutId, uid: string): Promise<void>;
  /** Wakes every rollout that is under way, and looks again at every Deployment whose rollout could not be begun. */
  sweep(): Promise<void>;
  /** The traffic that rollouts under way are judged by. */
  subjects(): readonly Subject[];
  /** How many rollouts stand in each phase. */
  phases(): ReadonlyMap<Phase, number>;
}

const beginTimeoutMs: Millis = 30_000;

/** One conductor per process. `namespace` bounds what the sweep looks at; all namespaces without it. */
export function conductor(world: World, namespace?: string): Conductor {
  const seen = new Map<string, Rollout>();
  const unsettled = new Map<string, RolloutId>();
  const begins = flights({
    tick: (id) => beginOne(id),
    timeoutMs: beginTimeoutMs,
    clock: world.clock,
    ended: (id, _key, outcome, _took, error) => {
      if (outcome === 'done') return;
      unsettled.set(keyOf(id), id);
      world.log.error('A Deployment could not be looked at; the next sweep tries again', { ...id, outcome }, error);
    },
  });

  async function beginOne(id: RolloutId): Promise<void> {
    const begun = await begin(world, id.namespace, id.name);
    if (isSettled(begun)) unsettled.delete(keyOf(id));
    else unsettled.set(keyOf(id), id);
  }

  function look(id: RolloutId): void {
    begins
      .tick(id, keyOf(id))
      .catch((error: unknown) => world.log.warn('A Deployment was not looked at', { ...id }, error));
  }

  function ring(rollout: Rollout, key: string): void {
    const { id, uid } = rollout;
    world.wakes
      .wake(id, uid, world.clock.now(), key)
      .catch((error: unknown) => world.log.warn('A wake was not kept', fieldsOf(rollout), error));
  }

  function under(): readonly Rollout[] {
    return [...seen.values()].filter((rollout) => !isFinal(rollout.status.phase));
  }

  return {
    targetChanged(ns, name) {
      look({ namespace: ns, name });
      for (const rollout of under()) {
        if (rollout.id.namespace === ns && rollout.spec.target.name === name)
          ring(rollout, `target-${world.clock.now()}`);
      }
    },
    rolloutChanged(rollout, byOthers) {
      const before = seen.get(keyOf(rollout.id));
      seen.set(keyOf(rollout.id), rollout);
      const hasEnded = before !== undefined && !isFinal(before.status.phase) && isFinal(rollout.status.phase);
      if (hasEnded) look({ namespace: rollout.id.namespace, name: rollout.spec.target.name });
      if (byOthers || hasEnded || (rollout.deleting && isFinal(rollout.status.phase))) {
        ring(rollout, `v${rollout.resourceVersion}`); // also after the end, which another replica may not have lived to tidy up
      }
    },
    rolloutGone(id) {
      const target = seen.get(keyOf(id))?.spec.target.name;
      seen.delete(keyOf(id));
      if (target !== undefined) look({ namespace: id.namespace, name: target });
    },
    routeChanged(ns, name) {
      for (const rollout of under()) {
        const concerned =
          rollout.status.phase === 'pending' ? rollout.id.namespace === ns : leadsThrough(rollout, ns, name);
        if (concerned) ring(rollout, `route-${world.clock.now()}`);
      }
    },
    async tick(id, uid) {
      const ended = await tick(world, id, seen.get(keyOf(id)));
      if (ended.kind === 'until' && ended.due !== undefined) await world.wakes.wake(id, uid, ended.due, `${ended.due}`);
    },
    async sweep() {
      for (const rollout of await world.rollouts.list(namespace)) {
        seen.set(keyOf(rollout.id), rollout);
        if (!isFinal(rollout.status.phase) || rollout.deleting) ring(rollout, `sweep-${world.clock.now()}`);
      }
      for (const id of unsettled.values()) look(id);
    },
    subjects: () =>
      under().flatMap((rollout) => {
        const track = trackOf(rollout.status);
        const judged = rollout.status.evidence !== undefined && rollout.spec.plan.analysis !== 'off';
        return judged && track !== undefined ? [subjectOf(rollout, track)] : [];
      }),
    phases: () => {
      const counts = new Map<Phase, number>();
      for (const { status } of seen.values()) counts.set(status.phase, (counts.get(status.phase) ?? 0) + 1);
      return counts;
    },
  };
}

/** Whether an object that holds routes is one that the rollout writes. */
function leadsThrough({ status: { route, lanes } }: Rollout, namespace: string, name: string): boolean {
  const objects = lanes?.objects ?? (route === undefined ? [] : [route]);
  return objects.some((object) => object.namespace === namespace && object.name === name);
}

function keyOf(id: RolloutId): string {
  return `${id.namespace}/${id.name}`;
}

/** Whether there is nothing more to look for before the Deployment itself changes. */
function isSettled(begun: Begun): boolean {
  return begun.kind === 'nothing' || begun.kind === 'rest' || begun.kind === 'live' || begun.kind === 'begun';
}
