// What a service owner writes: annotations under one prefix, or the fields of a shared policy. Read once, at the door.
import { defaultPlan, type LatencyLimit, type OnUndecided, type Plan } from './plan.ts';
import type { RolloutSpec } from './rollout.ts';
import { nearest } from './spelling.ts';
import { type Millis, parseDuration } from './time.ts';

/** The prefix of every annotation and label. */
export const prefix = 'serin.dev/';

/** Settings a person may write, as annotation keys without the prefix. */
export const settingKeys = [
  'canary-of',
  'policy',
  'steps',
  'bake',
  'max-bake',
  'error-margin',
  'max-error-rate',
  'max-latency',
  'min-requests',
  'on-undecided',
  'virtual-service',
  'route',
  'analysis',
] as const;

/** Letters a setting may have, which is also what the object that pins it has room for. */
const longest = 200;
const longestBakeMs: Millis = 30 * 24 * 3_600_000;
const tooLong = { wrong: `which has more than ${longest} letters. Shorten it.` };

type SettingKey = (typeof settingKeys)[number];

/** Keys Serin itself writes on a Deployment. */
const markKeys: readonly string[] = ['phase', 'rollout', 'last'];

/** One thing wrong with one setting. */
export interface SettingProblem {
  readonly key: string;
  readonly value: string;
  /** Names the value, what was expected, and the nearest valid spelling. */
  readonly message: string;
}

/** What a Deployment asks for. */
export interface Settings {
  /** The Deployment that is stable while this one is the canary. */
  readonly stable: string;
  readonly plan: Plan;
  readonly route: RolloutSpec['route'];
}

/** `none`: the Deployment asks for nothing. */
export type ParsedSettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'problems'; readonly problems: readonly [SettingProblem, ...SettingProblem[]] }
  | { readonly kind: 'settings'; readonly settings: Settings };

/** A setting's text, or why it cannot be used. */
type Read<T> = { readonly value: T } | { readonly wrong: string };

/** The name of the shared policy that a Deployment's annotations point at. */
export function policyOf(annotations: Readonly<Record<string, string>>): string | undefined {
  return annotations[`${prefix}policy`];
}

/** Whether a Deployment speaks to Serin at all, be it wrongly. */
export function concerns(annotations: Readonly<Record<string, string>>): boolean {
  return Object.keys(annotations).some((key) => key.startsWith(prefix) && !markKeys.includes(key.slice(prefix.length)));
}

/**
 * Reads a Deployment's settings: its annotations over the policy's fields over the defaults. `policy` holds the shared
 * policy's fields under their annotation names. Every problem found is returned, not only the first.
 */
export function parseSettings(
  deployment: string,
  annotations: Readonly<Record<string, string>>,
  policy: Readonly<Record<string, string>> = {},
): ParsedSettings {
  const own = ownSettings(annotations);
  const unknown = Object.entries(own).flatMap(([key, value]) => unknownKey(key, value));
  if (own['canary-of'] === undefined) return problemsOr(unknown, { kind: 'none' });
  return assemble(deployment, { ...policy, ...own }, unknown);
}

function problemsOr(problems: readonly SettingProblem[], otherwise: ParsedSettings): ParsedSettings {
  const [first, ...others] = problems;
  return first === undefined ? otherwise : { kind: 'problems', problems: [first, ...others] };
}

function ownSettings(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value] as const)
      .filter(([key]) => !markKeys.includes(key)),
  );
}

function unknownKey(key: string, value: string): SettingProblem[] {
  if ((settingKeys as readonly string[]).includes(key)) return [];
  const guess = nearest(key, settingKeys);
  const hint =
    guess === undefined ? `The known ones are ${settingKeys.join(', ')}.` : `Did you mean ${prefix}${guess}?`;
  return [{ key, value, message: `${prefix}${key} is not a setting of Serin. ${hint}` }];
}

function assemble(
  deployment: string,
  texts: Readonly<Record<string, string>>,
  unknown: readonly SettingProblem[],
): ParsedSettings {
  const problems: SettingProblem[] = [...unknown];
  function read<T>(key: SettingKey, parse: (text: string) => Read<T>, otherwise: T): T {
    const text = texts[key]?.trim();
    if (text === undefined) return otherwise;
    const outcome = text.length > longest ? tooLong : parse(text);
    if ('value' in outcome) return outcome.value;
    const shown = text.slice(0, longest);
    problems.push({ key, value: shown, message: `${prefix}${key} is "${shown}", ${outcome.wrong}` });
    return otherwise;
  }
  const stable = read('canary-of', (text) => parseStable(deployment, text), '');
  const maxErrorRate = read<number | undefined>('max-error-rate', parseShare, undefined);
  const plan: Plan = {
    steps: read('steps', parseSteps, defaultPlan.steps),
    bakeMs: read('bake', parsePositive, defaultPlan.bakeMs),
    maxBakeMs: read('max-bake', parsePositive, defaultPlan.maxBakeMs),
    errorMargin: read('error-margin', parseShare, defaultPlan.errorMargin),
    ...(maxErrorRate === undefined ? {} : { maxErrorRate }),
    maxLatency: read('max-latency', parseLatency, defaultPlan.maxLatency),
    minRequests: read('min-requests', parseCount, defaultPlan.minRequests),
    onUndecided: read('on-undecided', parseOnUndecided, defaultPlan.onUndecided),
    analysis: read('analysis', parseAnalysis, defaultPlan.analysis),
  };
  const route = { ...read('virtual-service', parseObject, {}), ...read('route', parseSection, {}) };
  if (plan.maxBakeMs < plan.bakeMs) problems.push(bakeOrder(texts));
  return problemsOr(problems, { kind: 'settings', settings: { stable, plan, route } });
}

function bakeOrder(texts: Readonly<Record<string, string>>): SettingProblem {
  const [bake, most] = [texts['bake'] ?? '2m', texts['max-bake'] ?? '15m'];
  return {
    key: 'max-bake',
    value: most,
    message: `${prefix}max-bake is "${most}", less than ${prefix}bake "${bake}". Make max-bake at least as long as bake.`,
  };
}

function parseStable(deployment: string, text: string): Read<string> {
  if (text === deployment) return { wrong: 'the Deployment itself. Name the Deployment that serves now.' };
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)) return { value: text };
  return { wrong: 'which is no name of a Deployment. Write the name alone, such as "reviews-v1".' };
}

function parseSteps(text: string): Read<Plan['steps']> {
  const expected = 'Expected rising whole percentages that end in 100, such as "10,25,50,100".';
  const steps = text.split(',').map((step) => (/^\s*\d+\s*$/.test(step) ? Number(step) : Number.NaN));
  const [first, ...others] = steps;
  if (first === undefined || steps.some((step) => !Number.isInteger(step))) {
    return { wrong: `which holds something that is no whole number. ${expected}` };
  }
  if (steps.length > 20) return { wrong: `which has ${steps.length} steps. At most 20 are allowed.` };
  if (steps.some((step) => step < 1 || step > 100)) return { wrong: `which leaves 1 to 100. ${expected}` };
  const falling = steps.findIndex((step, index) => index > 0 && step <= (steps[index - 1] ?? 0));
  if (falling > 0) return { wrong: `where ${steps[falling]} does not rise above ${steps[falling - 1]}. ${expected}` };
  if (steps.at(-1) !== 100) return { wrong: `which ends in ${steps.at(-1)}. ${expected}` };
  return { value: [first, ...others] };
}

function parsePositive(text: string): Read<Millis> {
  const millis = parseDuration(text);
  if (millis !== undefined && millis > 0 && millis <= longestBakeMs) return { value: millis };
  if (millis !== undefined && millis > longestBakeMs)
    return { wrong: 'which is more than 720h. Expected one such as "90s" or "5m".' };
  const guess = /^\d+$/.test(text) ? ` Did you mean "${text}s"?` : '';
  return { wrong: `which is no duration above zero. Expected one such as "90s" or "5m".${guess}` };
}

function parseShare(text: string): Read<number> {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { value: Number((Number(percent) / 100).toFixed(6)) };
  const guess = /^\d+(\.\d+)?$/.test(text) ? ` Did you mean "${text}%"?` : '';
  return { wrong: `which is no percentage from 0% to 100%. Expected one such as "0.5%".${guess}` };
}

function parseCount(text: string): Read<number> {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return { value: count };
  return { wrong: 'which is no whole number from 1 to 1000000. Expected one such as "100".' };
}

function parseOnUndecided(text: string): Read<OnUndecided> {
  if (text === 'hold' || text === 'rollback' || text === 'advance') return { value: text };
  return { wrong: oneOf(text, ['hold', 'rollback', 'advance']) };
}

function parseAnalysis(text: string): Read<Plan['analysis']> {
  if (text === 'auto' || text === 'off') return { value: text };
  return { wrong: oneOf(text, ['auto', 'off']) };
}

function oneOf(text: string, words: readonly string[]): string {
  const guess = nearest(text, words);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return `which is none of ${words.join(', ')}.${hint}`;
}

function parseLatency(text: string): Read<readonly LatencyLimit[]> {
  const limits = text.split(',').map((limit) => parseLimit(limit.trim()));
  const good = limits.filter((limit) => limit !== undefined);
  if (good.length === limits.length && good.length <= 8) return { value: good };
  return {
    wrong: 'which is not understood. Expected limits such as "p99<500ms" or "p95<1.2x", at most 8, comma-separated.',
  };
}

function parseLimit(text: string): LatencyLimit | undefined {
  const [, percentile, bound] = /^p(\d{1,2}(?:\.\d+)?)\s*<\s*(\S+)$/.exec(text) ?? [];
  if (percentile === undefined || bound === undefined) return undefined;
  const quantile = Number((Number(percentile) / 100).toFixed(6));
  if (quantile <= 0 || quantile >= 1) return undefined;
  const factor = /^(\d+(?:\.\d+)?)x$/.exec(bound)?.[1];
  if (factor !== undefined)
    return Number(factor) >= 1 ? { kind: 'relative', quantile, factor: Number(factor), text } : undefined;
  const millis = parseDuration(bound);
  return millis !== undefined && millis > 0 ? { kind: 'absolute', quantile, millis, text } : undefined;
}

function parseObject(text: string): Read<RolloutSpec['route']> {
  const parts = text.split('/');
  if (parts.length > 2 || parts.some((part) => !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(part))) {
    return { wrong: 'which names no object. Expected "name" or "namespace/name".' };
  }
  const [first = '', second] = parts;
  return { value: second === undefined ? { object: first } : { namespace: first, object: second } };
}

function parseSection(text: string): Read<RolloutSpec['route']> {
  return text === '' ? { wrong: 'which is empty. Expected the name of a route.' } : { value: { section: text } };
}
