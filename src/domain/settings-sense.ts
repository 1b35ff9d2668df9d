// Whether what can be read of a plan makes sense together.
import { defaultPlan, type Plan } from './plan.ts';
import { prefix, type SettingProblem } from './settings-keys.ts';
import { formatDuration } from './time.ts';

type Texts = Readonly<Record<string, string>>;

/** What a step counts begins with a whole slot, which is read when the next one is over: with the usual 15 seconds, in a minute. */
const firstCountMs = 60_000;
/** No smaller margin is shown to be kept in a reasonable time: it takes millions of canary requests already. */
const leastMargin = 0.0001;

/** Whether the times of a step go together. `texts` are the settings as they were written, by their names without the prefix. */
export function bakeProblems(plan: Plan, texts: Texts): readonly SettingProblem[] {
  return plan.maxBakeMs < plan.bakeMs ? [bakeOrder(texts)] : [];
}

/** What nobody can mean: a plan that can never be passed. Of what has begun under it already, nothing is asked. */
export function senseless(plan: Plan, texts: Texts): readonly SettingProblem[] {
  return [
    ...(plan.errorMargin < leastMargin ? [hopelessMargin(texts['error-margin'] ?? '')] : []),
    ...(isUnseen(plan) ? [unseenEnd(texts['max-bake'] ?? '')] : []),
  ];
}

function hopelessMargin(value: string): SettingProblem {
  const usual = Number((defaultPlan.errorMargin * 100).toFixed(4));
  const message =
    `${prefix}error-margin is "${value}", which no canary could ever be shown to keep, so that no step would pass. ` +
    `The least that makes sense is ${leastMargin * 100}%; ${usual}% is the default.`;
  return { key: 'error-margin', value, message };
}

/** Whether a step's time is over before anything of it can have been counted, and its end rolls back. */
function isUnseen({ analysis, onUndecided, maxBakeMs }: Plan): boolean {
  return analysis === 'auto' && onUndecided === 'rollback' && maxBakeMs < firstCountMs;
}

function unseenEnd(value: string): SettingProblem {
  const message =
    `${prefix}max-bake is "${value}", and ${prefix}on-undecided is "rollback": what a step counts is there a minute after it began, so that ` +
    `every release would be rolled back unseen. Make max-bake 1m at least, better the ${formatDuration(defaultPlan.maxBakeMs)} of the default.`;
  return { key: 'max-bake', value, message };
}

function bakeOrder(texts: Texts): SettingProblem {
  const [bake, most] = [texts['bake'], texts['max-bake']];
  if (most === undefined) {
    const otherwise = formatDuration(defaultPlan.maxBakeMs);
    const message = `${prefix}bake is "${bake}", more than ${prefix}max-bake, which is ${otherwise} unless written. Write a max-bake at least as long as bake.`;
    return { key: 'bake', value: bake ?? '', message };
  }
  const shown = bake === undefined ? `, which is ${formatDuration(defaultPlan.bakeMs)} unless written` : ` "${bake}"`;
  const message = `${prefix}max-bake is "${most}", less than ${prefix}bake${shown}. Make max-bake at least as long as bake.`;
  return { key: 'max-bake', value: most, message };
}
