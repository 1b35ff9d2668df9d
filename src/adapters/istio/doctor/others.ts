// Who else writes what a rollout writes: GitOps tools, other controllers of releases, people.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Outcome, unknown, warning } from './check.ts';
import type { Metadata } from './fields.ts';
import type { Releaser } from './mesh-objects.ts';
import { doorsOf, lanesTo, placeOf } from './reach.ts';

/** Tools that put objects back as Git has them, by what they leave on what they apply. */
const marks: readonly { readonly tool: string; readonly key: RegExp; readonly manager: RegExp }[] = [
  { tool: 'Argo CD', key: /^argocd\.argoproj\.io\//, manager: /^argocd/ },
  { tool: 'Flux', key: /^(kustomize|helm)\.toolkit\.fluxcd\.io\//, manager: /^(kustomize|helm)-controller$/ },
];

function keeperOf({ labels, annotations, managedFields }: Metadata): string | undefined {
  const keys = [...Object.keys(labels), ...Object.keys(annotations)];
  return marks.find(
    ({ key, manager }) =>
      keys.some((each) => key.test(each)) || managedFields.some((each) => manager.test(each.manager)),
  )?.tool;
}

const gitops = check('gitops', ['services', 'virtualServices'], (known) => {
  const lanes = lanesTo(doorsOf(known, known.services), known.virtualServices);
  const kept = [...new Set(lanes.map(({ object }) => object))].flatMap((object) => {
    const tool = keeperOf(object.metadata);
    return tool === undefined ? [] : [{ tool, place: placeOf(object) }];
  });
  const [first] = kept;
  if (first === undefined) return fine('No GitOps tool applies the routes.');
  return warning(
    `${first.tool} applies VirtualService ${someOf(kept.map(({ place }) => place))} and may put its weights back during a rollout. Serin writes them again each time, and says so; between the two, traffic is as in Git.`,
    `Let ${first.tool} leave the weights alone, or keep them in a delegate VirtualService: docs/gitops.md has the lines.`,
  );
});

/** Whether another controller's object speaks about this Deployment, or about a VirtualService that leads to it. */
function concerns({ spec }: Releaser, names: readonly string[], routes: readonly string[]): boolean {
  const named = [spec.targetRef, spec.workloadRef, spec.objectRef?.workloadRef].some(
    (reference) => (reference?.kind ?? 'Deployment') === 'Deployment' && names.includes(reference?.name ?? ''),
  );
  return named || routesIn(spec.strategy).some((route) => routes.includes(route));
}

/** Names of VirtualServices anywhere in an Argo Rollout's strategy: `virtualService` and `virtualServices`. */
function routesIn(strategy: unknown): readonly string[] {
  if (Array.isArray(strategy)) return strategy.flatMap(routesIn);
  if (typeof strategy !== 'object' || strategy === null) return [];
  return Object.entries(strategy).flatMap(([key, value]) =>
    key === 'virtualService' || key === 'virtualServices' ? namesIn(value) : routesIn(value),
  );
}

function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return typeof value === 'object' && value !== null && 'name' in value ? [String(value.name)] : [];
}

const releaser = check('other-releaser', ['releasers', 'services', 'virtualServices'], (known) => {
  const { namespace, stable, canary } = known;
  const lanes = lanesTo(doorsOf(known, known.services), known.virtualServices);
  const routes = lanes.map(({ object }) => object.metadata).filter((metadata) => metadata.namespace === namespace);
  const names = routes.map(({ name }) => name);
  const found = known.releasers.filter((each) => concerns(each, [stable.workload, canary.workload], names));
  if (found.length === 0) return fine('No other controller releases this Deployment.');
  return blocking(
    `${someOf(found.map((each) => `${each.kind} ${placeOf(each)}`))} releases this Deployment or moves its routes as well: two controllers would undo each other's weights.`,
    'Delete that object first, and let its controller put the routes back.',
  );
});

const paused = check('paused-by-person', [], ({ mode, namespace, target }) => {
  const { metadata, spec } = target;
  if (mode === 'pair' || !spec.paused || metadata.annotations['serin.dev/held'] !== undefined)
    return fine('Nobody has paused the Deployment.');
  return blocking(
    `${metadata.name} is paused by a person, which Serin respects: nothing of it is released until it is resumed.`,
    `kubectl rollout resume deployment/${metadata.name} -n ${namespace}`,
  );
});

const annotations = check('annotations', [], ({ problems, policyUnread, asks, namespace, target }): Outcome => {
  const { name } = target.metadata;
  if (policyUnread !== undefined) return unknown(`The shared policy could not be read: ${policyUnread}`);
  if (problems.length > 0)
    return blocking(
      problems.join(' '),
      `Correct the annotations; serin plan ${name} -n ${namespace} shows how they are read.`,
    );
  if (asks) return fine('The annotations are understood.');
  return fine(
    `${name} asks for no canary, and is examined as if it did: kubectl annotate deployment/${name} -n ${namespace} serin.dev/canary=enabled`,
  );
});

const hold = check('hold', [], ({ mode, namespace, target }, glimpse): Outcome => {
  if (mode === 'pair') return fine('A pair is not held.');
  const holdsByItself = glimpse('holdsByItself');
  if (holdsByItself === undefined)
    return unknown(
      'Whether the cluster holds a changed template by itself is asked by a dry run, of an adopted Deployment.',
    );
  if (holdsByItself) return fine('The cluster holds a changed template in the very write that changes it.');
  const { name } = target.metadata;
  return warning(
    `The cluster does not pause ${name} in the write that changes its template, so that Serin keeps it paused at rest: kubectl rollout restart and undo are refused, and Argo CD shows it as Suspended.`,
    `On Kubernetes 1.36 or later: kubectl apply -f deploy/admission/hold.yaml. Until then: serin restart ${name} -n ${namespace}, serin undo ${name} -n ${namespace}`,
  );
});

/** Who else writes what a rollout writes. */
export const otherChecks: readonly Check[] = [annotations, paused, hold, gitops, releaser];
