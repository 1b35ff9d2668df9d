// Flagger (fluxcd/flagger at 15bd6ad, pkg/controller/scheduler.go): a threshold on the canary alone, once a minute.
import type { Rule, Run, Word } from '../rule.ts';
import type { World } from '../service.ts';
import { windowOf } from './windows.ts';

/** `spec.analysis` of a Canary, as far as it decides. */
export interface FlaggerOptions {
  readonly id: string;
  readonly title: string;
  /** Weights in percent, one a tick. */
  readonly weights: readonly [number, ...number[]];
  /** Failed ticks that roll back; they are never forgotten. */
  readonly threshold: number;
}

const slotsPerTick = 4;
const least = 99;
const mostMs = 500;

/**
 * Every minute: when the failed ticks have reached the threshold, roll back; else ask for `request-success-rate` (at least 99%)
 * and `request-duration` (99th percentile at most 500 ms) over the last minute; one that fails or has no value is a failed
 * tick and the weight stays; else the next weight, and after the last one promotion.
 */
export function flagger({ id, title, weights, threshold }: FlaggerOptions): Rule {
  return {
    id,
    title,
    source: import.meta.filename,
    settings: JSON.stringify({ weights, threshold }),
    begin: (world) => begin(world, weights, threshold),
  };
}

function begin(world: World, weights: readonly [number, ...number[]], threshold: number): Run {
  const window = windowOf(slotsPerTick, world.scenario.harm.dead === true);
  let [step, failed] = [0, 0];

  function isGood(): boolean {
    const success = window.success(slotsPerTick);
    const duration = window.quantile(slotsPerTick, 0.99);
    return success !== undefined && success >= least && duration !== undefined && Math.trunc(duration) <= mostMs;
  }

  function tick(): Word {
    if (failed >= threshold) return 'rollBack';
    if (!isGood()) failed++;
    else if (step === weights.length - 1) return 'promote';
    else step++;
    return 'stay';
  }

  return {
    weight: () => weights[step] ?? 100,
    see: (slot, index) => {
      window.push(slot);
      return (index + 1) % slotsPerTick === 0 ? tick() : 'stay';
    },
  };
}
