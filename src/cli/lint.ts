// serin lint: what is wrong with manifests, said before they are applied. Needs no cluster.
import { readFreezes } from '../domain/freeze-settings.ts';
import { readGates } from '../domain/gates/custom-settings.ts';
import { type PlaceValues, type QueryProblem, readTemplate, renderTemplate } from '../domain/gates/query-template.ts';
import { fieldName, fieldPath, policySettings, unknownField, wrongType } from '../domain/policy.ts';
import { concerns, parseSettings, policyOf } from '../domain/settings.ts';
import { prefix, type SettingProblem, settingKeys } from '../domain/settings-keys.ts';
import { nearest } from '../domain/spelling.ts';
import type { CliParts } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { readText } from './input.ts';
import { isObject, type Manifest, type Path, readManifests } from './manifests.ts';

/** Says what is wrong with a query as it would be asked. */
type QuerySyntax = (query: string) => readonly QueryProblem[];

interface Complaint {
  readonly line: number;
  readonly message: string;
}

/** Prints every problem with its line: 0 when there is none, 2 when there are some or a file cannot be read. */
export async function runLint(parts: CliParts, files: readonly string[]): Promise<ExitCode> {
  const syntax = await parts.querySyntax();
  const read = await Promise.all(files.map(async (file) => ({ file, ...readManifests(await readText(parts, file)) })));
  const policies = read.flatMap(({ manifests }) => manifests.filter(isPolicy));
  let found = 0;
  let looked = 0;
  for (const { file, manifests, problems } of read) {
    const own = manifests.filter(isOurs);
    const complaints = [...problems, ...own.flatMap((manifest) => complaintsOf(manifest, policies, syntax))];
    for (const { line, message } of complaints.toSorted((a, b) => a.line - b.line))
      parts.terminal.out(`${shown(file)}:${line}: ${message}\n`);
    found += complaints.length;
    looked += own.length;
  }
  parts.terminal.err(`${summary(looked, found)}\n`);
  return found === 0 ? exitCodes.reached : exitCodes.usage;
}

function summary(looked: number, found: number): string {
  if (looked === 0 && found === 0) return 'Nothing here speaks to Serin: no CanaryPolicy, and no annotated Deployment.';
  const objects = looked === 1 ? 'One object was' : `${looked} objects were`;
  return `${objects} looked at: ${found === 0 ? 'all is well' : found === 1 ? 'one problem' : `${found} problems`}.`;
}

function shown(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** Whether Serin, or somebody who means Serin, reads the object. */
function isOurs(manifest: Manifest): boolean {
  return isPolicy(manifest) || isStranger(manifest) || isAsking(manifest) || isMisplaced(manifest);
}

const kinds = ['CanaryPolicy', 'CanaryRollout'];

/** Whether it is of Serin's group and of a kind that there is not. */
function isStranger({ value }: Manifest): boolean {
  return String(value['apiVersion']).startsWith('serin.dev/') && !kinds.includes(String(value['kind']));
}

function isPolicy({ value }: Manifest): boolean {
  return value['kind'] === 'CanaryPolicy';
}

function isAsking({ value }: Manifest): boolean {
  return value['kind'] === 'Deployment' && concerns(annotationsOf(value));
}

/** Whether the pod template carries what belongs on the Deployment. */
function isMisplaced({ value }: Manifest): boolean {
  return value['kind'] === 'Deployment' && concerns(annotationsOf(templateOf(value)));
}

function templateOf({ spec }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const template = isObject(spec) ? spec['template'] : undefined;
  return isObject(template) ? template : {};
}

function annotationsOf({ metadata }: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  const entries = isObject(annotations) ? Object.entries(annotations) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === 'string' ? value : String(value)]));
}

function nameOf({ value }: Manifest, field: 'name' | 'namespace'): string | undefined {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const name = metadata[field];
  return typeof name === 'string' ? name : undefined;
}

function complaintsOf(manifest: Manifest, policies: readonly Manifest[], syntax: QuerySyntax): readonly Complaint[] {
  const at = (path: Path, message: string, offset?: number): Complaint => ({
    line: manifest.lineOf(path, offset),
    message,
  });
  if (isStranger(manifest)) return [strangerComplaint(manifest, at)];
  if (!isPolicy(manifest)) return deploymentComplaints(manifest, policies, at);
  return [...twinComplaint(manifest, policies, at), ...policyComplaints(manifest, syntax, at)];
}

type At = (path: Path, message: string, offset?: number) => Complaint;

function strangerComplaint({ value }: Manifest, at: At): Complaint {
  const kind = String(value['kind']);
  const guess = nearest(kind, kinds) ?? 'CanaryPolicy';
  return at(['kind'], `kind is ${JSON.stringify(kind)}, which serin.dev does not have. Did you mean ${guess}?`);
}

/** Of two policies of one name in one namespace the later one wins in the cluster. */
function twinComplaint(manifest: Manifest, policies: readonly Manifest[], at: At): readonly Complaint[] {
  const [name, namespace] = [nameOf(manifest, 'name'), nameOf(manifest, 'namespace')];
  const first = policies.find((each) => nameOf(each, 'name') === name && nameOf(each, 'namespace') === namespace);
  if (name === undefined || first === manifest) return [];
  return [at(['metadata', 'name'], `A CanaryPolicy called ${name} is there already; the later one would replace it.`)];
}

function policyComplaints(manifest: Manifest, syntax: QuerySyntax, at: At): readonly Complaint[] {
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
    ...readFreezes(nameOf(manifest, 'name') ?? '', spec['freeze'], spec['stop']).problems.map((message) =>
      at(['spec', 'freeze'], message),
    ),
    ...gateComplaints(gates, syntax, at),
  ];
}

/** What is wrong with a policy's settings, whichever Deployment has them. */
function problemsOf(settings: Readonly<Record<string, string>>): readonly SettingProblem[] {
  const parsed = parseSettings('any', { [`${prefix}canary`]: 'enabled' }, settings);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

/** A sentence about annotations as one about fields. */
function inFields(message: string): string {
  return settingKeys
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, key) => text.replaceAll(`${prefix}${key}`, ['spec', ...fieldPath(key)].join('.')), message);
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

function deploymentComplaints(manifest: Manifest, policies: readonly Manifest[], at: At): readonly Complaint[] {
  const { value } = manifest;
  const inTemplate = Object.keys(annotationsOf(templateOf(value))).filter((key) => concerns({ [key]: '' }));
  const misplaced = inTemplate.map((key) =>
    at(
      ['spec', 'template', 'metadata', 'annotations', key],
      `${key} stands on the pod template, where nobody reads it. Put it under metadata.annotations of the Deployment.`,
    ),
  );
  const annotations = annotationsOf(value);
  if (!concerns(annotations)) return misplaced;
  const policy = policies.find((each) => isMeant(each, policyOf(annotations), nameOf(manifest, 'namespace')));
  const spec = policy?.value['spec'];
  // What is wrong with the policy is said of the policy.
  const { gates: _, ...shared } = isObject(spec) ? spec : {};
  const good = soundParts(policySettings(shared));
  const parsed = parseSettings(nameOf(manifest, 'name') ?? '', annotations, good);
  const wrong = parsed.kind === 'problems' ? parsed.problems : [];
  const alone = parsed.kind === 'none' ? [at(['metadata', 'annotations'], asksForNothing(annotations))] : [];
  const own = wrong.map(({ key, message }) => at(['metadata', 'annotations', `${prefix}${key}`], message));
  return [...misplaced, ...own, ...alone];
}

function isMeant(policy: Manifest, name: string | undefined, namespace: string | undefined): boolean {
  const place = nameOf(policy, 'namespace');
  const isHere = place === undefined || namespace === undefined || place === namespace;
  return name !== undefined && nameOf(policy, 'name') === name && isHere;
}

/** A policy's settings without those that cannot be read. */
function soundParts(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const wrong = problemsOf(settings).map(({ key }) => key);
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !wrong.includes(key)));
}

function asksForNothing(annotations: Readonly<Record<string, string>>): string {
  const [key] = Object.keys(annotations).filter((each) => each.startsWith(prefix));
  return `${key ?? prefix} means nothing by itself: the Deployment asks for no canary. Add ${prefix}canary: enabled, or ${prefix}canary-of.`;
}
