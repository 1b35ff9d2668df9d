// What a service owner writes: annotations under one prefix, or the fields of a shared policy. Read once, at the door.
import { gatesFromText, neverSeen } from './gates/custom-text.ts';
import { defaultPlan, type Plan } from './plan.ts';
import type { Mode, RolloutSpec } from './rollout.ts';
import { bakeProblems, senseless } from './settings-sense.ts';
import {
  parseAnalysis,
  parseCount,
  parseEnabled,
  parseLatency,
  parseObject,
  parseOnUndecided,
  parsePositive,
  parseRisk,
  parseSection,
  parseShare,
  parseStable,
  parseSteps,
  parseTesters,
  type Read,
} from './settings-values.ts';
import { nearest } from './spelling.ts';

/** The prefix of every annotation and label. */
export const prefix = 'serin.dev/';

/** Settings a person may write, as annotation keys without the prefix. */
export const settingKeys = [
  'canary',
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
  'false-rollback',
  'virtual-service',
  'route',
  'analysis',
  'max-unmeshed',
  'testers',
] as const;

/** Letters a setting may have, which is also what the object that pins it has room for. */
const longest = 200;
const tooLong = { wrong: `which has more than ${longest} letters. Shorten it.` };

type SettingKey = (typeof settingKeys)[number];

/** Keys Serin itself writes on a Deployment. */
const markKeys: readonly string[] = ['phase', 'rollout', 'last', 'stable', 'held'];

/** Settings that mean something for one way of releasing alone. */
const keysOf: Readonly<Record<Mode, readonly SettingKey[]>> = {
  pair: ['canary-of', 'virtual-service', 'route'],
  managed: ['canary', 'max-unmeshed', 'testers'],
};

/** One thing wrong with one setting. */
export interface SettingProblem {
  readonly key: string;
  readonly value: string;
  /** Names the value, what was expected, and the nearest valid spelling. */
  readonly message: string;
}

/** What a Deployment asks for. */
export type Settings = PairSettings | ManagedSettings;

/** To be released as the canary of another Deployment. */
export interface PairSettings {
  readonly mode: 'pair';
  /** The Deployment that is stable while this one is the canary. */
  readonly stable: string;
  readonly plan: Plan;
  readonly route: RolloutSpec['route'];
}

/** To have each change of its pod template released as a canary. */
export interface ManagedSettings {
  readonly mode: 'managed';
  readonly plan: Plan;
}

/** `none`: the Deployment asks for nothing. */
export type ParsedSettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'problems'; readonly problems: readonly [SettingProblem, ...SettingProblem[]] }
  | { readonly kind: 'settings'; readonly settings: Settings };

/** The name of the shared policy that a Deployment's annotations point at. */
export function policyOf(annotations: Readonly<Record<string, string>>): string | undefined {
  return annotations[`${prefix}policy`];
}

/** Whether a Deployment speaks to Serin at all, be it wrongly. */
export function concerns(annotations: Readonly<Record<string, string>>): boolean {
  return Object.keys(annotations).some((key) => key.startsWith(prefix) && !markKeys.includes(key.slice(prefix.length)));
}

/** A Deployment as far as its settings go. */
export interface Asking {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A Deployment's settings over the fields of the policy that `policyOf` names, which the caller has read; undefined where there is none of that name. */
export function settingsWith(
  { namespace, name, annotations }: Asking,
  policy: Readonly<Record<string, string>> | undefined,
): ParsedSettings {
  const named = policyOf(annotations);
  if (named === undefined || policy !== undefined) return parseSettings(name, annotations, policy);
  const message = `${prefix}policy is "${named}", but namespace ${namespace} has no CanaryPolicy of that name. Create it or remove the annotation.`;
  return { kind: 'problems', problems: [{ key: 'policy', value: named, message }] };
}

/** Where settings come from: what people write now, or a rollout that is under way. */
export type Origin = 'written' | 'stored';

/**
 * Reads a Deployment's settings: its annotations over the policy's fields over the defaults. `policy` holds the shared
 * policy's fields under their annotation names, and its gates as JSON under `gates`. Every problem found is returned, not only the first.
 * Settings `stored` with a rollout are those it has begun with, under whatever version: of them it is not asked that they make sense.
 */
export function parseSettings(
  deployment: string,
  annotations: Readonly<Record<string, string>>,
  policy: Readonly<Record<string, string>> = {},
  origin: Origin = 'written',
): ParsedSettings {
  const own = ownSettings(annotations);
  const unknown = Object.entries(own).flatMap(([key, value]) => unknownKey(key, value));
  const mode = modeOf(own);
  if (mode === undefined) return problemsOr(unknown, { kind: 'none' });
  const misplaced = Object.entries(own).flatMap(([key, value]) => misplacedKey(key, value, mode));
  const shared = Object.entries(policy).filter(([key]) => !isOfOther(key, mode));
  return assemble(deployment, mode, { ...Object.fromEntries(shared), ...own }, [...unknown, ...misplaced], origin);
}

/** Asking for both ways is told where the second one is found out of place. */
function modeOf(own: Readonly<Record<string, string>>): Mode | undefined {
  if (own['canary'] !== undefined) return 'managed';
  return own['canary-of'] === undefined ? undefined : 'pair';
}

/** Whether a key means something for the other way of releasing alone; in a policy, which serves both ways, it is passed over. */
function isOfOther(key: string, mode: Mode): boolean {
  return (keysOf[mode === 'pair' ? 'managed' : 'pair'] as readonly string[]).includes(key);
}

function misplacedKey(key: string, value: string, mode: Mode): SettingProblem[] {
  if (!isOfOther(key, mode)) return [];
  if (key === 'canary-of') return [{ key, value, message: chooseOne(value) }];
  const [here, there] = mode === 'pair' ? ['canary-of', 'canary'] : ['canary', 'canary-of'];
  const message = `${prefix}${key} is "${value.slice(0, longest)}", but it means nothing beside ${prefix}${here}: it goes with ${prefix}${there}. Remove one of the two.`;
  return [{ key, value, message }];
}

function chooseOne(stable: string): string {
  return (
    `${prefix}canary-of is "${stable.slice(0, longest)}", and ${prefix}canary is there too. Choose one: ${prefix}canary to have each change of ` +
    `this Deployment released, or ${prefix}canary-of to release this Deployment as the canary of another one. Remove the other.`
  );
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
  mode: Mode,
  texts: Readonly<Record<string, string>>,
  unknown: readonly SettingProblem[],
  origin: Origin,
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
  const custom = gatesFromText(texts['gates']);
  problems.push(...custom.problems.map(({ message }) => ofPolicy(message)));
  const stable = mode === 'pair' ? read('canary-of', (text) => parseStable(deployment, text), '') : '';
  read('canary', parseEnabled, '');
  const testers = read<string | undefined>('testers', parseTesters, undefined);
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
    maxUnmeshed: read('max-unmeshed', parseShare, defaultPlan.maxUnmeshed),
    falseRollback: read('false-rollback', parseRisk, defaultPlan.falseRollback),
    ...(testers === undefined ? {} : { testers }),
    gates: custom.gates,
  };
  const route = { ...read('virtual-service', parseObject, {}), ...read('route', parseSection, {}) };
  problems.push(...bakeProblems(plan, texts, prefix));
  if (origin === 'written') problems.push(...senseless(plan, texts, prefix));
  const unseen = plan.gates.flatMap((gate) => neverSeen(gate, plan.maxBakeMs) ?? []);
  problems.push(...unseen.map(ofPolicy));
  const settings: Settings = mode === 'pair' ? { mode, stable, plan, route } : { mode, plan };
  return problemsOr(problems, { kind: 'settings', settings });
}

function ofPolicy(message: string): SettingProblem {
  return { key: 'gates', value: '', message: `CanaryPolicy: ${message}` };
}
