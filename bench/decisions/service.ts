// The service: what happens in one slot under one weight. Draws depend on seed, scenario, draw, slot and weight alone, so that
// rules that hold the same weight in a slot see the very same requests.
import { bucketShares } from './latency.ts';
import { binomial, type Chance, chanceOf, gammaOfMeanOne, mix, multinomial, poisson, wordsOf } from './random.ts';
import type { Scenario } from './scenarios.ts';

/** The width of a slot in seconds. */
export const slotSeconds = 15;

/** One version's requests in a slot. */
export interface ArmDraw {
  readonly requests: number;
  readonly errors: number;
  /** Requests by latency bucket, not cumulative. */
  readonly buckets: readonly number[];
}

/** What happened in a slot. */
export interface SlotDraw {
  readonly canary: ArmDraw;
  readonly stable: ArmDraw;
  /** Fresh pods of stable's version with as much traffic as the canary, where a rule asks for them. */
  readonly baseline?: ArmDraw;
  /** Failed requests that stable would have served, in expectation over the outcomes of these canary requests. */
  readonly excess: number;
  /** Whether something was wrong with the canary. */
  readonly harmful: boolean;
}

/** One simulated past and future of a service. */
export interface World {
  readonly scenario: Scenario;
  /** The slot at this index (0 is the first of the rollout; before it there is no canary) with the canary at `weight` percent. */
  readonly slot: (index: number, weight: number, withBaseline?: boolean) => SlotDraw;
}

interface Conditions {
  readonly rate: number;
  readonly errors: number;
  readonly latency: number;
}

/** A world of its own for every seed, scenario and draw. */
export function worldOf(scenario: Scenario, seed: number, draw: number): World {
  const name = mix(wordsOf(scenario.id));
  const fate = chanceOf(seed, name, draw, 0xfa7e);
  const phase = fate.uniform();
  const incidentAt = 120 + fate.uniform() * 780;

  function conditions(seconds: number, chance: Chance): Conditions {
    const swing = scenario.nuisance === 'swing' ? Math.sin(2 * Math.PI * (seconds / 3_600 + phase)) : 0;
    const bursty = scenario.nuisance === 'burstyArrivals' ? gammaOfMeanOne(chance, 2) : 1;
    const incident = scenario.nuisance === 'incident' && within(seconds, incidentAt, 300) ? 0.06 : 0;
    return {
      rate: scenario.rate * (1 + 0.7 * swing) * bursty,
      errors: scenario.base * (1 + 0.9 * swing) + incident,
      latency: 1 + 0.15 * swing,
    };
  }

  function slot(index: number, weight: number, withBaseline = false): SlotDraw {
    const chance = chanceOf(seed, name, draw, index, 1);
    const seconds = (index + 0.5) * slotSeconds;
    const now = conditions(seconds, chance);
    const all = poisson(chance, now.rate * slotSeconds);
    const split = chanceOf(seed, name, draw, index, 2, weight);
    const mine = binomial(split, all, weight / 100);
    const {
      arm: canary,
      excess,
      harmful,
    } = canaryArm(scenario, now, { seconds, weight, chance: split, requests: mine });
    const errors = now.errors + sickStable(scenario, seconds);
    const stable = armOf(scenario, split, all - mine, { errors, latency: now.latency, tail: 1 });
    const drawn = { canary, stable, excess, harmful };
    return withBaseline
      ? { ...drawn, baseline: baselineArm(now, { index, weight, seconds, rest: all - mine }) }
      : drawn;
  }

  function baselineArm(
    now: Conditions,
    given: { index: number; weight: number; seconds: number; rest: number },
  ): ArmDraw {
    const { index, weight, seconds, rest } = given;
    const chance = chanceOf(seed, name, draw, index, 3, weight);
    const requests = binomial(chance, rest, Math.min(1, weight / Math.max(weight, 100 - weight)));
    const cold = chill(scenario, seconds);
    return armOf(scenario, chance, requests, {
      errors: now.errors + cold * coldErrors,
      latency: now.latency * (1 + cold),
      tail: 1,
    });
  }

  return { scenario, slot };
}

const coldErrors = 0.03;
const coldSeconds = 30;

function chill({ nuisance }: Scenario, seconds: number): number {
  return nuisance === 'coldStart' && seconds > 0 ? Math.exp(-seconds / coldSeconds) : 0;
}

function within(seconds: number, from: number, length: number): boolean {
  return seconds >= from && seconds < from + length;
}

function sickStable({ nuisance }: Scenario, seconds: number): number {
  return nuisance === 'badStablePod' && within(seconds, 180, 600) ? 0.05 / 9 : 0;
}

function sickCanary({ nuisance }: Scenario, seconds: number): number {
  return nuisance === 'badCanaryPod' && within(seconds, 180, 600) ? 0.05 / 4 : 0;
}

interface Trial {
  readonly seconds: number;
  readonly weight: number;
  readonly chance: Chance;
  readonly requests: number;
}

interface CanaryDraw {
  readonly arm: ArmDraw;
  readonly excess: number;
  readonly harmful: boolean;
}

function canaryArm(scenario: Scenario, now: Conditions, trial: Trial): CanaryDraw {
  const { seconds, weight, chance, requests } = trial;
  const harmful = isHarmful(scenario, seconds, weight);
  const harm = harmful ? scenario.harm : {};
  if (harm.dead === true) {
    const arm = { requests, errors: requests, buckets: answeredAtOnce(requests) };
    return { arm, excess: requests * (1 - now.errors), harmful };
  }
  const cold = chill(scenario, seconds);
  const arm = armOf(scenario, chance, requests, {
    errors: now.errors + sickCanary(scenario, seconds) + cold * coldErrors,
    lift: harm.lift ?? 0,
    latency: now.latency * (1 + cold) * (harm.slower ?? 1),
    tail: harm.tail ?? 1,
  });
  return { arm, excess: requests * (harm.lift ?? 0), harmful };
}

function isHarmful({ harm }: Scenario, seconds: number, weight: number): boolean {
  const { lift, dead, slower, tail, fromWeight = 0, afterMinutes = 0 } = harm;
  const any = lift !== undefined || dead !== undefined || slower !== undefined || tail !== undefined;
  return any && weight >= fromWeight && seconds >= 60 * afterMinutes;
}

/** A dead canary is refused within five milliseconds. */
function answeredAtOnce(requests: number): readonly number[] {
  return Array.from({ length: 20 }, (_, index) => (index === 2 ? requests : 0));
}

interface Manner {
  readonly errors: number;
  readonly lift?: number;
  readonly latency: number;
  readonly tail: number;
}

function armOf(scenario: Scenario, chance: Chance, requests: number, manner: Manner): ArmDraw {
  const { errors, lift = 0, latency, tail } = manner;
  const usual =
    scenario.nuisance === 'errorBursts'
      ? clustered(chance, requests, errors)
      : binomial(chance, requests, Math.min(1, errors));
  const more = binomial(chance, requests - usual, Math.min(1, lift / (1 - errors)));
  const buckets = multinomial(chance, requests, bucketShares({ kind: scenario.latency, factor: latency, tail }));
  return { requests, errors: usual + more, buckets };
}

const cluster = { size: 15, failing: 0.8 };

/** Errors in clusters, of the same mean as without, except that a slot cannot have more errors than requests. */
function clustered(chance: Chance, requests: number, share: number): number {
  const clusters = poisson(chance, (requests * share) / (cluster.size * cluster.failing));
  return Math.min(requests, binomial(chance, clusters * cluster.size, cluster.failing));
}
