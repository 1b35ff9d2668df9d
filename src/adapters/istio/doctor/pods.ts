// Whether the pods are well, and the canary's will be.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, warning } from './check.ts';
import { ownPods } from './reach.ts';

const ownUser = check('reserved-user', [], ({ canary }) => {
  const { spec } = canary.template;
  const users = [spec.securityContext, ...spec.containers.map(({ securityContext }) => securityContext)];
  if (!users.some((context) => context?.runAsUser === 1337)) return fine("No container runs as the sidecar's user.");
  return blocking(
    `A container of ${canary.workload} runs as user 1337, which is the sidecar's own: its requests pass by the mesh.`,
    'Give the container another runAsUser.',
  );
});

const scheduled = check('pods-pending', ['pods'], (known) => {
  const waiting = ownPods(known, known.pods).flatMap(({ metadata, status }) => {
    const place = status.conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
    return place === undefined ? [] : [{ name: metadata.name, why: place.message }];
  });
  const [first] = waiting;
  if (first === undefined) return fine('No pod waits for a place.');
  return warning(
    `No node has a place for ${someOf(waiting.map(({ name }) => name))}: ${first.why} The pods of a canary come on top.`,
    `kubectl describe pod ${first.name} -n ${known.namespace}`,
  );
});

const healthy = check('stable-ready', ['pods'], (known) => {
  const { namespace, stable } = known;
  const pods = ownPods(known, known.pods);
  const ready = pods.filter(({ status }) =>
    status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  if (stable.replicas === 0)
    return warning(
      `${stable.workload} is scaled to 0: nothing serves, so that a new template is let through and nothing is judged.`,
      `kubectl scale deployment/${stable.workload} -n ${namespace} --replicas=1`,
    );
  if (ready.length >= Math.min(pods.length, stable.replicas)) return fine('Every pod is ready.');
  return warning(
    `Only ${ready.length} of ${pods.length} pods are ready, so that the canary would be compared with a version in trouble.`,
    `kubectl get pods -n ${namespace}; see why those are not ready`,
  );
});

/** Whether the pods are well, and the canary's will be. */
export const podChecks: readonly Check[] = [ownUser, scheduled, healthy];
