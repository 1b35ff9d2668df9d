// The words that sentences about routes share.
import type { Pair, Role } from './surroundings.ts';
import { placeOf, type Rule, type Target, type VirtualService } from './virtual-service.ts';

/** A route and whose pods each of its destinations reaches. */
export interface Sighting {
  readonly object: VirtualService;
  readonly rule: Rule;
  readonly seen: readonly { readonly target: Target; readonly role: Role }[];
}

/** A route that leads to both versions. */
export interface Candidate extends Sighting {
  readonly stable: Target;
  readonly canary: Target;
}

/** A route as sentences name it: `http route "default"`, or by its place where it has no name. */
export function ruleName(rule: Rule): string {
  return rule.name === undefined ? `${rule.protocol} route ${rule.index + 1}` : `${rule.protocol} route "${rule.name}"`;
}

/** A route and its object, at the start of a sentence. */
export function whereabouts({ object, rule }: Sighting): string {
  return `${capital(ruleName(rule))} of VirtualService ${placeOf(object)}`;
}

/** A command that sets one annotation on the canary's Deployment. */
export function annotate({ canary }: Pair, key: string, value: string): string {
  return `kubectl annotate --overwrite -n ${canary.namespace} deployment/${canary.name} serin.dev/${key}=${value}`;
}

const listed = 5;

/** The first five, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, listed).join(', ');
  return names.length > listed ? `${shown} and ${names.length - listed} more` : shown;
}

/** With a capital letter, to begin a sentence. */
export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
