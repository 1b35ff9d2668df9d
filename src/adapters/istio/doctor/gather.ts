// Everything that checks ask for, read at one go.
import type { z } from 'zod';
import type { GaugeAnswer } from '../../../controller/ports.ts';
import { type GaugeQuestion, questionOf } from '../../../domain/gates/custom.ts';
import { weightOf } from '../../../domain/plan.ts';
import { rootNamespace } from '../surroundings.ts';
import type { Chooser, Examined, Facts, Reading, Right, Sources, Traffic, TriedGate } from './facts.ts';
import type { Metadata } from './fields.ts';
import * as kubernetes from './kubernetes-objects.ts';
import * as mesh from './mesh-objects.ts';
import { rightsFor } from './permissions.ts';
import { questionsAbout } from './questions.ts';
import { doorsOf } from './reach.ts';
import { type DoctorRequests, type Kind, mayDo, readAll, readAround, readIn, readOne, remembering } from './read.ts';

/** Asks Prometheus for one number; undefined when there is no such series. Throws with a sentence, free of credentials. */
export type Question = (query: string) => Promise<number | undefined>;

/** Asks Prometheus a custom gate's question as it is now. Never throws. */
export type GaugeQuestions = (question: GaugeQuestion) => Promise<GaugeAnswer>;

/** What the controller or the command know besides; each is left out where nobody asks for it. */
export interface Further {
  readonly query?: Question;
  readonly gauge?: GaugeQuestions;
  /** Whose rights are looked at; those of the caller unless given. */
  readonly account?: string;
  readonly routeProblem?: () => Promise<Sources['routeProblem']>;
  readonly holdsByItself?: () => Promise<boolean>;
}

const istioVersions = ['v1', 'v1beta1', 'v1alpha3'] as const;

function core(plural: string): Kind {
  return { group: '', versions: ['v1'], plural };
}

function istio(plural: string): Kind {
  return { group: 'networking.istio.io', versions: istioVersions, plural };
}

function security(plural: string): Kind {
  return { group: 'security.istio.io', versions: ['v1', 'v1beta1'], plural };
}

function gatewayApi(plural: string): Kind {
  return { group: 'gateway.networking.k8s.io', versions: ['v1', 'v1beta1'], plural };
}

const telemetries: Kind = { group: 'telemetry.istio.io', versions: ['v1', 'v1alpha1'], plural: 'telemetries' };

/** Reads everything around what is examined. What cannot be read is so marked and spoils nothing else. */
export async function gather(cluster: DoctorRequests, examined: Examined, further: Further): Promise<Facts> {
  const { namespace } = examined;
  const requests = remembering(cluster);
  const here = <T>(kind: Kind, schema: z.ZodType<T>) => readIn(requests, kind, namespace, schema);
  const around = <T>(kind: Kind, schema: z.ZodType<T>) =>
    readAround(requests, kind, [namespace, rootNamespace], schema);
  const apps = (plural: string): Kind => ({ group: 'apps', versions: ['v1'], plural });
  const scaling: Kind = { group: 'autoscaling', versions: ['v2'], plural: 'horizontalpodautoscalers' };
  const disruption: Kind = { group: 'policy', versions: ['v1'], plural: 'poddisruptionbudgets' };
  const hooks: Kind = {
    group: 'admissionregistration.k8s.io',
    versions: ['v1'],
    plural: 'validatingwebhookconfigurations',
  };
  const services = here(core('services'), kubernetes.serviceSchema);
  const sources: { readonly [S in keyof Sources]: Promise<Reading<Sources[S]>> } = {
    namespaceObject: namespaceNamed(requests, namespace),
    deployments: here(apps('deployments'), kubernetes.deploymentSchema),
    pods: here(core('pods'), kubernetes.podSchema),
    services,
    namesakes: namesakes(requests, examined, services),
    istioServed: isServed(requests),
    virtualServices: around(istio('virtualservices'), mesh.virtualServiceSchema),
    destinationRules: around(istio('destinationrules'), mesh.destinationRuleSchema),
    gateways: around(istio('gateways'), mesh.gatewaySchema),
    sidecars: around(istio('sidecars'), mesh.sidecarSchema),
    peerAuthentications: around(security('peerauthentications'), mesh.peerAuthenticationSchema),
    authorizationPolicies: around(security('authorizationpolicies'), mesh.authorizationPolicySchema),
    telemetries: around(telemetries, mesh.telemetrySchema),
    meshChoices: choosers(around, meshChoosers),
    podChoices: choosers(here, podChoosers),
    apiRoutes: joined(['httproutes', 'grpcroutes'].map((plural) => around(gatewayApi(plural), mesh.apiRouteSchema))),
    autoscalers: here(scaling, kubernetes.autoscalerSchema),
    budgets: here(disruption, kubernetes.budgetSchema),
    quotas: here(core('resourcequotas'), kubernetes.quotaSchema),
    releasers: joined(otherReleasers.map((kind) => here(kind, mesh.releaserSchema))),
    webhooks: readAll(requests, hooks, kubernetes.webhookSchema),
    traffic: trafficOf(examined, further.query),
    triedGates: tried(examined, further.gauge),
    missingRights: missingRights(requests, examined, further.account),
    routeProblem: asked(further.routeProblem, 'routes are looked at by whoever begins a rollout.'),
    holdsByItself: asked(further.holdsByItself, 'that is asked of an adopted Deployment alone, by a dry run.'),
  };
  const read = await Promise.all(
    Object.entries(sources).map(async ([name, reading]) => [name, await reading] as const),
  );
  // The same names as above, each with what its promise gave.
  return { examined, sources: Object.fromEntries(read) as Facts['sources'] };
}

const meshChoosers: readonly (readonly [string, Kind])[] = [
  ['PeerAuthentication', security('peerauthentications')],
  ['AuthorizationPolicy', security('authorizationpolicies')],
  ['RequestAuthentication', security('requestauthentications')],
  ['Telemetry', telemetries],
  ['Sidecar', istio('sidecars')],
  ['EnvoyFilter', { group: 'networking.istio.io', versions: ['v1alpha3'], plural: 'envoyfilters' }],
  ['WasmPlugin', { group: 'extensions.istio.io', versions: ['v1alpha1'], plural: 'wasmplugins' }],
];

const podChoosers: readonly (readonly [string, Kind])[] = [
  ['NetworkPolicy', { group: 'networking.k8s.io', versions: ['v1'], plural: 'networkpolicies' }],
  ['PodDisruptionBudget', { group: 'policy', versions: ['v1'], plural: 'poddisruptionbudgets' }],
  ['PodMonitor', { group: 'monitoring.coreos.com', versions: ['v1'], plural: 'podmonitors' }],
];

const otherReleasers: readonly Kind[] = [
  { group: 'flagger.app', versions: ['v1beta1'], plural: 'canaries' },
  { group: 'argoproj.io', versions: ['v1alpha1'], plural: 'rollouts' },
  { group: 'rollouts.kruise.io', versions: ['v1beta1', 'v1alpha1'], plural: 'rollouts' },
];

type Reader = <T>(kind: Kind, schema: z.ZodType<T>) => Promise<Reading<readonly T[]>>;

function choosers(read: Reader, kinds: readonly (readonly [string, Kind])[]): Promise<Reading<readonly Chooser[]>> {
  return joined(
    kinds.map(async ([name, kind]): Promise<Reading<readonly Chooser[]>> => {
      const reading = await read(kind, mesh.choosingSchema);
      if (reading.kind === 'unread') return reading;
      return { kind: 'read', value: reading.value.map((object) => ({ kind: name, object })) };
    }),
  );
}

/** All of several readings, or the first that could not be read. */
async function joined<T>(readings: readonly Promise<Reading<readonly T[]>>[]): Promise<Reading<readonly T[]>> {
  const all: T[] = [];
  for (const reading of await Promise.all(readings)) {
    if (reading.kind === 'unread') return reading;
    all.push(...reading.value);
  }
  return { kind: 'read', value: all };
}

async function namespaceNamed(requests: DoctorRequests, namespace: string): Promise<Reading<kubernetes.Namespace>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const reading = await readOne(requests, path, kubernetes.plainSchema);
  if (reading.kind === 'unread') return reading;
  if (reading.value !== undefined) return { kind: 'read', value: reading.value };
  return { kind: 'unread', why: `namespace ${namespace} is gone.` };
}

/** Asked by name, so that a cluster of many Services is not read for a few. */
async function namesakes(
  requests: DoctorRequests,
  examined: Examined,
  services: Promise<Reading<readonly kubernetes.Service[]>>,
): Promise<Reading<readonly Metadata[]>> {
  const own = await services;
  if (own.kind === 'unread') return own;
  const found = await joined(
    doorsOf(examined, own.value).map(({ service }) =>
      readAll(requests, core('services'), kubernetes.plainSchema, `metadata.name=${service.metadata.name}`),
    ),
  );
  return found.kind === 'unread' ? found : { kind: 'read', value: found.value.map(({ metadata }) => metadata) };
}

async function isServed(requests: DoctorRequests): Promise<Reading<boolean>> {
  const reading = await readOne(requests, '/apis/networking.istio.io', mesh.groupSchema);
  return reading.kind === 'unread' ? reading : { kind: 'read', value: reading.value !== undefined };
}

async function trafficOf({ namespace, stable }: Examined, query: Question | undefined): Promise<Reading<Traffic>> {
  if (query === undefined)
    return { kind: 'unread', why: 'the address of Prometheus was not given (--prometheus-url).' };
  try {
    const questions = Object.entries(questionsAbout(namespace, stable.workload));
    const answers = await Promise.all(
      questions.map(async ([name, text]) => [name, finite(await query(text))] as const),
    );
    // The same names as the questions.
    return { kind: 'read', value: Object.fromEntries(answers) as unknown as Traffic };
  } catch (cause) {
    return { kind: 'unread', why: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function tried(
  { namespace, plan, stable }: Examined,
  gauge: GaugeQuestions | undefined,
): Promise<Reading<readonly TriedGate[]>> {
  if (plan.gates.length === 0) return { kind: 'read', value: [] };
  if (gauge === undefined)
    return { kind: 'unread', why: 'the address of Prometheus was not given (--prometheus-url).' };
  const { workload } = stable;
  const values = { namespace, canary: workload, stable: workload, step: 1, weight: weightOf(plan, 0) };
  const value = await Promise.all(
    plan.gates.map(async (gate) => ({ gate, answer: await gauge(questionOf(gate, values)) })),
  );
  return { kind: 'read', value };
}

/** Nothing divided by nothing is no answer. */
function finite(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

async function missingRights(
  requests: DoctorRequests,
  { namespace, mode }: Examined,
  account: string | undefined,
): Promise<Reading<readonly Right[]>> {
  const reviewed = rightsFor(mode).map(async (right): Promise<Reading<readonly Right[]>> => {
    const { verb, group, resource: written } = right;
    const [resource = written, subresource = ''] = written.split('/');
    const attributes = { namespace, verb, group, resource, ...(subresource === '' ? {} : { subresource }) };
    const reading = await mayDo(requests, attributes, account);
    return reading.kind === 'unread' ? reading : { kind: 'read', value: reading.value ? [] : [right] };
  });
  return joined(reviewed);
}

async function asked<T>(ask: (() => Promise<T>) | undefined, why: string): Promise<Reading<T>> {
  if (ask === undefined) return { kind: 'unread', why };
  try {
    return { kind: 'read', value: await ask() };
  } catch (cause) {
    return { kind: 'unread', why: cause instanceof Error ? cause.message : String(cause) };
  }
}
