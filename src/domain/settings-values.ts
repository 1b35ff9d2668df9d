// The texts of settings turned into values, each with what to say where that cannot be done.
import type { ApprovalPlan, LatencyLimit, OnUndecided, Plan } from './plan.ts';
import type { RolloutSpec } from './rollout.ts';
import type { SettingKey } from './settings-keys.ts';
import { nearest } from './spelling.ts';
import { type Millis, parseDuration } from './time.ts';

const longestBakeMs: Millis = 30 * 24 * 3_600_000;

/** A setting's value, or why its text cannot be used: the end of a sentence that has named key and text. */
export type Read<T> = { readonly value: T } | { readonly wrong: string };

/** Reads one setting; where its text cannot be used that is kept as a problem, and the otherwise is given. */
export type Reading = <T>(key: SettingKey, parse: (text: string) => Read<T>, otherwise: T) => T;

/** The name of the Deployment that serves now, which is another one than the canary. */
export function parseStable(deployment: string, text: string): Read<string> {
  if (text === deployment) return { wrong: 'the Deployment itself. Name the Deployment that serves now.' };
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)) return { value: text };
  return { wrong: 'which is no name of a Deployment. Write the name alone, such as "reviews-v1".' };
}

/** The one word that asks for canaries. */
export function parseEnabled(text: string): Read<string> {
  if (text === 'enabled') return { value: text };
  const isNear = isYes(text) || nearest(text, ['enabled']) !== undefined;
  const hint = isNear
    ? 'Did you mean "enabled"? Otherwise remove the annotation.'
    : 'Write that, or remove the annotation.';
  return { wrong: `where only "enabled" is known. ${hint}` };
}

/** A header and its value, or a cookie, in the spelling of the mesh: the name in small letters. */
export function parseTesters(text: string): Read<string> {
  const expected = 'Expected one such as "x-canary: true" or "cookie: canary=1".';
  const [, name, value] = /^([A-Za-z0-9][-A-Za-z0-9_]*):\s*(\S.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) return { wrong: `which is no header and value. ${expected}` };
  if (name.toLowerCase() === 'cookie' && !/^[^\s=;,]+=[^\s;,]+$/.test(value))
    return { wrong: `which is not one cookie and its value. ${expected}` };
  return { value: `${name.toLowerCase()}: ${value}` };
}

/** A Slack channel by its id, or by its name without the hash. */
export function parseChannel(text: string): Read<string> {
  const name = text.replace(/^#/, '');
  if (/^[CG][A-Z0-9]{8,20}$/.test(name) || /^[\p{Ll}\p{Lo}\d][\p{Ll}\p{Lo}\d_-]{0,79}$/u.test(name))
    return { value: name };
  return { wrong: 'which is no channel. Expected an id such as "C024BE91L", or a name such as "#releases".' };
}

/** Rising whole percentages that end in 100. */
export function parseSteps(text: string): Read<Plan['steps']> {
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

/** A duration above zero, at most thirty days. */
export function parsePositive(text: string): Read<Millis> {
  const millis = parseDuration(text);
  if (millis !== undefined && millis > 0 && millis <= longestBakeMs) return { value: millis };
  if (millis !== undefined && millis > longestBakeMs)
    return { wrong: 'which is more than 720h. Expected one such as "90s" or "5m".' };
  const guess = /^\d+$/.test(text) ? ` Did you mean "${text}s"?` : '';
  return { wrong: `which is no duration above zero. Expected one such as "90s" or "5m".${guess}` };
}

/** A percentage, as a share of 1. */
export function parseShare(text: string): Read<number> {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { value: Number((Number(percent) / 100).toFixed(6)) };
  const guess = /^\d+(\.\d+)?$/.test(text) ? ` Did you mean "${text}%"?` : '';
  return { wrong: `which is no percentage from 0% to 100%. Expected one such as "0.5%".${guess}` };
}

/** A percentage as a share, of which neither none nor more than a half makes sense. */
export function parseRisk(text: string): Read<number> {
  const share = parseShare(text);
  if ('value' in share && share.value > 0 && share.value <= 0.5) return share;
  return { wrong: 'which is no percentage above 0% and up to 50%. Expected one such as "1%".' };
}

/** A whole number of requests. */
export function parseCount(text: string): Read<number> {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return { value: count };
  return { wrong: 'which is no whole number from 1 to 1000000. Expected one such as "100".' };
}

/** What is done when time runs out. */
export function parseOnUndecided(text: string): Read<OnUndecided> {
  if (text === 'hold' || text === 'rollback' || text === 'advance') return { value: text };
  return { wrong: oneOf(text, ['hold', 'rollback', 'advance']) };
}

/** Whether anything is judged. */
export function parseAnalysis(text: string): Read<Plan['analysis']> {
  if (text === 'auto' || text === 'off') return { value: text };
  const meant = isYes(text) ? 'auto' : isNo(text) ? 'off' : undefined;
  return { wrong: oneOf(text, ['auto', 'off'], meant) };
}

const approvals = ['none', 'before-start', 'before-promotion', 'every-step'] as const;

/** When a person is asked. */
export function parseApproval(text: string): Read<ApprovalPlan['when'] | 'none'> {
  const known = approvals.find((word) => word === text);
  if (known !== undefined) return { value: known };
  const meant = isYes(text) ? 'before-promotion' : isNo(text) ? 'none' : undefined;
  return { wrong: oneOf(text, approvals, meant) };
}

/** Whether the author may approve. */
export function parseByAuthor(text: string): Read<ApprovalPlan['byAuthor']> {
  if (text === 'allowed' || text === 'refused') return { value: text };
  const meant = isYes(text) ? 'allowed' : isNo(text) ? 'refused' : undefined;
  return { wrong: oneOf(text, ['allowed', 'refused'], meant) };
}

/** A user name as the cluster has it. */
export function parseAuthor(text: string): Read<string> {
  if (text !== '' && !/\s/.test(text)) return { value: text };
  return { wrong: 'which is no user name. Expected one as the cluster has it, such as "ada@example.com".' };
}

/** What people write elsewhere to turn something on. */
function isYes(text: string): boolean {
  return ['true', 'yes', 'on', '1', 'enable', 'enabled'].includes(text.toLowerCase());
}

/** What people write elsewhere to turn something off. */
function isNo(text: string): boolean {
  return ['false', 'no', 'none', '0', 'disable', 'disabled'].includes(text.toLowerCase());
}

function oneOf(text: string, words: readonly string[], meant?: string): string {
  const guess = meant ?? nearest(text, words);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return `which is none of ${words.join(', ')}.${hint}`;
}

/** Limits on latency quantiles, comma-separated. */
export function parseLatency(text: string): Read<readonly LatencyLimit[]> {
  const limits = limitsOf(text);
  if (limits !== undefined) return { value: limits };
  const completed = text.split(',').map(completedLimit).join(',');
  const guess = limitsOf(completed) === undefined ? '' : ` Did you mean "${completed}"?`;
  return {
    wrong: `which is not understood. Expected limits such as "p99<500ms" or "p95<1.2x", at most 4, comma-separated.${guess}`,
  };
}

function limitsOf(text: string): readonly LatencyLimit[] | undefined {
  const limits = text.split(',').map((limit) => parseLimit(limit.trim()));
  const good = limits.filter((limit) => limit !== undefined);
  return good.length === limits.length && good.length <= 4 ? good : undefined;
}

/** A limit with the sign and the unit that it most likely lacks: a bare number below ten is a factor, a greater one milliseconds. */
function completedLimit(text: string): string {
  const limit = text.trim().replace(/\s*(?:<=|=)\s*/, '<');
  const bare = /<\s*(\d+(?:\.\d+)?)$/.exec(limit)?.[1];
  if (bare === undefined) return limit;
  return `${limit}${Number(bare) >= 1 && Number(bare) < 10 ? 'x' : 'ms'}`;
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

/** An object by its name, in a namespace of its own where one is given. */
export function parseObject(text: string): Read<RolloutSpec['route']> {
  const parts = text.split('/');
  if (parts.length > 2 || parts.some((part) => !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(part))) {
    return { wrong: 'which names no object. Expected "name" or "namespace/name".' };
  }
  const [first = '', second] = parts;
  return { value: second === undefined ? { object: first } : { namespace: first, object: second } };
}

/** The name of a route. */
export function parseSection(text: string): Read<RolloutSpec['route']> {
  return text === '' ? { wrong: 'which is empty. Expected the name of a route.' } : { value: { section: text } };
}
