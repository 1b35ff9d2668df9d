// Argo Rollouts (argoproj/argo-rollouts at 9f8d111, analysis/analysis.go): a success condition on the canary alone.
import type { Rule, Run, Word } from '../rule.ts';
import type { World } from '../service.ts';
import { windowOf } from './windows.ts';

/** A background AnalysisRun and the steps beside it. */
export interface ArgoOptions {
  readonly id: string;
  readonly title: string;
  readonly weights: readonly [number, ...number[]];
  readonly minutesPerStep: number;
  /** Minutes between measurements, and the window of the query. */
  readonly interval: number;
  /** `result[0] >= least`, in percent. */
  readonly least: number;
  /** `result[0] <= mostMs` on the 99th percentile, where that is measured too. */
  readonly mostMs?: number;
}

/** Failed measurements that are put up with: the run fails when there are more, so that the fourth ends it. */
const failureLimit = 3;
const consecutiveErrorLimit = 4;
const slotsPerMinute = 4;

/**
 * Measures every interval. More failures than `failureLimit` (counted, never reset) abort; when the last step's pause is over,
 * the rollout is promoted. Every metric has failures of its own. A measurement without requests is taken for an error, of which
 * `consecutiveErrorLimit` puts up with four in a row; where series exist, Argo would see NaN and count a failure, which is worse.
 */
export function argo(options: ArgoOptions): Rule {
  return {
    id: options.id,
    title: options.title,
    source: import.meta.filename,
    settings: JSON.stringify(options),
    begin: (world) => begin(world, options),
  };
}

function begin(world: World, { weights, minutesPerStep, interval, least, mostMs }: ArgoOptions): Run {
  const slots = interval * slotsPerMinute;
  const window = windowOf(slots, world.scenario.harm.dead === true);
  const isDead = world.scenario.harm.dead === true;
  const [share, time] = [tally(), tally()];
  let elapsed = 0;

  function measure(): boolean {
    const success = isDead ? 0 : window.success(slots);
    const ended = share(success === undefined ? undefined : success >= least);
    if (mostMs === undefined) return ended;
    const duration = window.quantile(slots, 0.99);
    return time(duration === undefined ? undefined : duration <= mostMs) || ended;
  }

  function after(): Word {
    if (elapsed % slots === 0 && measure()) return 'rollBack';
    return elapsed >= weights.length * minutesPerStep * slotsPerMinute ? 'promote' : 'stay';
  }

  return {
    weight: () => weights[Math.min(weights.length - 1, Math.floor(elapsed / (minutesPerStep * slotsPerMinute)))] ?? 100,
    see: (slot) => {
      window.push(slot);
      elapsed++;
      return after();
    },
  };
}

/** One metric of the run: told of each measurement (undefined: an error), it says whether that ends the run. */
function tally(): (isGood: boolean | undefined) => boolean {
  let [failed, errors] = [0, 0];
  return (isGood) => {
    errors = isGood === undefined ? errors + 1 : 0;
    if (isGood === false) failed++;
    return failed > failureLimit || errors > consecutiveErrorLimit;
  };
}
