// An annotated Deployment was seen: read its settings and begin the rollout they ask for, once.
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { concerns, type PairSettings, type ParsedSettings, policyOf, settingsWith } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { beginManaged, letGo, retryManaged } from './adopt.ts';
import { accepted, attemptsOf, type Begun, create, lastMark, nextAttempt, refuse } from './attempt.ts';
import type { Policies, Workload } from './ports.ts';
import type { World } from './world.ts';

/** Looks at one Deployment and begins a rollout if one is due. Safe to call at any time and from several replicas. */
export async function begin(world: World, namespace: string, name: string): Promise<Begun> {
  const target = await world.workloads.get(namespace, name);
  if (target === undefined || target.deleting) return { kind: 'nothing' };
  const isAdopted = target.annotations[`${prefix}stable`] !== undefined;
  if (!concerns(target.annotations)) return isAdopted ? letGo(world, target) : { kind: 'nothing' };
  const parsed = await settingsOf(world, target);
  switch (parsed.kind) {
    case 'none':
      return isAdopted ? letGo(world, target) : accepted(world, target, { kind: 'nothing' });
    case 'problems':
      return refuse(world, target, 'InvalidAnnotation', parsed.problems.map((problem) => problem.message).join(' '));
    case 'settings':
      return parsed.settings.mode === 'managed'
        ? beginManaged(world, target, parsed.settings)
        : beginPair(world, target, parsed.settings);
  }
}

/** A Deployment's settings over those of the policy it names. */
export async function settingsOf(
  { policies }: { readonly policies: Policies },
  target: Workload,
): Promise<ParsedSettings> {
  const named = policyOf(target.annotations);
  return settingsWith(target, named === undefined ? undefined : await policies.get(target.namespace, named));
}

async function beginPair(world: World, target: Workload, settings: PairSettings): Promise<Begun> {
  const stable = await world.workloads.get(target.namespace, settings.stable);
  if (stable === undefined) {
    const message = `${prefix}canary-of is "${settings.stable}", but namespace ${target.namespace} has no Deployment of that name. Name the Deployment that serves now.`;
    return refuse(world, target, 'NoSuchDeployment', message);
  }
  if (target.hash === undefined || stable.hash === undefined) return { kind: 'wait' };
  const past = await attemptsOf(world, target);
  const live = past.find((rollout) => !isFinal(rollout.status.phase));
  if (live !== undefined) return accepted(world, target, { kind: 'live', id: live.id });
  if (wasTried(past, target, stable)) return accepted(world, target, { kind: 'nothing' });
  return createPair(world, target, stable, settings, past);
}

/**
 * Begins a new attempt of a rolled-back rollout, with the settings as they are now. `nothing` when the Deployment is gone, asks
 * for nothing any more, or has another revision by now.
 */
export async function retry(world: World, rolledBack: Rollout): Promise<Begun> {
  const { namespace } = rolledBack.id;
  const target = await world.workloads.get(namespace, rolledBack.spec.target.name);
  if (target === undefined || target.deleting) return { kind: 'nothing' };
  const parsed = await settingsOf(world, target);
  if (parsed.kind !== 'settings' || parsed.settings.mode !== rolledBack.spec.mode)
    return begin(world, namespace, target.name);
  if (parsed.settings.mode === 'managed') return retryManaged(world, target, rolledBack, parsed.settings);
  return retryPair(world, target, rolledBack, parsed.settings);
}

async function retryPair(world: World, target: Workload, rolledBack: Rollout, settings: PairSettings): Promise<Begun> {
  if (target.hash === undefined) return { kind: 'wait' };
  if (target.hash !== rolledBack.spec.canary.hash) return { kind: 'nothing' };
  const stable = await world.workloads.get(target.namespace, settings.stable);
  if (stable?.hash === undefined) return begin(world, target.namespace, target.name);
  const past = await attemptsOf(world, target);
  const live = past.find((rollout) => !isFinal(rollout.status.phase));
  if (live !== undefined) return { kind: 'live', id: live.id };
  return createPair(world, target, stable, settings, past);
}

/**
 * Whether this revision was released or rejected already: the same attempt (revision, stable and its revision) never runs
 * twice by itself, and a promoted revision is not a canary any more, whatever became of the old stable.
 */
function wasTried(past: readonly Rollout[], target: Workload, stable: Workload): boolean {
  const mark = lastMark(target);
  if (mark?.canary === target.hash && mark?.outcome === 'promoted') return true;
  if (mark?.canary === target.hash && mark?.stable === stable.name && mark?.stableHash === stable.hash) return true;
  return past.some(({ spec, status }) => {
    if (spec.canary.hash !== target.hash) return false;
    return status.phase === 'promoted' || (spec.stable.workload === stable.name && spec.stable.hash === stable.hash);
  });
}

function createPair(
  world: World,
  target: Workload,
  stable: Workload,
  settings: PairSettings,
  past: readonly Rollout[],
): Promise<Begun> {
  return create(world, target, {
    mode: 'pair',
    target: { name: target.name, uid: target.uid },
    stable: { workload: stable.name, hash: stable.hash ?? '', images: stable.images },
    canary: { workload: target.name, hash: target.hash ?? '', images: target.images },
    attempt: nextAttempt(past, target, target.hash ?? ''),
    plan: settings.plan,
    route: settings.route,
    requests: [],
    paused: false,
    abort: false,
  });
}
