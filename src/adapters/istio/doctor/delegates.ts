// Whether delegated routes take effect: one that is not is dropped without a word.
import { blocking, type Check, check, fine, type Outcome, warning } from './check.ts';
import { doorsOf, type Lane, laneName, lanesTo, placeOf } from './reach.ts';

const orphan = check('delegate-orphan', ['services', 'virtualServices'], (known): Outcome => {
  const delegates = new Set(
    known.virtualServices.flatMap(({ metadata, spec }) =>
      spec.http.flatMap(({ delegate }) =>
        delegate === null || delegate === undefined
          ? []
          : [`${delegate.namespace || metadata.namespace}/${delegate.name}`],
      ),
    ),
  );
  const lost = lanesTo(doorsOf(known, known.services), known.virtualServices).find(
    ({ object }) => object.spec.hosts.length === 0 && !delegates.has(placeOf(object)),
  );
  if (lost === undefined) return fine('Every VirtualService without hosts is delegated to.');
  const found = `VirtualService ${placeOf(lost.object)} has no hosts, which makes it a delegate, and none delegates to it: it routes nothing.`;
  const advice = 'Give it spec.hosts, or name it as delegate in the VirtualService that has them.';
  return known.mode === 'pair' ? blocking(found, advice) : warning(found, advice);
});

type Match = NonNullable<Lane['http']>['match'][number];

/** Whether one path is within another, as far as both are written plainly; what cannot be told counts as within. */
function isWithin(child: Match, root: Match): boolean {
  const [inner, outer] = [pathOf(child), pathOf(root)];
  if (outer === undefined) return true;
  if (inner === undefined) return false;
  if (outer.kind === 'regex' || inner.kind === 'regex') return true;
  if (outer.kind === 'exact') return inner.kind === 'exact' && inner.text === outer.text;
  return inner.text.startsWith(outer.text);
}

function pathOf({ uri }: Match): { readonly kind: 'prefix' | 'exact' | 'regex'; readonly text: string } | undefined {
  if (typeof uri !== 'object' || uri === null) return undefined;
  const [[kind, text] = []] = Object.entries(uri);
  if (kind !== 'prefix' && kind !== 'exact' && kind !== 'regex') return undefined;
  return { kind, text: String(text) };
}

const dropped = check('delegate-match', ['services', 'virtualServices'], (known) => {
  const lanes = lanesTo(doorsOf(known, known.services), known.virtualServices);
  for (const lane of lanes) {
    const { http, object } = lane;
    if (http === undefined || http.match.length === 0 || object.spec.hosts.length > 0) continue;
    const roots = rootsOf(object, known.virtualServices).flatMap(({ match }) => match);
    const outside = roots.length > 0 && http.match.some((match) => !roots.some((root) => isWithin(match, root)));
    if (outside)
      return blocking(
        `${laneName(lane)} matches a path that the VirtualService delegating to it does not: Istio drops such a route without a word.`,
        'Let the delegate match no more than its root does.',
      );
  }
  return fine('No delegate matches more than its root.');
});

function rootsOf(child: Lane['object'], all: readonly Lane['object'][]): readonly NonNullable<Lane['http']>[] {
  return all.flatMap(({ metadata, spec }) =>
    spec.http.filter(
      ({ delegate }) =>
        delegate?.name === child.metadata.name &&
        (delegate.namespace || metadata.namespace) === child.metadata.namespace,
    ),
  );
}

/** Whether delegated routes take effect. */
export const delegateChecks: readonly Check[] = [orphan, dropped];
