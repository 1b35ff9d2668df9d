// Kubernetes Events, one per announcement.
import { randomUUID } from 'node:crypto';
import type { Clock, Events } from '../../controller/ports.ts';
import type { ClusterRequests } from './connection.ts';

/** Writes Events; what cannot be written is told to `trouble` and forgotten. */
export function clusterEvents(
  cluster: ClusterRequests,
  { clock, trouble }: { readonly clock: Clock; readonly trouble: (message: string, error?: unknown) => void },
): Events {
  return {
    async announce({ about, type, reason, message }) {
      const body = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: `${about.name.slice(0, 200)}.${randomUUID().slice(0, 13)}`, namespace: about.namespace },
        eventTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
        reportingController: 'serin.dev/controller',
        reportingInstance: 'serin',
        action: reason,
        reason,
        type,
        note: message.slice(0, 1_000),
        regarding: {
          apiVersion: about.kind === 'Deployment' ? 'apps/v1' : 'serin.dev/v1alpha1',
          kind: about.kind,
          namespace: about.namespace,
          name: about.name,
          uid: about.uid,
        },
      };
      const path = `/apis/events.k8s.io/v1/namespaces/${about.namespace}/events`;
      try {
        const answer = await cluster.request('POST', path, { body });
        if (answer.status >= 300) trouble(`An Event was refused with ${answer.status}`);
      } catch (error) {
        trouble('An Event could not be written', error);
      }
    },
  };
}
