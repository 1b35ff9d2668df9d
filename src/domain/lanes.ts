// Lanes: every destination of a managed Deployment's Services, in whatever VirtualService it stands. A rollout splits each into
// two, one for stable and one for the canary, and joins them again at its end.

/** A VirtualService that leads to the hosts. */
export interface LaneObject {
  readonly namespace: string;
  readonly name: string;
  /** Whether it was made for the time of the rollout, because nothing routed the host; it goes at the end. */
  readonly made: boolean;
}

/** A destination as it stood before it was split: what an undo puts back. */
export interface Original {
  /** `namespace/name` of the VirtualService. */
  readonly object: string;
  readonly protocol: 'http' | 'tls' | 'tcp';
  /** The route's name, where it has one. */
  readonly section?: string;
  /** The route's place in its list, from 0, as it was then. */
  readonly index: number;
  readonly host: string;
  readonly subset?: string;
  readonly port?: number;
  /** Null where the field was absent. */
  readonly weight: number | null;
  /** Whether it was the route's only destination, which has all traffic whatever its weight. */
  readonly alone: boolean;
}

/**
 * Stems of subset names: `serin-stable-<hash>` and `serin-canary-<revision>`. A destination that had a subset keeps its name as a
 * suffix (`serin-canary-<revision>-v1`), so that what it was can be read from what it is.
 */
export interface LaneNames {
  /** Absent while all traffic goes to the copy and there is no other version to name. */
  readonly stable?: string;
  readonly canary: string;
}

/** An object made for the rollout, to be deleted at its end. */
export interface MadeObject {
  readonly kind: 'DestinationRule' | 'Deployment';
  readonly namespace: string;
  readonly name: string;
}

/** Where a managed rollout moves traffic, as found when it began; enough to undo everything. */
export interface Lanes {
  readonly kind: 'lanes';
  /** What its claims are written under: one of each target, so that two rollouts may share a VirtualService. */
  readonly target: string;
  readonly namespace: string;
  /** Fully qualified names of the Services that lead to the Deployment's pods. */
  readonly hosts: readonly string[];
  readonly objects: readonly LaneObject[];
  readonly originals: readonly Original[];
  readonly names: LaneNames;
  readonly made: readonly MadeObject[];
  /** A header or cookie whose bearers see the canary as long as it has a weight: `x-canary: true`, `cookie: canary=1`. */
  readonly testers?: string;
}

/** Letters that lanes may take as JSON, which is what the object that keeps them has room for: some forty destinations. */
export const longestLanes = 6_000;
