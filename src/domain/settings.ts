// What a service owner writes: annotations under one prefix, or the fields of a shared policy. Read once, at the door.
import type { Plan } from './plan.ts';
import type { Mode, RolloutSpec } from './rollout.ts';
import { longest, prefix, type SettingKey, type SettingProblem, settingKeys } from './settings-keys.ts';
import { type Origin, readSettings } from './settings-plan.ts';
import { nearest } from './spelling.ts';

/** Keys Serin itself writes on a Deployment. */
const markKeys: readonly string[] = ['phase', 'rollout', 'last', 'stable', 'held'];

/** Settings that mean something for one way of releasing alone. */
const keysOf: Readonly<Record<Mode, readonly SettingKey[]>> = {
  pair: ['canary-of', 'virtual-service', 'route'],
  managed: ['canary', 'max-unmeshed', 'testers'],
};

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

function assemble(
  deployment: string,
  mode: Mode,
  texts: Readonly<Record<string, string>>,
  unknown: readonly SettingProblem[],
  origin: Origin,
): ParsedSettings {
  const { plan, stable, route, problems } = readSettings(deployment, mode, texts, origin);
  const settings: Settings = mode === 'pair' ? { mode, stable, plan, route } : { mode, plan };
  return problemsOr([...unknown, ...problems], { kind: 'settings', settings });
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
