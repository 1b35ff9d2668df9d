// Which writes have been struck by a kill -9, on which side; shared by stories that are played at once, so that each strikes what no
// other has. A story lives through many kills: whenever a write comes that is owed one, its controller dies and the next is started.
import type { Controller } from '../../tools/scene/controller.ts';
import { managedNaming } from './managed-write-names.ts';
import type { Interception, SeenWrite, SentWrite } from './write-proxy.ts';

/** A kill before the API server has seen the write, or after it has answered and before the controller has heard. */
export type Side = 'before' | 'after';

/** How thorough a coverage is. */
export interface Thoroughness {
  /** What the write is counted as; writes counted as one are struck once for all. */
  readonly as: (name: string) => string;
  /** Whether it is enough to strike the write on one side. */
  readonly isOneSided: (name: string) => boolean;
}

/** What is owed a kill and what has had it. */
export interface Coverage {
  /** Takes it upon the caller to strike the write; undefined when that is done or somebody is about to. */
  take(name: string): Side | undefined;
  /** The strike did not come about. */
  giveBack(name: string, side: Side): void;
  /** Those of the writes that lack a strike, each with its side: `before disown (#1 shifting)`. */
  missing(names: Iterable<string>): readonly string[];
}

const bothSides: readonly Side[] = ['before', 'after'];

/** Nothing is struck yet. One write is struck before at first, the next one after. */
export function killCoverage({ as, isOneSided }: Thoroughness): Coverage {
  const struck = new Set<string>();
  let turns = 0;
  const isStruck = (name: string, side: Side): boolean =>
    struck.has(`${side} ${as(name)}`) ||
    (isOneSided(name) && bothSides.some((each) => struck.has(`${each} ${as(name)}`)));
  return {
    take: (name) => {
      const order = turns % 2 === 0 ? bothSides : bothSides.toReversed();
      const side = order.find((each) => !isStruck(name, each));
      if (side === undefined) return undefined;
      turns += 1;
      struck.add(`${side} ${as(name)}`);
      return side;
    },
    giveBack: (name, side) => {
      struck.delete(`${side} ${as(name)}`);
    },
    missing: (names) =>
      [...names].flatMap((name) => bothSides.filter((side) => !isStruck(name, side)).map((side) => `${side} ${name}`)),
  };
}

/** A kill that took place. */
export interface Strike {
  readonly name: string;
  readonly side: Side;
  /** The rollout's saved phase at that moment. */
  readonly phase: string;
}

/** What striking needs: who writes at first, and how the next controller is started. */
export interface Victims {
  readonly first: Controller;
  next(): Promise<Controller>;
}

/** Strikes under way in one story. */
export interface Striking extends Interception {
  /** What was struck so far. */
  strikes(): readonly Strike[];
  /** Names of all writes so far, each once. */
  seen(): ReadonlySet<string>;
  /** The canary's weights that were written, each as long as it stood. */
  weights(): readonly number[];
  /** Resolves when no controller is being started. */
  settled(): Promise<unknown>;
}

/** Only names the writes of a story. */
export function watching(): Striking {
  return striking(undefined);
}

/** Strikes what the coverage lacks. */
export function strikingWith(coverage: Coverage, victims: Victims): Striking {
  return striking({ coverage, victims });
}

interface Doomed {
  readonly name: string;
  readonly side: Side;
  /** Counts the controllers: a strike is for the one that wrote. */
  readonly life: number;
}

function striking(means: { readonly coverage: Coverage; readonly victims: Victims } | undefined): Striking {
  const naming = managedNaming();
  const [strikes, seen, doomed]: [Strike[], Set<string>, Map<number, Doomed>] = [[], new Set(), new Map()];
  const weights: number[] = [];
  let life = 0;
  let living: Promise<Controller> | undefined = means === undefined ? undefined : Promise.resolve(means.victims.first);

  function doom(write: SentWrite): Doomed | undefined {
    const name = naming.nameOf(write);
    if (name === undefined) return undefined;
    seen.add(name);
    const side = means?.coverage.take(name);
    return side === undefined ? undefined : { name, side, life };
  }

  async function strike({ name, side, life: meant }: Doomed): Promise<'cut off'> {
    if (means === undefined || meant !== life) {
      means?.coverage.giveBack(name, side);
      return 'cut off';
    }
    life += 1;
    await (await living)?.kill();
    strikes.push({ name, side, phase: naming.phase() });
    living = means.victims.next();
    await living;
    return 'cut off';
  }

  return {
    before: async (write) => {
      const found = doom(write);
      if (found?.side === 'before') return strike(found);
      if (found !== undefined) doomed.set(write.number, found);
      return 'forward';
    },
    after: async (write) => {
      naming.heard(write);
      const weight = isDone(write) ? weightIn(naming.nameOf(write)) : undefined;
      if (weight !== undefined && weight !== weights.at(-1)) weights.push(weight);
      const found = doomed.get(write.number);
      if (found === undefined) return 'answer';
      if (isDone(write)) return strike(found);
      means?.coverage.giveBack(found.name, found.side);
      return 'answer';
    },
    strikes: () => strikes,
    seen: () => seen,
    weights: () => weights,
    settled: async () => living,
  };
}

function weightIn(name = ''): number | undefined {
  const [, weight] = /^(?:weights|create route at) (\d+) /.exec(name) ?? [];
  return weight === undefined ? undefined : Number(weight);
}

/** A write that lost a race has not taken place. */
function isDone({ status }: SeenWrite): boolean {
  return status !== undefined && status < 300;
}
