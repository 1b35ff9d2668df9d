// An annotated Deployment was seen: read its settings and begin the rollout they ask for, once.
import {
  isFinal,
  type Rollout,
  type RolloutId,
  type RolloutSpec,
  type RolloutStatus,
  rolloutName,
} from '../domain/rollout.ts';
import { concerns, type ParsedSettings, parseSettings, policyOf, prefix, type Settings } from '../domain/settings.ts';
import type { Instant } from '../domain/time.ts';
import type { Workload } from './ports.ts';
import type { World } from './world.ts';

/** What came of looking at a Deployment. `wait`: the cluster has not computed a revision yet; look again. */
export type Begun =
  | { readonly kind: 'nothing' | 'refused' | 'wait' }
  | { readonly kind: 'live' | 'begun'; readonly id: RolloutId };

/** Looks at one Deployment and begins a rollout if one is due. Safe to call at any time and from several replicas. */
export async function begin(world: World, namespace: string, name: string): Promise<Begun> {
  const target = await world.workloads.get(namespace, name);
  if (target === undefined || target.deleting || !concerns(target.annotations)) return { kind: 'nothing' };
  const parsed = await settingsOf(world, target);
  if (parsed.kind === 'none') return accepted(world, target, { kind: 'nothing' });
  if (parsed.kind === 'problems') {
    return refuse(world, target, 'InvalidAnnotation', parsed.problems.map((problem) => problem.message).join(' '));
  }
  return beginWith(world, target, parsed.settings);
}

/** A Deployment's settings over those of the policy it names. */
export async function settingsOf(world: World, target: Workload): Promise<ParsedSettings> {
  const policyName = policyOf(target.annotations);
  if (policyName === undefined) return parseSettings(target.name, target.annotations);
  const policy = await world.policies.get(target.namespace, policyName);
  if (policy !== undefined) return parseSettings(target.name, target.annotations, policy);
  const message = `${prefix}policy is "${policyName}", but namespace ${target.namespace} has no CanaryPolicy of that name. Create it or remove the annotation.`;
  return { kind: 'problems', problems: [{ key: 'policy', value: policyName, message }] };
}

async function beginWith(world: World, target: Workload, settings: Settings): Promise<Begun> {
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
  return create(world, target, stable, settings, nextAttempt(past, target));
}

/**
 * Begins a new attempt of a rolled-back rollout, with the settings as they are now. `nothing` when the Deployment is gone, asks
 * for nothing any more, or has another revision by now.
 */
export async function retry(world: World, rolledBack: Rollout): Promise<Begun> {
  const { namespace } = rolledBack.id;
  const target = await world.workloads.get(namespace, rolledBack.spec.target.name);
  if (target === undefined || target.deleting) return { kind: 'nothing' };
  if (target.hash === undefined) return { kind: 'wait' };
  if (target.hash !== rolledBack.spec.canary.hash) return { kind: 'nothing' };
  const parsed = await settingsOf(world, target);
  if (parsed.kind !== 'settings') return begin(world, namespace, target.name);
  const stable = await world.workloads.get(namespace, parsed.settings.stable);
  if (stable?.hash === undefined) return begin(world, namespace, target.name);
  const past = await attemptsOf(world, target);
  const live = past.find((rollout) => !isFinal(rollout.status.phase));
  if (live !== undefined) return { kind: 'live', id: live.id };
  return create(world, target, stable, parsed.settings, nextAttempt(past, target));
}

async function attemptsOf(world: World, target: Workload): Promise<readonly Rollout[]> {
  const all = await world.rollouts.list(target.namespace);
  return all.filter((rollout) => rollout.spec.target.uid === target.uid);
}

/** The last end as mirrored on the Deployment, for when its record was pruned. */
function lastMark(
  target: Workload,
): { outcome: string; canary: string; stable: string; stableHash: string; attempt: number } | undefined {
  const [outcome, canary, stable, stableHash, attempt] = (target.annotations[`${prefix}last`] ?? '').split(' ');
  if (outcome === undefined || canary === undefined || stable === undefined || stableHash === undefined)
    return undefined;
  return { outcome, canary, stable, stableHash, attempt: Number(attempt) || 1 };
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

function nextAttempt(past: readonly Rollout[], target: Workload): number {
  const mark = lastMark(target);
  const marked = mark !== undefined && mark.canary === target.hash ? mark.attempt : 0;
  const tried = past.filter(({ spec }) => spec.canary.hash === target.hash).map(({ spec }) => spec.attempt);
  return 1 + Math.max(marked, ...tried);
}

async function create(
  world: World,
  target: Workload,
  stable: Workload,
  settings: Settings,
  attempt: number,
): Promise<Begun> {
  const now = world.clock.now();
  const id = { namespace: target.namespace, name: rolloutName(target.name, target.hash ?? '', attempt) };
  const spec: RolloutSpec = {
    mode: 'pair',
    target: { name: target.name, uid: target.uid },
    stable: { workload: stable.name, hash: stable.hash ?? '', images: stable.images },
    canary: { workload: target.name, hash: target.hash ?? '', images: target.images },
    attempt,
    plan: settings.plan,
    route: settings.route,
    requests: [],
    paused: false,
    abort: false,
  };
  const outcome = await world.rollouts.create(id, spec, initialStatus(now));
  if (outcome === 'exists') return accepted(world, target, { kind: 'live', id });
  await world.targets.mark(target.namespace, target.name, { phase: 'pending', rollout: id.name });
  world.log.info('A rollout was begun', { namespace: id.namespace, rollout: id.name, attempt });
  return accepted(world, target, { kind: 'begun', id });
}

/** The status of a rollout that was just created. */
function initialStatus(now: Instant): RolloutStatus {
  return {
    phase: 'pending',
    step: 0,
    epoch: 0,
    weight: { intended: 0, observed: null },
    since: now,
    verdicts: [],
    checkpointAt: now,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Pending',
    message: 'Looking whether anything stands in the way.',
    due: now,
  };
}

async function accepted(world: World, target: Workload, begun: Begun): Promise<Begun> {
  await world.targets.accept(target.namespace, target.name, undefined);
  return begun;
}

async function refuse(world: World, target: Workload, reason: string, message: string): Promise<Begun> {
  const outcome = await world.targets.accept(target.namespace, target.name, { reason, message });
  if (outcome === 'same') return { kind: 'refused' };
  const about = { kind: 'Deployment' as const, namespace: target.namespace, name: target.name, uid: target.uid };
  await world.events.announce({ about, type: 'Warning', reason, message });
  return { kind: 'refused' };
}
