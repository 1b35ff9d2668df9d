// What stable's failure rate is expected to be in the next slot, from what it was: a guess that tests may use before they look.
import { rate, type Trial } from './excess.ts';

/** Counts that fade with time. */
export type Prediction = Trial;

/** Half of the weight is gone after so long. */
const halfLifeMs = 600_000;
/** What is taken for granted of a service nobody has seen: half a failure in a hundred requests. */
const prior: Trial = { n: 100, x: 0.5 };
/** How much of a long reading of the time before would not have faded yet. */
const kept = 0.4;

/** What the time before the rollout makes one expect. */
export function expectedFrom(before: Trial): Prediction {
  return rounded({ n: kept * before.n, x: kept * before.x });
}

/** The next guess, after a slot of stable. */
export function learn(prediction: Prediction, { n, x }: Trial, widthMs: number): Prediction {
  const fading = 0.5 ** (widthMs / halfLifeMs);
  return rounded({ n: fading * prediction.n + n, x: fading * prediction.x + x });
}

/** To a thousandth of a request, because it is saved with the rollout. */
function rounded({ n, x }: Trial): Trial {
  return { n: Math.round(n * 1e3) / 1e3, x: Math.round(x * 1e3) / 1e3 };
}

/** The rate to expect: (x + 0.5)/(n + 100), within (0, 1). */
export function expectedRate({ n, x }: Prediction): number {
  return rate({ n: n + prior.n, x: x + prior.x });
}
