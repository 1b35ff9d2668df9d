// The examination: reads the cluster and Prometheus once, and lets every check look.

import type { Mesh, RouteProblem } from '../../../controller/mesh-port.ts';
import type { Doctor, Finding, Holds, Policies, Workloads } from '../../../controller/ports.ts';
import { canaryStem, stableStem } from '../../../domain/managed.ts';
import { type ParsedSettings, policyOf, settingsWith } from '../../../domain/settings.ts';
import { checks } from './checks.ts';
import type { Examined } from './facts.ts';
import { type Further, type GaugeQuestions, gather, type Question } from './gather.ts';
import { type Deployment, deploymentSchema, replicaSetSchema } from './kubernetes-objects.ts';
import { type DoctorRequests, readIn, readOne } from './read.ts';
import { examinedOf, stableNameOf } from './versions.ts';

/** What an examination is made through. */
export interface IstioDoctorOptions {
  readonly requests: DoctorRequests;
  readonly policies: Policies;
  /** Without it everything that needs metrics is unknown. */
  readonly query?: Question;
  /** Without it custom gates are not tried. */
  readonly gauge?: GaugeQuestions;
  /** The user name whose rights are looked at, `system:serviceaccount:serin-system:serin`; the caller itself unless given. */
  readonly account?: string;
  /** Where the route is to be looked for as a rollout does at its beginning; left out by whoever does that anyway. */
  readonly routes?: { readonly mesh: Pick<Mesh, 'locate' | 'survey'>; readonly workloads: Workloads };
  /** Where it is to be asked whether the cluster holds a changed template by itself. */
  readonly holds?: { readonly holds: Pick<Holds, 'isAutomatic'>; readonly workloads: Workloads };
}

/** Findings without which nothing else can be looked at. */
export const preliminaries = ['deployment-missing', 'stable-missing'] as const;

/** Ids of all that is ever found. */
export const findingIds: readonly string[] = [...preliminaries, ...checks.map(({ id }) => id)];

/** Examines Deployments in a mesh of Istio's. Writes nothing; asks for dry runs only where `holds` is given. */
export function istioDoctor(options: IstioDoctorOptions): Doctor {
  return {
    async examine(namespace, name) {
      const found = await subjectOf(options, namespace, name);
      if ('id' in found) return [found];
      const facts = await gather(options.requests, found.examined, furtherOf(options, found));
      return inOrder(checks.map((check) => check.examine(facts)));
    },
  };
}

const order: readonly Finding['level'][] = ['blocking', 'warning', 'unknown', 'fine'];

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

interface Subject {
  readonly examined: Examined;
  readonly parsed: ParsedSettings;
}

async function subjectOf(options: IstioDoctorOptions, namespace: string, name: string): Promise<Subject | Finding> {
  const { requests, policies } = options;
  const target = await deployment(requests, namespace, name, 'deployment-missing');
  if ('id' in target) return target;
  const { annotations } = target.metadata;
  const policy = await sharedBy(policies, target);
  const parsed = settingsWith({ namespace, name, annotations }, policy.fields);
  const other = stableNameOf(target);
  const stable = other === undefined ? undefined : await deployment(requests, namespace, other, 'stable-missing');
  if (stable !== undefined && 'id' in stable) return stable;
  const kind = { group: 'apps', versions: ['v1'], plural: 'replicasets' } as const;
  const sets = await readIn(requests, kind, namespace, replicaSetSchema);
  const examined = examinedOf(target, parsed, sets.kind === 'read' ? sets.value : [], stable);
  return { examined: policy.unread === undefined ? examined : { ...examined, policyUnread: policy.unread }, parsed };
}

/** The fields of the policy that a Deployment names; one that may not be read counts as one that says nothing. */
async function sharedBy(
  policies: Policies,
  { metadata }: Deployment,
): Promise<{ readonly fields?: Readonly<Record<string, string>>; readonly unread?: string }> {
  const name = policyOf(metadata.annotations);
  if (name === undefined) return {};
  try {
    const fields = await policies.get(metadata.namespace, name);
    return fields === undefined ? {} : { fields };
  } catch (cause) {
    return { fields: {}, unread: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function deployment(
  requests: DoctorRequests,
  namespace: string,
  name: string,
  id: (typeof preliminaries)[number],
): Promise<Deployment | Finding> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(name)}`;
  const reading = await readOne(requests, path, deploymentSchema);
  if (reading.kind === 'unread')
    return { id, level: 'unknown', message: `Nothing was looked at, because ${reading.why}` };
  if (reading.value !== undefined) return reading.value;
  const message =
    id === 'stable-missing'
      ? `serin.dev/canary-of is "${name}", but namespace ${namespace} has no Deployment of that name.`
      : `There is no Deployment "${name}" in namespace ${namespace}.`;
  return { id, level: 'blocking', message, advice: `kubectl get deployments -n ${namespace}` };
}

function furtherOf(
  { query, gauge, account, routes, holds }: IstioDoctorOptions,
  { examined, parsed }: Subject,
): Further {
  const { namespace, target, live } = examined;
  const isAdopted = target.metadata.annotations['serin.dev/stable'] !== undefined;
  return {
    ...(query === undefined ? {} : { query }),
    ...(gauge === undefined ? {} : { gauge }),
    ...(account === undefined ? {} : { account }),
    ...(routes === undefined
      ? {}
      : { routeProblem: async () => (live ? undefined : routeProblem(routes, examined, parsed)) }),
    ...(holds === undefined || !isAdopted
      ? {}
      : {
          holdsByItself: async () => {
            const workload = await holds.workloads.get(namespace, target.metadata.name);
            return workload !== undefined && (await holds.holds.isAutomatic(workload));
          },
        }),
  };
}

type Routes = NonNullable<IstioDoctorOptions['routes']>;

async function routeProblem(
  routes: Routes,
  examined: Examined,
  parsed: ParsedSettings,
): Promise<RouteProblem | undefined> {
  if (examined.mode === 'managed') return surveyed(routes, examined);
  const { namespace, stable, canary } = examined;
  const [old, next] = await Promise.all(
    [stable, canary].map(({ workload }) => routes.workloads.get(namespace, workload)),
  );
  if (old === undefined || next === undefined) return undefined;
  const asked = parsed.kind === 'settings' && parsed.settings.mode === 'pair' ? parsed.settings.route : {};
  const located = await routes.mesh.locate(old, next, asked);
  return located.kind === 'problem' ? located.problem : undefined;
}

async function surveyed({ mesh }: Routes, examined: Examined): Promise<RouteProblem | undefined> {
  const { namespace, target, stable, canary, plan } = examined;
  const { 'pod-template-hash': hash = '0', ...stableLabels } = stable.labels;
  const found = await mesh.survey({
    namespace,
    target: target.metadata.name,
    stableLabels,
    canaryLabels: canary.template.metadata.labels,
    names: { stable: stableStem(hash), canary: canaryStem('0000000000') },
    rollout: `${namespace}/${target.metadata.name}`,
    ...(plan.testers === undefined ? {} : { testers: plan.testers }),
  });
  return found.kind === 'problem' ? found.problem : undefined;
}
