// How far counts lie from what is usual, where a look at totals suffices and no test is needed.
import { rate, type Trial } from '../statistics/excess.ts';

const tiny = 1e-12;
/** Standard deviations beyond which failures are put down to something else than chance. */
const deviations = 3;

/** How far a failure rate lies above `limit`, in nats: n KL(p||limit); 0 when it does not. */
export function evidenceAbove({ n, x }: Trial, limit: number): number {
  return n === 0 || x / n <= limit ? 0 : n * divergence(x / n, limit);
}

/**
 * How many of `x` failures among `n` chance does not explain when `usual` is the level: what exceeds the expected number by
 * three standard deviations of the difference of two Poisson counts, the level being known from a sample itself.
 */
export function beyondChance({ n, x }: Trial, usual: Trial): number {
  const expected = n * rate(usual);
  const spread = usual.n === 0 ? 0 : Math.sqrt(expected * (1 + n / usual.n));
  return Math.max(0, Math.floor(x - expected - deviations * spread));
}

/** KL(Bernoulli(p) || Bernoulli(q)), with 0 ln 0 = 0. */
function divergence(p: number, q: number): number {
  const held = Math.min(Math.max(q, tiny), 1 - tiny);
  return term(p, held) + term(1 - p, 1 - held);
}

function term(p: number, q: number): number {
  return p <= 0 ? 0 : p * Math.log(p / q);
}
