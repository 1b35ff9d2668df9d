// Whether what secures stable secures the canary alike: encryption, permissions, identities.
import { rootNamespace } from '../surroundings.ts';
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Known, warning } from './check.ts';
import type { Chooser } from './facts.ts';
import type { Labels } from './fields.ts';
import { carries, chooses } from './labels.ts';
import type { Choosing, PeerAuthentication, TrafficPolicy } from './mesh-objects.ts';
import { doorsOf, placeOf, rulesFor } from './reach.ts';

/**
 * The mode in force for pods with these labels: the workload's own PeerAuthentication over the namespace's over the root's, each
 * only as far as it says one; the oldest of several.
 */
function mtlsFor(
  labels: Labels,
  namespace: string,
  all: readonly PeerAuthentication[],
): PeerAuthentication | undefined {
  const oldest = all.toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  const isWide = ({ spec }: PeerAuthentication): boolean => Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
  const says = ({ spec }: PeerAuthentication): boolean => !['', 'UNSET'].includes(spec.mtls?.mode ?? '');
  const here = oldest.filter(({ metadata }) => metadata.namespace === namespace);
  const own = here.filter((each) => !isWide(each) && carries(labels, each.spec.selector?.matchLabels ?? {}));
  const root = oldest.filter(({ metadata }) => metadata.namespace === rootNamespace);
  return [...own, ...here.filter(isWide), ...root.filter(isWide)].find(
    (each) => says(each) || Object.keys(each.spec.portLevelMtls).length > 0,
  );
}

function plainModes({ tls, portLevelSettings }: TrafficPolicy): readonly string[] {
  return [tls?.mode, ...portLevelSettings.map((each) => each.tls?.mode)].filter(
    (mode): mode is string => mode === 'DISABLE' || mode === 'SIMPLE',
  );
}

const mtls = check('mtls-conflict', ['services', 'destinationRules', 'peerAuthentications'], (known) => {
  const strict = [known.stable, known.canary]
    .map(({ labels }) => mtlsFor(labels, known.namespace, known.peerAuthentications))
    .find((each) => each?.spec.mtls?.mode === 'STRICT');
  if (strict === undefined) return fine('The pods accept what clients send, encrypted or not.');
  for (const { host } of doorsOf(known, known.services)) {
    for (const rule of rulesFor(host, known.namespace, known.destinationRules)) {
      const policies = [rule.spec.trafficPolicy, ...rule.spec.subsets.map(({ trafficPolicy }) => trafficPolicy)];
      const [mode] = policies.flatMap((policy) => (policy === null || policy === undefined ? [] : plainModes(policy)));
      if (mode !== undefined)
        return blocking(
          `PeerAuthentication ${placeOf(strict)} demands mutual TLS (STRICT), and DestinationRule ${placeOf(rule)} makes clients speak ${mode}: connections fail (UF).`,
          'Take trafficPolicy.tls out of the rule, or set its mode to ISTIO_MUTUAL.',
        );
    }
  }
  return fine('The pods demand mutual TLS, and no rule keeps clients from it.');
});

/** Objects of the namespace or the root that choose one version's pods and not the other's. */
function torn(known: Known<never>, choosers: readonly Chooser[]): readonly string[] {
  return choosers
    .filter(({ object }) => [known.namespace, rootNamespace].includes(object.metadata.namespace))
    .filter(({ object }) => chosenBy(object, known.stable.labels) !== chosenBy(object, known.canary.labels))
    .map(({ kind, object }) => `${kind} ${placeOf(object)}`);
}

function chosenBy({ spec }: Choosing, labels: Labels): boolean {
  const { selector, workloadSelector, podSelector } = spec;
  if (podSelector !== null && podSelector !== undefined) return chooses(podSelector, labels);
  return carries(labels, {
    ...selector?.matchLabels,
    ...workloadSelector?.labels,
    ...workloadSelector?.matchLabels,
  });
}

const parity = check('policy-parity', ['meshChoices'], (known) => {
  const found = torn(known, known.meshChoices);
  if (found.length === 0) return fine("Istio's policies choose the pods of both versions or of neither.");
  return blocking(
    `${someOf(found)} chooses the pods of one version and not of the other: what one may do is refused to the other (403), or the canary escapes a rule.`,
    'Select by labels that both have, such as app, and not by version or pod-template-hash.',
  );
});

const podParity = check('selector-parity', ['podChoices'], (known) => {
  const found = torn(known, known.podChoices);
  if (found.length === 0) return fine('Network policies, budgets and monitors choose both versions or neither.');
  return warning(
    `${someOf(found)} chooses the pods of one version and not of the other, so that the two do not live under the same conditions.`,
    'Select by labels that both have, such as app, and not by version or pod-template-hash.',
  );
});

const account = check('service-account', ['authorizationPolicies'], (known) => {
  const { namespace, stable, canary } = known;
  const [old, next] = [stable, canary].map(({ template }) => template.spec.serviceAccountName || 'default');
  if (old === next || old === undefined || next === undefined) return fine('Both versions run as one ServiceAccount.');
  const callees = known.authorizationPolicies.filter(({ spec }) =>
    spec.rules.some(({ from }) => {
      const sources = from.flatMap(({ source }) => (source === null || source === undefined ? [] : [source]));
      const names = (who: string): boolean =>
        sources.some(
          ({ principals, serviceAccounts }) =>
            principals.some((principal) => principal.endsWith(`/ns/${namespace}/sa/${who}`)) ||
            serviceAccounts.some((written) => written === who || written === `${namespace}/${who}`),
        );
      return names(old) && !names(next);
    }),
  );
  if (callees.length === 0)
    return warning(
      `Stable runs as ServiceAccount ${old} and the canary as ${next}. No AuthorizationPolicy that can be read tells them apart; what else does is not known.`,
      `Give ${next} what ${old} may do before the release.`,
    );
  return blocking(
    `The canary runs as ServiceAccount ${next} instead of ${old}, and AuthorizationPolicy ${someOf(callees.map(placeOf))} admits the old one alone: its calls are refused (403).`,
    `Add cluster.local/ns/${namespace}/sa/${next} to the principals of those policies.`,
  );
});

/** Whether what secures stable secures the canary alike. */
export const securityChecks: readonly Check[] = [mtls, parity, podParity, account];
