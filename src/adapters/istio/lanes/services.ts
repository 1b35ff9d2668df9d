// The Services that lead to a Deployment's pods, and whether weights can stand between them and the pods.
import { z } from 'zod';
import type { LanesWanted, RouteProblem } from '../../../controller/mesh-port.ts';
import { serviceHost } from '../hosts.ts';
import type { Pod } from '../requests.ts';
import { someOf } from '../words.ts';

/** Parses a Service with what lanes need of it. */
export const laneServiceSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z
    .looseObject({
      clusterIP: z.string().optional(),
      selector: z.record(z.string(), z.string()).default({}),
      ports: z
        .array(
          z.looseObject({
            name: z.string().default(''),
            port: z.int(),
            protocol: z.string().default('TCP'),
            appProtocol: z.string().optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** A Service. */
export type LaneService = z.output<typeof laneServiceSchema>;

type Labels = Readonly<Record<string, string>>;

/** The Services that choose the pods of stable and of the canary alike, or why that cannot be. */
export function servicesOf(
  services: readonly LaneService[],
  wanted: LanesWanted,
): readonly LaneService[] | RouteProblem {
  const choosing = services.filter(({ spec }) => Object.keys(spec.selector).length > 0);
  const moved = choosing.find(
    ({ spec }) => carries(wanted.stableLabels, spec.selector) !== carries(wanted.canaryLabels, spec.selector),
  );
  if (moved !== undefined) return labelsMoved(moved, wanted);
  const found = choosing.filter(({ spec }) => carries(wanted.canaryLabels, spec.selector));
  if (found.length === 0) return noService(wanted);
  const headless = found.find(({ spec }) => spec.clusterIP === 'None');
  return headless === undefined ? found : headlessService(headless, wanted);
}

/** Whether labels satisfy a selector. */
export function carries(labels: Labels, selector: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** The fully qualified host of a Service. */
export function hostOf({ metadata }: LaneService): string {
  return serviceHost(metadata.name, metadata.namespace);
}

function noService({ namespace, target }: LanesWanted): RouteProblem {
  const message = `No Service of namespace ${namespace} selects the pods of ${target}, so there is no traffic whose weights could be moved. Create one, or release without Serin.`;
  return { reason: 'NoService', message };
}

function labelsMoved({ metadata, spec }: LaneService, wanted: LanesWanted): RouteProblem {
  const differing = Object.entries(spec.selector).filter(
    ([key]) => wanted.stableLabels[key] !== wanted.canaryLabels[key],
  );
  const labels = differing.map(([key, value]) => `${key}=${value}`);
  const message =
    `Service ${metadata.name} selects pods by ${someOf(labels)}, which the pods of only one of the two templates carry: the new template of ` +
    `${wanted.target} changes that label. Leave the label out of the Service's selector, or keep its value in the template.`;
  return { reason: 'LabelsMoved', message };
}

function headlessService({ metadata }: LaneService, { target }: LanesWanted): RouteProblem {
  const message =
    `Service ${metadata.name} is headless (clusterIP: None): its clients choose pods of ${target} themselves, so weights cannot hold them back ` +
    'from a canary. Give it a selector that the pods of this Deployment do not match, or delete it.';
  return { reason: 'HeadlessService', message };
}

/** Pods behind the Services that are neither the Deployment's nor a copy's of it; undefined when there are none. */
export function foreignPods(pods: readonly Pod[], { target, namespace }: LanesWanted): RouteProblem | undefined {
  const strangers = pods.filter(({ metadata, status }) => isServing(metadata, status) && !isOwn(metadata, target));
  if (strangers.length === 0) return undefined;
  const names = [...new Set(strangers.map(({ metadata }) => metadata.name))];
  const message =
    `The Services of ${target} also lead to pods that are not its own: ${someOf(names)}. Weights between two versions would take no account of them. ` +
    `Narrow the Service's selector, or release the Deployments in namespace ${namespace} as a pair (serin.dev/canary-of).`;
  return { reason: 'ForeignPods', message };
}

/** Pods on their way out, and those of a Job that is done, have no endpoints. */
function isServing({ deletionTimestamp }: Pod['metadata'], { phase }: Pod['status']): boolean {
  return deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

/** A ReplicaSet is named after its Deployment and its hash; a copy's pods carry its revision besides. */
function isOwn({ labels, ownerReferences }: Pod['metadata'], target: string): boolean {
  const owner = ownerReferences.find(({ controller }) => controller);
  const hash = labels['pod-template-hash'];
  if (owner?.kind !== 'ReplicaSet' || hash === undefined) return false;
  const deployment = owner.name.slice(0, -hash.length - 1);
  const revision = labels['serin.dev/revision'];
  return deployment === target || (revision !== undefined && deployment === `${target.slice(0, 240)}-${revision}`);
}

/** What a port carries: `sniffed` where Istio finds out from the first bytes, `none` where it does not look at all. */
export type Carried = 'http' | 'tls' | 'tcp' | 'sniffed' | 'none';

const carriedBy: Readonly<Record<string, Carried>> = {
  http: 'http',
  http2: 'http',
  grpc: 'http',
  'kubernetes.io/h2c': 'http',
  'kubernetes.io/ws': 'http',
  http_proxy: 'tcp',
  https: 'tls',
  tls: 'tls',
  'kubernetes.io/wss': 'tls',
  tcp: 'tcp',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
};

/** Ports whose servers speak first, so that nothing can be sniffed. */
const serverFirst = [25, 53, 3306, 27_017];

/** How Istio understands a port: by appProtocol, or by its name up to a dash (istio/istio pkg/config/kube/conversion.go). */
export function carriedOn({ name, appProtocol, port, protocol }: LaneService['spec']['ports'][number]): Carried {
  if (protocol !== 'TCP') return 'none';
  const said = (appProtocol ?? name).toLowerCase();
  const word = said.startsWith('grpc-web') ? 'grpc' : said;
  const carried = carriedBy[word] ?? carriedBy[word.split('-')[0] ?? ''];
  return carried ?? (serverFirst.includes(port) ? 'tcp' : 'sniffed');
}

/** A port in a sentence. */
export function portName({ name, port }: LaneService['spec']['ports'][number]): string {
  return name === '' ? `${port}` : `${port} (${name})`;
}
