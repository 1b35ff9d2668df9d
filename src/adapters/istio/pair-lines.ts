// The lines that turn a route to a plain host into one that names both versions.
import type { Destination } from '../../domain/rollout.ts';
import { fullHost, serviceOf } from './hosts.ts';
import { type Pair, type Role, roleOf, rulesFor, type Surroundings, subsetsFor } from './surroundings.ts';

interface SubsetLine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What to write so that weights can tell the pair apart behind the destination's host, read from a VirtualService of
 * `namespace`: the route's lines in YAML, after those of the DestinationRule where no subsets fit yet.
 */
export function pairLines(plain: Destination, namespace: string, pair: Pair, around: Surroundings): string {
  const existing = existingSubsets(plain, namespace, pair, around);
  if (existing !== undefined) return `Replace its lines by:\n${routeLines(plain, existing)}`;
  const subsets = proposedSubsets(pair);
  if (subsets === undefined) {
    return `Their pod templates carry the same labels: give each a label of its own, such as version, and define a subset for each.`;
  }
  const rule = ruleLines(plain, namespace, subsets, around);
  return `${rule}\nA few seconds later, replace the route's lines by:\n${routeLines(plain, [subsets[0].name, subsets[1].name])}`;
}

/** Names of subsets that are there already and reach one version each. */
function existingSubsets(
  plain: Destination,
  namespace: string,
  pair: Pair,
  around: Surroundings,
): readonly [string, string] | undefined {
  const names = subsetsFor(fullHost(plain.host, namespace), namespace, around).map(({ name }) => name);
  function reaching(wanted: Role): string | undefined {
    return names.find((subset) => roleOf({ ...plain, subset }, namespace, pair, around) === wanted);
  }
  const [stable, canary] = [reaching('stable'), reaching('canary')];
  return stable === undefined || canary === undefined ? undefined : [stable, canary];
}

/** A label by which the pods differ, `version` for choice, and subsets by it; undefined when they differ in none. */
function proposedSubsets({ stable, canary }: Pair): readonly [SubsetLine, SubsetLine] | undefined {
  const keys = Object.keys(stable.podLabels)
    .filter((key) => key in canary.podLabels && stable.podLabels[key] !== canary.podLabels[key])
    .toSorted();
  const key = keys.includes('version') ? 'version' : keys[0];
  if (key === undefined) return undefined;
  const [old = '', fresh = ''] = [stable.podLabels[key], canary.podLabels[key]];
  const named = isSubsetName(old) && isSubsetName(fresh);
  return [
    { name: named ? old : stable.name, labels: { [key]: old } },
    { name: named ? fresh : canary.name, labels: { [key]: fresh } },
  ];
}

/** Istio accepts DNS labels as subset names (istio/istio pkg/config/validation, validateSubset). */
function isSubsetName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

function ruleLines(
  { host }: Destination,
  namespace: string,
  subsets: readonly SubsetLine[],
  around: Surroundings,
): string {
  const [rule] = rulesFor(fullHost(host, namespace), namespace, around);
  const lines = subsets.flatMap(({ name, labels }) => [
    `  - name: ${scalar(name)}`,
    `    labels: {${Object.entries(labels)
      .map(([key, value]) => `${scalar(key)}: ${scalar(value)}`)
      .join(', ')}}`,
  ]);
  if (rule !== undefined) {
    return [
      `Add to DestinationRule ${rule.metadata.namespace}/${rule.metadata.name}:`,
      'spec:',
      '  subsets:',
      ...lines,
    ].join('\n');
  }
  const head = [
    'apiVersion: networking.istio.io/v1',
    'kind: DestinationRule',
    `metadata: {name: ${scalar(serviceOf(fullHost(host, namespace))?.name ?? host)}, namespace: ${namespace}}`,
  ];
  return ['Apply:', ...head, 'spec:', `  host: ${scalar(host)}`, '  subsets:', ...lines].join('\n');
}

function routeLines({ host, port }: Destination, subsets: readonly [string, string]): string {
  const [stable, canary] = subsets.map((subset) => {
    const number = port === undefined ? '' : `, port: {number: ${port}}`;
    return `  - destination: {host: ${scalar(host)}, subset: ${scalar(subset)}${number}}`;
  });
  return ['  route:', stable, '    weight: 100', canary, '    weight: 0'].join('\n');
}

/** A string in YAML, quoted unless it can only be read as a string. */
function scalar(text: string): string {
  const plain = /^[a-z][-a-z0-9./]*[a-z0-9]$/i.test(text) && !/^(?:true|false|null|yes|no|on|off)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
