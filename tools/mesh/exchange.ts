// One request, from its number to its end. Pure: the same seed, number, route and world give the same exchange.
import { type Answer, type Draws, failure, replyOf } from './behaviour.ts';
import type { Behaviour, Load } from './control.ts';
import { draw, normalDraw } from './draw.ts';
import type { Pod } from './objects.ts';
import type { Leg, Route, ServiceIdentity, Target } from './table.ts';

/** Envoy's response flags that the mesh can raise; `-` when none. */
type Flags = '-' | 'UH' | 'UF' | 'NC' | 'NR' | 'DC';

/**
 * How a request ended, by how far it came:
 * - `unrouted`: no cluster was chosen (NR, NC, or the proxy answered itself);
 * - `unplaced`: the cluster had no ready pod (UH);
 * - `unanswered`: a pod was chosen and no response began; `arrived` says whether the pod saw the request (DC) or not (UF);
 * - `answered`: the pod responded.
 */
export type Exchange = Ending &
  (
    | { readonly kind: 'unrouted' }
    | { readonly kind: 'unplaced'; readonly service: ServiceIdentity }
    | {
        readonly kind: 'unanswered';
        readonly service: ServiceIdentity;
        readonly pod: Pod;
        readonly arrived: boolean;
      }
    | { readonly kind: 'answered'; readonly service: ServiceIdentity; readonly pod: Pod }
  );

/** What every exchange ends with. The duration is the one the pod would measure, or the proxy without a pod. */
interface Ending {
  readonly answer: Answer;
  readonly flags: Flags;
  readonly durationMs: number;
}

/** The pods as they are now, which the table in force may not know yet. */
export interface World {
  /** How the pod behaves. */
  behaviourOf(pod: Pod): Behaviour;
  /** Whether the pod still exists to take a connection. */
  alive(pod: Pod): boolean;
}

/** A reply that Envoy makes up itself takes next to no time. */
const LOCAL_REPLY_MS = 0.2;
/** A connection refused on the same network. */
const REFUSED_MS = 1;

/** Plays request `n` of a load along a route. */
export function exchange(load: Load, n: number, route: Route, world: World): Exchange {
  switch (route.kind) {
    case 'none':
      return { kind: 'unrouted', ...local(load, 404, 'NR') };
    case 'local':
      return { kind: 'unrouted', ...local(load, route.code, '-') };
    case 'split':
      return reach(load, n, legFor(route.legs, draw(load.seed, n, 'split')), world);
  }
}

/** The virtual client pod that sends request `n`. */
export function replicaOf(load: Load, n: number): number {
  return n % load.clientReplicas;
}

function reach(load: Load, n: number, target: Target, world: World): Exchange {
  if (target.kind === 'absent') return { kind: 'unrouted', ...local(load, 503, 'NC') };
  const { service, endpoints } = target;
  // Each client pod goes round the endpoints by itself, so that no client is tied to one pod.
  const pod = endpoints[Math.floor(n / load.clientReplicas) % endpoints.length];
  if (pod === undefined) return { kind: 'unplaced', service, ...local(load, 503, 'UH') };
  const refused = { kind: 'unanswered', service, pod, arrived: false, ...local(load, 503, 'UF', REFUSED_MS) } as const;
  if (!world.alive(pod)) return refused;
  const reply = replyOf(world.behaviourOf(pod), load.protocol, drawsOf(load.seed, n));
  switch (reply.kind) {
    case 'refuse':
      return refused;
    case 'cut': {
      const ending: Ending = { answer: { code: 0, grpcStatus: '' }, flags: 'DC', durationMs: reply.durationMs };
      return { kind: 'unanswered', service, pod, arrived: true, ...ending };
    }
    case 'answer':
      return { kind: 'answered', service, pod, answer: reply.answer, flags: '-', durationMs: reply.durationMs };
  }
}

function legFor(legs: readonly Leg[], chance: number): Target {
  const total = legs.reduce((sum, { weight }) => sum + weight, 0);
  let left = chance * total;
  for (const { weight, target } of legs) {
    if (left < weight) return target;
    left -= weight;
  }
  return legs.at(-1)?.target ?? { kind: 'absent' };
}

function local(load: Load, code: number, flags: Flags, durationMs = LOCAL_REPLY_MS): Ending {
  return { answer: failure(load.protocol, code), flags, durationMs };
}

function drawsOf(seed: number, n: number): Draws {
  return {
    fault: draw(seed, n, 'fault'),
    error: draw(seed, n, 'error'),
    tail: draw(seed, n, 'tail'),
    normal: normalDraw(seed, n),
  };
}
