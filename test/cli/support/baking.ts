// A managed rollout in the middle of a bake, with a verdict of every kind.
import { aVerdict, dawn } from '../../support/builders.ts';
import { aManagedRollout } from './managed.ts';

/** The name of the rollout that bakes. */
export const bakingName = 'checkout-bbbbbbbbbb-1';

/** Bakes at its second step of four: errors undecided, traffic fine, latency worse and not judged. */
export const baking = aManagedRollout({
  status: {
    step: 1,
    weight: { intended: 25, observed: 24 },
    since: dawn,
    message: 'Baking at 25%: 412 of about 900 canary requests seen.',
    verdicts: [
      aVerdict('undecided', {
        numbers: {
          canary: { requests: 412, failures: 3 },
          stable: { requests: 1_236, failures: 7 },
          interval: { low: -0.004, high: 0.009, level: 0.99 },
          margin: 0.005,
          fine: { odds: 3, needed: 10 },
          progress: { have: 412, need: 900, leftMs: 360_000 },
        },
      }),
      aVerdict('pass', { gate: 'traffic', reason: 'WeightsInEffect', message: '24% arrived at the canary.' }),
      aVerdict('fail', {
        gate: 'latency',
        reason: 'LatencyWorse',
        shadow: true,
        message: 'Worse.',
        numbers: { canary: { requests: 412, failures: 40 }, margin: 0.01 },
      }),
    ],
  },
});
