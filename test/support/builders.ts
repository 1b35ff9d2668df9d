// Values for tests that show only what matters: everything left out is ordinary.
import type { Workload } from '../../src/controller/ports.ts';
import type { Present } from '../../src/domain/interrupt.ts';
import type { Request } from '../../src/domain/people.ts';
import { defaultPlan, type Plan } from '../../src/domain/plan.ts';
import type { Rollout, RolloutSpec, RolloutStatus, Route, Warrant } from '../../src/domain/rollout.ts';
import type { GateVerdict, Verdict, VerdictReason } from '../../src/domain/verdict.ts';

/** The instant at which every built rollout was created; a line of any grid of whole seconds. */
export const dawn = Date.UTC(2026, 0, 5, 9, 0, 0);

/** The default plan with some of it changed. */
export function aPlan(parts: Partial<Plan> = {}): Plan {
  return { ...defaultPlan, ...parts };
}

/** A spec that releases `reviews-v2` against `reviews-v1`. */
export function aSpec(parts: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    mode: 'pair',
    target: { name: 'reviews-v2', uid: 'uid-reviews-v2' },
    stable: { workload: 'reviews-v1', hash: 'one', images: ['reviews:1'] },
    canary: { workload: 'reviews-v2', hash: 'two', images: ['reviews:2'] },
    attempt: 1,
    plan: aPlan(),
    route: {},
    requests: [],
    paused: false,
    abort: false,
    ...parts,
  };
}

/** A status, `pending` unless said otherwise. */
export function aStatus(parts: Partial<RolloutStatus> = {}): RolloutStatus {
  return {
    phase: 'pending',
    step: 0,
    epoch: 0,
    weight: { intended: 0, observed: null },
    since: dawn,
    verdicts: [],
    checkpointAt: dawn,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Pending',
    message: 'Looking whether anything stands in the way.',
    ...parts,
  };
}

/** A rollout as read from a cluster. */
export function aRollout(
  parts: Partial<Omit<Rollout, 'spec' | 'status'>> & {
    readonly spec?: Partial<RolloutSpec>;
    readonly status?: Partial<RolloutStatus>;
  } = {},
): Rollout {
  return {
    id: { namespace: 'shop', name: 'reviews-v2-two-1' },
    uid: 'uid-rollout-0a1',
    resourceVersion: '1',
    generation: 1,
    createdAt: dawn,
    deleting: false,
    ...parts,
    spec: aSpec(parts.spec),
    status: aStatus(parts.status),
  };
}

/** The route of `reviews`, with subsets v1 and v2. */
export function aRoute(parts: Partial<Route> = {}): Route {
  return {
    namespace: 'shop',
    name: 'reviews',
    protocol: 'http',
    stable: { host: 'reviews', subset: 'v1' },
    canary: { host: 'reviews', subset: 'v2' },
    original: { stable: 100, canary: 0 },
    services: ['reviews.shop.svc.cluster.local'],
    ...parts,
  };
}

/** A healthy Deployment of three pods. */
export function aWorkload(parts: Partial<Workload> = {}): Workload {
  return {
    namespace: 'shop',
    name: 'reviews-v1',
    uid: `uid-${parts.name ?? 'reviews-v1'}`,
    annotations: {},
    hash: 'one',
    images: ['reviews:1'],
    podLabels: { app: 'reviews', version: 'v1' },
    replicas: 3,
    readyReplicas: 3,
    complete: true,
    progressDeadlineSeconds: 600,
    deleting: false,
    resourceVersion: '1',
    revision: `rev-${parts.hash ?? 'one'}`,
    paused: false,
    held: false,
    ...parts,
  };
}

/** The canary's Deployment as the rollout of `aSpec` found it. */
export function aPresent(parts: Partial<Present> = {}): Present {
  return {
    uid: 'uid-reviews-v2',
    deleting: false,
    hash: 'two',
    revision: 'rev-two',
    replicas: 3,
    annotations: { 'serin.dev/canary-of': 'reviews-v1' },
    ...parts,
  };
}

const ordinaryReason: Readonly<Record<Verdict, VerdictReason>> = {
  pass: 'NotWorse',
  fail: 'ErrorRateWorse',
  undecided: 'TooFewRequests',
  noData: 'NoRequests',
  sourceDown: 'SourceUnreachable',
};

/** A judgement of the errors gate with a sentence that names its word. */
export function aVerdict(verdict: Verdict, parts: Partial<GateVerdict> = {}): GateVerdict {
  return {
    gate: 'errors',
    verdict,
    reason: ordinaryReason[verdict],
    message: `The errors gate says ${verdict}.`,
    ...parts,
  };
}

/** Something Ada asked for on the command line. */
export function aRequest(verb: Request['verb'], parts: Partial<Request> = {}): Request {
  return { id: `${verb}-1`, verb, actor: 'ada', surface: 'serin', time: dawn, ...parts };
}

/** A warrant for a step. */
export function aWarrant(step: number, kind: Warrant['kind'] = 'pass'): Warrant {
  return { kind, step, message: `Step ${step} is warranted (${kind}).` };
}
