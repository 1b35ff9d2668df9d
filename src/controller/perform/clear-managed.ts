// Pending, of a managed Deployment: every way to its pods is found and can be split, and nothing else stands in the way.
import { slotEndingBy } from '../../domain/evidence.ts';
import { type Lanes, longestLanes, type MadeObject } from '../../domain/lanes.ts';
import { canaryStem, isStableCopy, laneNames, stableStem } from '../../domain/managed.ts';
import { formatShare } from '../../domain/plan.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { subjectOf } from '../../domain/subject.ts';
import { settingsOf } from '../begin.ts';
import { type RouteProblem, subsetObjects } from '../mesh-port.ts';
import type { Finding, Workload } from '../ports.ts';
import { type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { begun, blocked, canonical, evidenceBefore, isOutdated, otherClaim, withdraw } from './clear.ts';
import { beforeStart } from './permit.ts';

/** How far back clients outside the mesh are looked for. */
const unmeshedMs = 300_000;

/** Starts the rollout when nothing blocks it; else stays and says what to do. Writes nothing but its own status. */
export async function clearManaged(world: World, sight: Sight): Promise<Turn> {
  const { target, rollout } = sight;
  if (target === undefined) return blocked(world, sight, 'MissingDeployment', 'The Deployment is not there.');
  const parsed = await settingsOf(world, target);
  if (parsed.kind === 'problems')
    return blocked(world, sight, 'InvalidAnnotation', parsed.problems.map((problem) => problem.message).join(' '));
  if (parsed.kind === 'none' || isOutdated(sight, parsed.settings)) return withdraw(world, sight);
  const found = await lanesOf(world, rollout, target);
  if ('reason' in found) return blocked(world, sight, found.reason, found.message);
  if (canonical(found) !== canonical(rollout.status.lanes ?? {}))
    return save(world, sight, { ...rollout.status, lanes: found });
  const hindrance = await hindranceOf(world, sight, found);
  if (hindrance !== undefined) return blocked(world, sight, hindrance.reason, hindrance.message);
  const waiting = await beforeStart(world, sight);
  if (waiting !== undefined) return waiting;
  const evidence = await evidenceBefore(world, rollout, found, sight.now);
  if ('down' in evidence) return blocked(world, sight, 'SourceUnreachable', evidence.down);
  return begun(world, sight, evidence);
}

/** The lanes as they are, or as they are taken over; with everything that is going to be made. */
async function lanesOf(world: World, rollout: Rollout, target: Workload): Promise<Lanes | RouteProblem> {
  const { spec } = rollout;
  if (isStableCopy(spec)) return takenOver(world, rollout);
  const stable = (await world.workloads.generations(target)).find(({ hash }) => hash === spec.stable.hash);
  const surveyed = await world.mesh.survey({
    namespace: target.namespace,
    target: target.name,
    stableLabels: stable?.podLabels ?? target.podLabels,
    canaryLabels: target.podLabels,
    names: laneNames(spec),
    rollout: `${rollout.id.namespace}/${rollout.id.name}`,
    ...(spec.plan.testers === undefined ? {} : { testers: spec.plan.testers }),
  });
  if (surveyed.kind === 'problem') return surveyed.problem;
  const { lanes } = surveyed;
  const full = {
    ...lanes,
    made: [...subsetObjects(lanes, stableStem(spec.stable.hash)), ...ownObjects(rollout, lanes)],
  };
  return JSON.stringify(full).length > longestLanes ? tooMany(full) : full;
}

function tooMany({ originals, target }: Lanes): RouteProblem {
  const message = `${originals.length} destinations lead to ${target}, more than can be kept track of. Split the routes over fewer VirtualServices, or name fewer ports.`;
  return { reason: 'TooManyRoutes', message };
}

function ownObjects({ id, spec }: Rollout, lanes: Lanes): readonly MadeObject[] {
  const copy = { kind: 'Deployment' as const, namespace: id.namespace, name: spec.canary.workload };
  return [...subsetObjects(lanes, canaryStem(spec.canary.hash)), copy];
}

/** The lanes of the rollout whose copy is stable here: they stay split, under this rollout's names. */
async function takenOver(world: World, rollout: Rollout): Promise<Lanes | RouteProblem> {
  const { id, spec } = rollout;
  const name = spec.takesOver ?? '';
  const before = await world.rollouts.get({ namespace: id.namespace, name });
  const lanes = before?.status.lanes;
  if (lanes === undefined) {
    const message = `Rollout ${name}, whose copy serves as stable, is gone, and with it what is known of the routes. Abort this rollout and look at them: serin doctor ${spec.target.name} -n ${id.namespace}`;
    return { reason: 'RouteGone', message };
  }
  return { ...lanes, names: laneNames(spec), made: [...lanes.made, ...ownObjects(rollout, lanes)] };
}

type Hindrance = { readonly reason: string; readonly message: string };

async function hindranceOf(world: World, sight: Sight, lanes: Lanes): Promise<Hindrance | undefined> {
  const { rollout, view } = sight;
  if (view === undefined && sight.routeProblem !== undefined) return sight.routeProblem;
  const isHeirs = rollout.spec.takesOver !== undefined;
  const other = view === undefined || isHeirs ? undefined : await otherClaim(world, sight, view);
  if (other !== undefined) return { reason: 'RouteClaimed', message: other };
  return (await unmeshed(world, sight, lanes)) ?? (await unfit(world, rollout));
}

/** Clients without a sidecar reach whatever pod the Service gives them, the canary's included. */
async function unmeshed(world: World, { rollout, now }: Sight, lanes: Lanes): Promise<Hindrance | undefined> {
  const { spec } = rollout;
  if (spec.plan.analysis === 'off') return undefined;
  const end = slotEndingBy(now - world.lagMs, world.slotMs).end;
  const share = await world.metrics.unmeshed({ start: end - unmeshedMs, end }, subjectOf(rollout, lanes));
  if (share === undefined || share <= spec.plan.maxUnmeshed) return undefined;
  const message =
    `${formatShare(share)} of the requests to ${spec.target.name} come from clients outside the mesh, whom weights do not reach; more than ` +
    `max-unmeshed (${formatShare(spec.plan.maxUnmeshed)}). Bring them into the mesh, or accept that their share cannot be held back: ` +
    `kubectl annotate deployment/${spec.target.name} -n ${rollout.id.namespace} serin.dev/max-unmeshed=${Math.min(100, Math.ceil(share * 100) + 1)}%`;
  return { reason: 'UnmeshedClients', message };
}

async function unfit(world: World, { id, spec }: Rollout): Promise<Hindrance | undefined> {
  const findings = (await world.doctor?.examine(id.namespace, spec.target.name)) ?? [];
  const blocking = findings.filter(({ level }) => level === 'blocking');
  const [first] = blocking;
  if (first === undefined) return undefined;
  return { reason: 'DoctorFound', message: blocking.map(told).join(' ') };
}

function told({ id, message, advice }: Finding): string {
  return `${message}${advice === undefined ? '' : ` ${advice}`} (${id})`;
}
