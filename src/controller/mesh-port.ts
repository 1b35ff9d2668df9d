// The mesh's routes as the controller needs them; a part of the ports. The contract suite in test/contract holds the memory
// adapter and the real mesh to it.
import type { Lanes } from '../domain/lanes.ts';
import type { Destination, RolloutSpec, Route, Track } from '../domain/rollout.ts';
import type { Workload } from './ports.ts';

/**
 * The route as it stands now. Of several lanes it says what all have in common: weights are null when they differ, or when one of
 * them is not split; the claim is a stranger's if any is, and absent if any has none.
 */
export interface RouteView {
  /** The version of the object that was read; a write must name it. Of several objects, all their versions. */
  readonly resourceVersion: string;
  /** The present weights; null where the field is absent or the destination is gone. */
  readonly stable: number | null;
  readonly canary: number | null;
  /** The intent last written by a rollout, if the object carries one. */
  readonly claim?: { readonly rollout: string; readonly epoch: number };
  /** Whether testers are sent to the canary; absent where nothing asks for that. */
  readonly testers?: boolean;
  /** Whether the object still holds fields in Serin's name. */
  readonly owned: boolean;
  /** Who last wrote the routes, as far as the cluster recorded it. */
  readonly lastWriter?: string;
}

/** Why a route cannot be used or changed: a reason word and a sentence that ends in what to do. */
export interface RouteProblem {
  readonly reason:
    | 'NoVirtualService'
    | 'NoRouteForPair'
    | 'PlainHostRoute'
    | 'AmbiguousRoute'
    | 'ForeignDestination'
    | 'StableWithoutTraffic'
    | 'CanaryAlreadyServing'
    | 'UnknownSubset'
    | 'FaultOnRoute'
    | 'NoService'
    | 'ForeignPods'
    | 'HeadlessService'
    | 'HiddenRule'
    | 'SelectiveRule'
    | 'DuplicateSubset'
    | 'SubsetNameTooLong'
    | 'LabelsMoved'
    | 'MirrorToHost'
    | 'PortNotHttp'
    | 'HttpRoute'
    | 'HiddenRoute'
    | 'SameWorkloadName'
    | 'TooManyRoutes'
    | 'NotPermitted'
    | 'RouteClaimed'
    | 'RouteGone';
  readonly message: string;
}

export type Located =
  | { readonly kind: 'located'; readonly route: Route }
  | { readonly kind: 'problem'; readonly problem: RouteProblem };

export type Viewed =
  | { readonly kind: 'view'; readonly view: RouteView }
  | { readonly kind: 'problem'; readonly problem: RouteProblem };

/** `conflict`: the object changed since it was viewed, or is not what was expected; begin the tick anew. */
export type Written = { readonly kind: 'written'; readonly resourceVersion: string } | { readonly kind: 'conflict' };

/** What a write of the route leaves behind. */
export type RouteChange =
  /** The pair's weights as `100 - canary` and `canary`, and the claim of the rollout with its epoch. Always changes the object when the epoch is new. */
  | {
      readonly kind: 'weights';
      readonly canary: number;
      readonly claim: { readonly rollout: string; readonly epoch: number };
      /** Whether the route of testers stands above it; lanes only. */
      readonly testers?: boolean;
    }
  /** The original weights, absence included, and no claim. */
  | { readonly kind: 'restore' }
  /** The weights as they are, and no claim. */
  | { readonly kind: 'unclaim' };

/** What is known of a managed rollout before its lanes are looked for. */
export interface LanesWanted {
  readonly namespace: string;
  /** The user's Deployment. */
  readonly target: string;
  /** Labels of the pods that serve now, pod-template hash aside. */
  readonly stableLabels: Readonly<Record<string, string>>;
  /** Labels of the new template. */
  readonly canaryLabels: Readonly<Record<string, string>>;
  readonly names: Lanes['names'];
  /** The rollout, `namespace/name`. */
  readonly rollout: string;
  readonly testers?: string;
}

export type Surveyed =
  | { readonly kind: 'lanes'; readonly lanes: Lanes }
  | { readonly kind: 'problem'; readonly problem: RouteProblem };

/** Changes around lanes. */
export interface Rechecked {
  /** Stems that the lanes name and that are not defined for every host any more: requests to them meet no pod. */
  readonly undefinedStems: readonly string[];
  /** VirtualServices that lead to the hosts beside the lanes, and their destinations. */
  readonly objects: Lanes['objects'];
  readonly originals: Lanes['originals'];
}

/** A named part of the hosts' pods to be defined: the stem of its name, and the labels its pods carry. */
export interface SubsetWanted {
  readonly stem: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The rollout it is made for, `namespace/name`. */
  readonly rollout: string;
}

/** The mesh's routes. */
export interface Mesh {
  /** Finds the one route that carries both workloads, by the pair it names; ambiguity and unfit routes are problems. */
  locate(stable: Workload, canary: Workload, asked: RolloutSpec['route']): Promise<Located>;
  /** Finds every lane to a managed Deployment; what cannot be pinned is a problem. Writes nothing. */
  survey(wanted: LanesWanted): Promise<Surveyed>;
  /** What has changed around lanes since they were found. What came later may be noticed some seconds late. */
  recheck(lanes: Lanes): Promise<Rechecked>;
  /**
   * Defines a subset for every host of the lanes, and for every subset their destinations had, each with the policy of what it
   * stands in for. Idempotent. The objects it makes are those of `subsetObjects`, which the caller has saved before.
   */
  define(lanes: Lanes, subset: SubsetWanted): Promise<void>;
  /** Deletes the DestinationRules given, as far as Serin made them. Idempotent. Owes that no route names their subsets any more. */
  undefine(made: Lanes['made']): Promise<void>;
  /** Why the destinations cannot be put back as they were: one of them would lead to no pod with these labels. */
  unrestorable(lanes: Lanes, podLabels: Readonly<Record<string, string>>): Promise<RouteProblem | undefined>;
  /** Reads the route live. */
  view(track: Track): Promise<Viewed>;
  /** One patch for each object, locked on the viewed version, that changes only the weights (and the pair, where it is Serin's) and the claim. */
  change(track: Track, view: RouteView, change: RouteChange): Promise<Written>;
  /** Gives up ownership of every field, without changing anything else. Idempotent; `conflict` as for change. */
  disown(track: Track): Promise<Written>;
}

/** The DestinationRules that hold a subset of the lanes, one a host; names are the same for everybody. */
export function subsetObjects(lanes: Pick<Lanes, 'hosts' | 'namespace'>, stem: string): Lanes['made'] {
  return lanes.hosts.map((host) => ({
    kind: 'DestinationRule',
    namespace: lanes.namespace,
    name: `${stem}-${host.split('.')[0] ?? host}`,
  }));
}

/** A destination as one word for sentences: `reviews/v2` or the host alone. */
export function destinationName(destination: Destination): string {
  return destination.subset === undefined ? destination.host : `${destination.host}/${destination.subset}`;
}
