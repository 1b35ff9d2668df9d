// A managed Deployment between rollouts: adopted without touching a pod, held where a change would otherwise roll by itself, and its
// next template made the next rollout.
import { copyName, toPromote } from '../domain/managed.ts';
import { type Cause, isFinal, type Rollout, type RolloutSpec, type Version } from '../domain/rollout.ts';
import type { ManagedSettings } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { type Standing, standingOf } from '../domain/standing.ts';
import { accepted, attemptsOf, type Begun, create, lastMark, nextAttempt, refuse, sayOf } from './attempt.ts';
import type { Generation, Workload } from './ports.ts';
import type { World } from './world.ts';

/** Looks at an annotated Deployment: adopts it, lets it rest, or begins the rollout of its changed template. */
export async function beginManaged(world: World, target: Workload, settings: ManagedSettings): Promise<Begun> {
  const past = await attemptsOf(world, target);
  const live = past.find((rollout) => !isFinal(rollout.status.phase) && rollout.status.phase !== 'held');
  if (live !== undefined) return accepted(world, target, { kind: 'live', id: live.id });
  const held = past.find(({ status }) => status.phase === 'held');
  if (held !== undefined) return succeed(world, target, held, past, settings);
  const generations = await world.workloads.generations(target);
  const standing = standingOf({ ...seenOf(target, generations), rejected: rejectedOf(past, target) });
  return carryOut(world, target, standing, () => releaseOf(target, settings, past, standing));
}

function seenOf(target: Workload, generations: readonly Generation[]) {
  const stableHash = target.annotations[`${prefix}stable`];
  return { ...target, generations, ...(stableHash === undefined ? {} : { stableHash }) };
}

async function carryOut(
  world: World,
  target: Workload,
  standing: Standing<Generation>,
  release: () => RolloutSpec | undefined,
): Promise<Begun> {
  switch (standing.kind) {
    case 'unsettled':
      return { kind: 'wait' };
    case 'adopt':
      return adopt(world, target, standing);
    case 'rest':
      return letRest(world, target);
    case 'empty':
      return letThrough(world, target);
    case 'pausedByPerson':
      return refuse(world, target, 'PausedByPerson', pausedSentence(target));
    case 'rejected':
      await world.holds.pause(target.namespace, target.name);
      return accepted(world, target, { kind: 'rest' });
    case 'changed': {
      // First of all, because `kubectl rollout status` ends with an error as long as the last rejection stands.
      await world.holds.reject(target.namespace, target.name, undefined);
      if (!target.paused || !target.held) await world.holds.pause(target.namespace, target.name);
      const spec = release();
      return spec === undefined ? { kind: 'wait' } : create(world, target, spec);
    }
  }
}

function pausedSentence({ name, namespace }: Workload): string {
  return `${name} was changed while a person had it paused, so nothing is released yet. Go on with: kubectl rollout resume deployment/${name} -n ${namespace}`;
}

/** What runs is stable from now on. Nothing restarts: the mark is an annotation of the Deployment, not of its pods. */
async function adopt(
  world: World,
  target: Workload,
  { hash, slipped }: { readonly hash: string; readonly slipped: boolean },
): Promise<Begun> {
  await world.targets.mark(target.namespace, target.name, { stable: hash });
  const [type, reason, message] = slipped
    ? ([
        'Warning',
        'RolledUnjudged',
        `${target.name} has rolled to ${hash} without a canary, because nothing held it. That is stable from now on.`,
      ] as const)
    : ([
        'Normal',
        'Adopted',
        `${target.name} is adopted: ${hash} is stable, and each change of its pod template is released as a canary.`,
      ] as const);
  await sayOf(world, target, type, reason, message);
  return accepted(world, target, { kind: 'wait' });
}

/** Where changes are paused in the very write, a Deployment at rest is not paused; elsewhere it is. */
async function letRest(world: World, target: Workload): Promise<Begun> {
  if (target.paused && !target.held) return accepted(world, target, { kind: 'rest' });
  if (target.paused) await world.holds.reject(target.namespace, target.name, undefined);
  const isAutomatic = await world.holds.isAutomatic(target);
  if (isAutomatic && target.paused && (await world.holds.lift(target)) === 'conflict') return { kind: 'wait' };
  if (!isAutomatic && !target.paused) await world.holds.pause(target.namespace, target.name);
  return accepted(world, target, { kind: 'rest' });
}

/** Nothing serves, so that there is nothing to protect and nothing to judge by. */
async function letThrough(world: World, target: Workload): Promise<Begun> {
  if (target.paused && (await world.holds.lift(target)) === 'conflict') return { kind: 'wait' };
  if (target.hash === undefined) return { kind: 'wait' };
  await world.targets.mark(target.namespace, target.name, { stable: target.hash });
  const message = `${target.name} has no replicas, so its new template is let through without a canary: ${target.hash} is stable from now on.`;
  await sayOf(world, target, 'Normal', 'LetThrough', message);
  return accepted(world, target, { kind: 'wait' });
}

/** Revisions that were rejected against the present stable, as recorded and as mirrored on the Deployment. */
function rejectedOf(past: readonly Rollout[], target: Workload): readonly string[] {
  const stable = target.annotations[`${prefix}stable`];
  const mark = lastMark(target);
  const marked = mark?.outcome === 'rolledBack' && mark.stableHash === stable ? [mark.canary] : [];
  const recorded = past.filter((rollout) => isRejection(rollout) && rollout.spec.stable.hash === stable);
  return [...marked, ...recorded.map(({ spec }) => spec.canary.hash)];
}

/** Causes that lie in the canary or were a person's word about it. */
const against: readonly Cause[] = ['gate', 'health', 'person', 'deadline', 'undecided', 'approval'];

/** Whether a rollout's end says something against its canary: one that something else came in the way of may be tried again. */
export function isRejection({ status: { phase, cause } }: Rollout): boolean {
  return (phase === 'rolledBack' || phase === 'held') && cause !== undefined && against.includes(cause);
}

function releaseOf(
  target: Workload,
  settings: ManagedSettings,
  past: readonly Rollout[],
  standing: Standing<Generation>,
): RolloutSpec | undefined {
  if (standing.kind !== 'changed' && standing.kind !== 'rejected') return undefined;
  const { hash, images } = standing.stable;
  return specOf(target, { workload: target.name, hash, images }, settings, past);
}

function specOf(
  target: Workload,
  stable: Version,
  settings: ManagedSettings,
  past: readonly Rollout[],
  takesOver?: string,
): RolloutSpec {
  const { name, uid, revision, images } = target;
  return {
    mode: 'managed',
    target: { name, uid },
    stable,
    canary: { workload: copyName(name, revision), hash: revision, images },
    attempt: nextAttempt(past, target, revision),
    ...(takesOver === undefined ? {} : { takesOver }),
    plan: settings.plan,
    route: {},
    requests: [],
    paused: false,
    abort: false,
  };
}

/** A template that is new beside a held rollout is released with the copy that serves as its stable. */
async function succeed(
  world: World,
  target: Workload,
  held: Rollout,
  past: readonly Rollout[],
  settings: ManagedSettings,
): Promise<Begun> {
  const stable = toPromote(held.spec, held.status);
  const isKnown = target.revision === stable.hash || (isRejection(held) && target.revision === held.spec.canary.hash);
  if (isKnown || target.replicas === 0) return accepted(world, target, { kind: 'live', id: held.id });
  await world.holds.reject(target.namespace, target.name, undefined);
  if (!target.paused || !target.held) await world.holds.pause(target.namespace, target.name);
  return create(world, target, specOf(target, stable, settings, past, held.id.name));
}

/** Begins a new attempt of a rejected template, as far as it is still the one asked for. */
export async function retryManaged(
  world: World,
  target: Workload,
  rolledBack: Rollout,
  settings: ManagedSettings,
): Promise<Begun> {
  if (target.revision !== rolledBack.spec.canary.hash) return { kind: 'nothing' };
  const past = await attemptsOf(world, target);
  const live = past.find((rollout) => !isFinal(rollout.status.phase));
  if (live !== undefined) return { kind: 'live', id: live.id };
  const generations = await world.workloads.generations(target);
  const standing = standingOf({ ...seenOf(target, generations), rejected: [] });
  if (standing.kind !== 'changed') return { kind: 'nothing' };
  return carryOut(world, target, standing, () => releaseOf(target, settings, past, standing));
}

/**
 * The annotation is gone: at rest the hold is lifted and the marks are taken away. A template that nobody judged stays held back, and
 * what can be done about it is said.
 */
export async function letGo(world: World, target: Workload): Promise<Begun> {
  const live = (await attemptsOf(world, target)).find((rollout) => !isFinal(rollout.status.phase));
  if (live !== undefined) return { kind: 'live', id: live.id };
  const generations = await world.workloads.generations(target);
  const standing = standingOf({ ...seenOf(target, generations), rejected: [] });
  if (standing.kind === 'changed' && target.paused && target.held) {
    const message =
      `${prefix}canary was removed from ${target.name} while its new template is held back. To let it roll unjudged: kubectl rollout resume ` +
      `deployment/${target.name} -n ${target.namespace}. To keep what runs: serin undo ${target.name} -n ${target.namespace}. To have it judged: put the annotation back.`;
    return refuse(world, target, 'TemplateHeldBack', message);
  }
  if (target.paused && target.held && (await world.holds.lift(target)) === 'conflict') return { kind: 'wait' };
  await world.targets.mark(target.namespace, target.name, { stable: null, phase: null, rollout: null, last: null });
  await sayOf(
    world,
    target,
    'Normal',
    'LetGo',
    `${target.name} is no longer released as canaries; it rolls by itself again.`,
  );
  return accepted(world, target, { kind: 'nothing' });
}
