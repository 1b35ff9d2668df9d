// Who is stable and who the canary, from a Deployment and what it asks for. Pure.
import { defaultPlan } from '../../../domain/plan.ts';
import type { ParsedSettings } from '../../../domain/settings.ts';
import { prefix } from '../../../domain/settings-keys.ts';
import type { Examined, Version } from './facts.ts';
import type { Deployment, ReplicaSet } from './kubernetes-objects.ts';

const revisionKey = 'deployment.kubernetes.io/revision';
/** Phases in which a rollout has touched nothing, or nothing any more. */
const still = ['pending', 'promoted', 'rolledBack'];

/** The Deployment that a pair's stable is, by what the annotations say; undefined for a managed one. */
export function stableNameOf({ metadata }: Deployment): string | undefined {
  const { annotations } = metadata;
  return annotations[`${prefix}canary`] === undefined ? annotations[`${prefix}canary-of`] : undefined;
}

/**
 * What an examination of the Deployment is about. `stable` is the other Deployment of a pair. Owes the ReplicaSets of the
 * Deployment, among which those of others do not matter.
 */
export function examinedOf(
  target: Deployment,
  parsed: ParsedSettings,
  replicaSets: readonly ReplicaSet[],
  stable: Deployment | undefined,
): Examined {
  const { metadata } = target;
  const phase = metadata.annotations[`${prefix}phase`];
  return {
    namespace: metadata.namespace,
    mode: stable === undefined ? 'managed' : 'pair',
    asks: parsed.kind !== 'none',
    problems: parsed.kind === 'problems' ? parsed.problems.map(({ message }) => message) : [],
    plan: parsed.kind === 'settings' ? parsed.settings.plan : defaultPlan,
    target,
    stable: stable === undefined ? runningOf(target, replicaSets) : versionOf(stable),
    canary: stable === undefined ? copyOf(target) : versionOf(target),
    live: phase !== undefined && !still.includes(phase),
  };
}

function versionOf({ metadata, spec }: Deployment): Version {
  const { template, replicas } = spec;
  return { workload: metadata.name, labels: template.metadata.labels, template, replicas };
}

/** What a copy of the Deployment would be; its revision is not known here, and is a label whatever it says. */
function copyOf(target: Deployment): Version {
  const version = versionOf(target);
  return { ...version, labels: { ...version.labels, [`${prefix}revision`]: 'next' } };
}

/** The template that serves: of the ReplicaSet recorded as stable, else of the one that the Deployment counts as its present one. */
function runningOf(target: Deployment, replicaSets: readonly ReplicaSet[]): Version {
  const { metadata } = target;
  const own = replicaSets.filter((each) => each.metadata.ownerReferences.some(({ uid }) => uid === metadata.uid));
  const recorded = metadata.annotations[`${prefix}stable`];
  const found =
    own.find((each) => each.metadata.labels['pod-template-hash'] === recorded) ??
    own.find((each) => each.metadata.annotations[revisionKey] === metadata.annotations[revisionKey]);
  const version = versionOf(target);
  if (found === undefined) return version;
  const { template } = found.spec;
  return { ...version, template, labels: template.metadata.labels };
}
