// Kubernetes Events: one per announcement, and a growing count when the same is announced again.
import { randomUUID } from 'node:crypto';
import type { Announcement, Clock, Events } from '../../controller/ports.ts';
import { formatInstant, type Instant, type Millis } from '../../domain/time.ts';
import type { ClusterRequests } from './connection.ts';
import { refused } from './refused.ts';

/** What Events need besides the cluster. */
export interface EventsOptions {
  readonly clock: Clock;
  /** Told of what could not be announced. */
  readonly trouble: (message: string, error?: unknown) => void;
}

interface Written {
  readonly path: string;
  readonly count: number;
  readonly at: Instant;
}

const sameWithinMs: Millis = 600_000;
const mostRemembered = 1_000;
/** The API server's bounds, in bytes. */
const noteBytes = 1_024;
const reasonBytes = 128;

/** Writes Events; the same announcement within ten minutes is counted on the first one's Event. Never throws. */
export function clusterEvents(cluster: ClusterRequests, { clock, trouble }: EventsOptions): Events {
  const recent = new Map<string, Written>();

  function remember(key: string, written: Written): void {
    recent.delete(key);
    recent.set(key, written);
    for (const old of [...recent.keys()].slice(0, -mostRemembered)) recent.delete(old);
  }

  async function write(announcement: Announcement, at: Instant): Promise<string> {
    const body = eventOf(announcement, at);
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(body.metadata.namespace)}/events`;
    const answer = await cluster.request('POST', path, { body });
    if (answer.status !== 201) throw refused('Writing an Event', answer);
    return `${path}/${encodeURIComponent(body.metadata.name)}`;
  }

  /** Whether the Event was there to be counted on. */
  async function countOn({ path, count }: Written, at: Instant): Promise<boolean> {
    const body = { series: { count: count + 1, lastObservedTime: microTime(at) } };
    const answer = await cluster.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });
    if (answer.status === 404) return false;
    if (answer.status !== 200) throw refused('Counting on an Event', answer);
    return true;
  }

  async function announce(announcement: Announcement): Promise<void> {
    const key = JSON.stringify(announcement);
    const at = clock.now();
    const before = recent.get(key);
    try {
      if (before !== undefined && at - before.at <= sameWithinMs && (await countOn(before, at))) {
        remember(key, { path: before.path, count: before.count + 1, at });
      } else {
        remember(key, { path: await write(announcement, at), count: 1, at });
      }
    } catch (error) {
      trouble('An Event could not be written', error);
    }
  }

  return { announce };
}

function eventOf({ about, type, reason, message }: Announcement, at: Instant) {
  const { kind, namespace, name, uid } = about;
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'serin.dev/v1alpha1';
  const place = name.slice(0, 200).replace(/[^a-z0-9]+$/, '');
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${place}.${randomUUID()}`, namespace },
    eventTime: microTime(at),
    reportingController: 'serin.dev/controller',
    reportingInstance: 'serin',
    action: clipBytes(reason, reasonBytes),
    reason: clipBytes(reason, reasonBytes),
    type,
    note: clipBytes(message, noteBytes),
    regarding: { apiVersion, kind, namespace, name, uid },
  };
}

/** The API server wants six digits of a second, and refuses three. */
function microTime(at: Instant): string {
  return formatInstant(at).replace('Z', '000Z');
}

/** The beginning of a text, at most so many bytes, without half of a letter at the end. */
function clipBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text.toWellFormed());
  if (encoded.length <= bytes) return encoded.toString();
  return new TextDecoder('utf-8', { fatal: false }).decode(encoded.subarray(0, bytes)).replace(/\uFFFD+$/, '');
}
