// How many requests a verdict takes against the least that any rule could take.
import { openGate } from '../../src/domain/gate.ts';
import { errorsGate } from '../../src/domain/gates/errors.ts';
import { defaultPlan, marginAt } from '../../src/domain/plan.ts';
import { scenarioOf } from './batch.ts';
import { leastRequests, leastToPass } from './limits.ts';
import type { Scenario } from './scenarios.ts';
import { meanOf } from './shares.ts';
import { table } from './tables.ts';
import { type Look, watch } from './watch.ts';

const usualDraws = 200;
const alpha = 0.01;
/** The probability that a step passes at its margin. */
const beta = 0.05;
const weight = 10;
/** Watched for so many times the least. */
const mostTimes = 5;

/** With harm from the third minute on, no warm-up tolerance stands in the way any more. */
const lifts = [
  { lift: 0.001, rate: 1_000, afterMinutes: 0 },
  { lift: 0.005, rate: 10, afterMinutes: 0 },
  { lift: 0.005, rate: 10, afterMinutes: 2 },
  { lift: 0.01, rate: 10, afterMinutes: 0 },
  { lift: 0.01, rate: 10, afterMinutes: 2 },
  { lift: 0.05, rate: 10, afterMinutes: 0 },
  { lift: 0.05, rate: 10, afterMinutes: 2 },
  { lift: 0.05, rate: 100, afterMinutes: 2 },
] as const;

/** Mean requests to rollback over the least: the error gate's own evidence, and all gates together as the controller has them. */
export function measureRollback(seed: number, draws = usualDraws): string {
  const rows = lifts.map(({ lift, rate, afterMinutes }) => {
    const scenario = lifted(lift, rate, afterMinutes);
    const least = leastRequests({ weight: weight / 100, canary: scenario.base + lift, stable: scenario.base }, alpha);
    const scrape = rate * 15;
    const slots = Math.ceil((least * mostTimes) / scrape) + 20;
    const alone = mean(
      { seed, slots, draws },
      { scenario, weight, reporters: ['destination'], latency: false },
      ownEvidence,
    );
    const whole = mean(
      { seed, slots, draws },
      { scenario, weight, reporters: ['source', 'destination'], latency: true },
      isFailed,
    );
    return [
      `+${lift * 100} points at ${rate}/s${afterMinutes > 0 ? ', warmed up' : ''}`,
      least.toFixed(0),
      scrape.toFixed(0),
      ratio(alone, least),
      ratio(whole, least),
      `${alone.late + whole.late}`,
    ];
  });
  const head = [
    'release, weight 10%',
    'least requests',
    'requests per slot',
    'error gate alone / least',
    'all gates / least',
    `not caught in ${mostTimes} times the least`,
  ];
  return [
    '## Evidence to a rollback against the least possible',
    `Means over ${draws} draws each ± standard error. Least: ln(1/${alpha}) over the information of a request, without any tolerance. "Alone" is the error gate's own odds at 1/${alpha} with one reporter; "all gates" is the controller's verdict with two reporters, latency gate and all shares. "Warmed up": the harm begins after two good minutes, and requests count from there. A rule that looks once a slot takes half a slot more on average, whatever its test.`,
    table(head, rows),
  ].join('\n\n');
}

function ownEvidence({ evidence }: Look): boolean {
  return openGate(errorsGate, evidence.gates[errorsGate.id]).harm.logE >= Math.log(1 / alpha);
}

function isFailed({ verdicts }: Look): boolean {
  return verdicts.some(({ verdict }) => verdict === 'fail');
}

/** Mean requests until the error gate passes an equal release, over the least. */
export function measurePassing(seed: number, draws = usualDraws): string {
  const rows = [10, 25, 50].map((share) => {
    const scenario = lifted(0, 10);
    const margin = marginAt(defaultPlan, share);
    const least = leastToPass(share / 100, scenario.base, margin, beta);
    const slots = Math.ceil((least * 8) / 150) + 40;
    const reporters = ['destination'] as const;
    const passed = mean({ seed, slots, draws }, { scenario, weight: share, reporters, latency: false }, isPassed);
    return [
      `${share}%`,
      `${(100 * margin).toFixed(2)} points`,
      least.toFixed(0),
      ratio(passed, least),
      `${passed.late}`,
    ];
  });
  return [
    '## Evidence to a pass against the least possible',
    `An equal release at 10 requests/s, the error gate alone with one reporter, ${draws} draws each. Least: ln(1/${beta}) over the information of a request against the step's margin.`,
    table(['weight', 'margin', 'least requests', 'error gate / least', 'not passed'], rows),
  ].join('\n\n');
}

function isPassed({ verdicts }: Look): boolean {
  return verdicts.find(({ gate }) => gate === errorsGate.id)?.verdict === 'pass';
}

function lifted(lift: number, rate: number, afterMinutes = 0): Scenario {
  return { ...scenarioOf('equal-10rps'), id: `watched-${lift}-${rate}`, rate, harm: { lift, afterMinutes } };
}

interface Taken {
  readonly mean: number;
  readonly error: number;
  /** Draws in which it was never enough; they count with all they saw. */
  readonly late: number;
}

function mean(
  { seed, slots, draws }: { readonly seed: number; readonly slots: number; readonly draws: number },
  watched: Parameters<typeof watch>[0],
  isEnough: (look: Look) => boolean,
): Taken {
  const seen = Array.from({ length: draws }, (_, draw) => watch(watched, { seed, draw, slots }, isEnough));
  return { ...meanOf(seen.map(({ look }) => look.requests)), late: seen.filter(({ enough }) => !enough).length };
}

function ratio({ mean: value, error }: Taken, least: number): string {
  return `${(value / least).toFixed(2)} ± ${(error / least).toFixed(2)}`;
}
