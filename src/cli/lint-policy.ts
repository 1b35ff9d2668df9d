// What is wrong with a CanaryPolicy: its fields, its freezes, its gates and their queries.
import { readFreezes } from '../domain/freeze-settings.ts';
import { readGates } from '../domain/gates/custom-settings.ts';
import { type PlaceValues, type QueryProblem, readTemplate, renderTemplate } from '../domain/gates/query-template.ts';
import { fieldName, fieldPath, policySettings, unknownField, wrongType } from '../domain/policy.ts';
import { parseSettings } from '../domain/settings.ts';
import { prefix, type SettingProblem, settingKeys } from '../domain/settings-keys.ts';
import { type At, type Complaint, nameOf } from './lint-complaint.ts';
import { isObject, type Manifest, type Path } from './manifests.ts';

/** Says what is wrong with a query as it would be asked. */
export type QuerySyntax = (query: string) => readonly QueryProblem[];

/** What is wrong with the policy, by itself and beside the other policies. */
export function policyComplaints(
  manifest: Manifest,
  policies: readonly Manifest[],
  syntax: QuerySyntax,
  at: At,
): readonly Complaint[] {
  return [...twinComplaint(manifest, policies, at), ...specComplaints(manifest, syntax, at)];
}

/** Of two policies of one name in one namespace the later one wins in the cluster. */
function twinComplaint(manifest: Manifest, policies: readonly Manifest[], at: At): readonly Complaint[] {
  const [name, namespace] = [nameOf(manifest, 'name'), nameOf(manifest, 'namespace')];
  const first = policies.find((each) => nameOf(each, 'name') === name && nameOf(each, 'namespace') === namespace);
  if (name === undefined || first === manifest) return [];
  return [at(['metadata', 'name'], `A CanaryPolicy called ${name} is there already; the later one would replace it.`)];
}

function specComplaints(manifest: Manifest, syntax: QuerySyntax, at: At): readonly Complaint[] {
  const { apiVersion, spec } = manifest.value;
  const version =
    apiVersion === 'serin.dev/v1alpha1'
      ? []
      : [at(['apiVersion'], `apiVersion is ${JSON.stringify(apiVersion)}. Expected "serin.dev/v1alpha1".`)];
  if (!isObject(spec)) return [...version, at(['spec'], 'spec is missing. Expected the settings of the policy.')];
  const { gates, ...settings } = spec;
  const wrong = problemsOf(policySettings(settings));
  const told = new Set(wrong.map(({ key }) => fieldName(key)));
  const fields = Object.keys(spec).flatMap((field) => {
    const message = unknownField(field) ?? (told.has(field) ? undefined : wrongType(field, spec[field]));
    return message === undefined ? [] : [at(['spec', field], message)];
  });
  return [
    ...version,
    ...fields,
    ...wrong.map(({ key, message }) => at(['spec', ...fieldPath(key)], inFields(message))),
    ...freezeComplaints(nameOf(manifest, 'name') ?? '', spec, at),
    ...gateComplaints(gates, syntax, at),
  ];
}

/** What is wrong with a policy's settings, whichever Deployment has them. */
export function problemsOf(settings: Readonly<Record<string, string>>): readonly SettingProblem[] {
  const parsed = parseSettings('any', { [`${prefix}canary`]: 'enabled' }, settings);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

/** A sentence about annotations as one about fields. */
function inFields(message: string): string {
  return settingKeys
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, key) => text.replaceAll(`${prefix}${key}`, ['spec', ...fieldPath(key)].join('.')), message);
}

/** What nobody could read, and what the cluster refuses although it could be read. */
function freezeComplaints(
  policy: string,
  { freeze, stop }: Readonly<Record<string, unknown>>,
  at: At,
): readonly Complaint[] {
  const path = ['spec', 'freeze'];
  if (freeze !== undefined && !Array.isArray(freeze)) {
    const wanted = 'a list of windows, as in [{name: weekend, days: [Sat, Sun]}]';
    return [at(path, `spec.freeze is ${JSON.stringify(freeze)}. Expected ${wanted}.`)];
  }
  const unreadable = readFreezes(policy, freeze, stop).problems.map((message) => at(path, message));
  const misspelt = (freeze ?? []).flatMap((window: unknown, index) => {
    const days = isObject(window) && Array.isArray(window['days']) ? window['days'] : [];
    return days.flatMap((day: unknown) => {
      const message = misspeltDay(day, index);
      return message === undefined ? [] : [at([...path, index, 'days'], message)];
    });
  });
  return [...unreadable, ...misspelt];
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Days are read in more spellings than the cluster takes. */
function misspeltDay(day: unknown, index: number): string | undefined {
  if (typeof day !== 'string' || weekdays.includes(day)) return undefined;
  const meant = weekdays.find((each) => day.toLowerCase().startsWith(each.toLowerCase()));
  if (meant === undefined) return undefined;
  return `spec.freeze[${index}].days has ${JSON.stringify(day)}, which is none of ${weekdays.join(', ')}. Did you mean ${meant}?`;
}

function gateComplaints(gates: unknown, syntax: QuerySyntax, at: At): readonly Complaint[] {
  const { problems } = readGates(gates);
  const wrong = problems.map(({ path, message, offset }) => at(['spec', 'gates', ...path], message, offset));
  if (!Array.isArray(gates)) return wrong;
  const asked = gates.flatMap((gate: unknown, index) =>
    isObject(gate) ? [...queriesIn(gate)].flatMap((query) => spelling(query, index, gate['name'], syntax, at)) : [],
  );
  return [...wrong, ...asked];
}

interface Query {
  readonly path: Path;
  readonly text: string;
}

function queriesIn(gate: Readonly<Record<string, unknown>>): readonly Query[] {
  const compare = isObject(gate['compare']) ? gate['compare'] : {};
  const places: readonly (readonly [Path, unknown])[] = [
    [['query'], gate['query']],
    [['compare', 'canary'], compare['canary']],
    [['compare', 'stable'], compare['stable']],
  ];
  return places.flatMap(([path, text]) => (typeof text === 'string' && text.trim() !== '' ? [{ path, text }] : []));
}

const sample: PlaceValues = {
  canary: 'canary',
  stable: 'stable',
  namespace: 'namespace',
  step: 1,
  weight: 10,
  windowMs: 60_000,
};

/** What is wrong with a query once its places are filled; a template with problems has had its say. */
function spelling(
  { path, text }: Query,
  index: number,
  name: unknown,
  syntax: QuerySyntax,
  at: At,
): readonly Complaint[] {
  const template = readTemplate(text);
  if (template.problems.length > 0) return [];
  const which = typeof name === 'string' ? `Gate "${name.slice(0, 60)}"` : `Gate ${index + 1}`;
  const asked = renderTemplate(template, sample);
  return syntax(asked).map(({ message, offset }) => {
    const line = asked.slice(0, offset).split('\n').length;
    const begin = text.split('\n').slice(0, line).join('\n').length;
    return at(['spec', 'gates', index, ...path], `${which}: ${path.join('.')}: ${message}`, begin);
  });
}
