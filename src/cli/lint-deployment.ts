// What is wrong with an annotated Deployment, over the policy that it names.
import { policySettings } from '../domain/policy.ts';
import { concerns, parseSettings, policyOf } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { type At, annotationsOf, type Complaint, nameOf } from './lint-complaint.ts';
import { problemsOf } from './lint-policy.ts';
import { isObject, type Manifest } from './manifests.ts';

/** The annotations of the pod template, where those of Serin do not belong. */
export function templateAnnotationsOf({ spec }: Manifest['value']): Readonly<Record<string, string>> {
  const template = isObject(spec) ? spec['template'] : undefined;
  return isObject(template) ? annotationsOf(template) : {};
}

/** What is wrong with its annotations. The policy that it names is looked for among the policies. */
export function deploymentComplaints(manifest: Manifest, policies: readonly Manifest[], at: At): readonly Complaint[] {
  const { value } = manifest;
  const inTemplate = Object.keys(templateAnnotationsOf(value)).filter((key) => concerns({ [key]: '' }));
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
