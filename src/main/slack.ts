// Slack, put together: what rollouts have to tell is told, and what people press and type is asked of rollouts. Loaded only when the
// controller is given a bot token.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { clusterCallers } from '../adapters/kubernetes/callers.ts';
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import { clusterRequestDesk } from '../adapters/kubernetes/request-desk.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { type SlackListening, slackListening, socketReceiver } from '../adapters/slack/listen.ts';
import { readPeople, slackPeople } from '../adapters/slack/people.ts';
import { type HttpReceiver, httpReceiver } from '../adapters/slack/receive.ts';
import { type SlackOptions, slackAnnouncements } from '../adapters/slack/tell.ts';
import type { SlackFlags } from '../cli/cluster.ts';
import { announcer } from '../controller/announce-outbox.ts';
import type { AnnouncementCounter } from '../controller/announcements.ts';
import { conversation } from '../controller/conversation.ts';
import type { Log } from '../controller/log.ts';
import type { Clock } from '../controller/ports.ts';
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import { keepDelivering } from './delivering.ts';

/** What Slack is wired to. */
export interface SlackSources {
  readonly slack: SlackFlags;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly counter: AnnouncementCounter;
  readonly clusterName?: string;
  readonly namespace?: string;
}

/** Slack, running. */
export interface RunningSlack {
  /** A rollout was seen as it is now. */
  changed(rollout: Rollout): void;
  gone(id: RolloutId): void;
  /** Where HTTP mode listens. */
  readonly url?: string;
  close(): Promise<void>;
}

const againMs = 30_000;

/** Starts telling and listening. Rejects when a file cannot be read or the address cannot be had; Slack itself may be away. */
export async function runSlack(sources: SlackSources): Promise<RunningSlack> {
  const { slack, log } = sources;
  const stopping = new AbortController();
  const options: SlackOptions = {
    token: () => secretIn(slack.botTokenFile),
    ...(slack.apiUrl === undefined ? {} : { url: slack.apiUrl }),
  };
  await options.token();
  const telling = announcing(sources, options, stopping.signal);
  const listening = await listen(sources, options);
  const running = [
    telling.ended,
    ...(listening === undefined ? [] : [keepStarted(listening.app, log, stopping.signal)]),
  ];
  return {
    changed: (rollout) => telling.deliveries.changed(rollout),
    gone: (id) => telling.deliveries.forget(id),
    ...(listening?.url === undefined ? {} : { url: listening.url }),
    close: async () => {
      stopping.abort();
      await listening?.app.stop().catch((error: unknown) => log.warn('Slack was not left in order', {}, error));
      await Promise.all(running);
    },
  };
}

/** The loop that tells. */
function announcing(sources: SlackSources, options: SlackOptions, stopping: AbortSignal) {
  const { cluster, clock, log, counter, clusterName } = sources;
  const trouble = (message: string, error?: unknown): void => log.warn(message, {}, error);
  const parts = {
    rollouts: clusterRollouts(cluster, { clock, trouble }),
    announcements: slackAnnouncements(options),
    clock,
    counter,
    log,
    by: randomUUID(),
    chance: Math.random,
    ...(clusterName === undefined ? {} : { cluster: clusterName }),
  };
  return keepDelivering((woken) => announcer({ ...parts, woken }), clock, stopping);
}

async function listen(
  sources: SlackSources,
  options: SlackOptions,
): Promise<{ readonly app: SlackListening; readonly url?: string } | undefined> {
  const { slack, cluster, clock, log, namespace } = sources;
  const { mode, usersFile } = slack;
  if (mode === undefined || usersFile === undefined) return undefined;
  readPeople(await readFile(usersFile, 'utf8'), usersFile);
  const trouble = (message: string, error?: unknown): void => log.warn(message, {}, error);
  const talk = conversation({
    rollouts: clusterRollouts(cluster, { clock, trouble }),
    desk: clusterRequestDesk(cluster, { clock }),
    callers: clusterCallers(cluster, { clock }),
    clock,
    wait: (ms) => wait(ms),
    surface: 'slack',
    ...(namespace === undefined ? {} : { namespace }),
  });
  const listeners = { ...talk, ...slackPeople({ ...options, file: usersFile }), trouble };
  if (mode.kind === 'socket') {
    const receiver = socketReceiver({
      appToken: await secretIn(mode.appTokenFile),
      ...(slack.apiUrl === undefined ? {} : { url: slack.apiUrl }),
    });
    return { app: slackListening({ ...options, receiver }, listeners) };
  }
  const receiver: HttpReceiver = httpReceiver({
    listen: mode.listen,
    secrets: () => Promise.all(mode.secretFiles.map(secretIn)),
    clock,
    trouble,
  });
  await Promise.all(mode.secretFiles.map(secretIn));
  const app = slackListening({ ...options, receiver }, listeners);
  await app.start();
  return { app: { start: () => Promise.resolve(), stop: () => app.stop() }, url: receiver.url() };
}

/** Starts until it has worked once; from then on the connection looks after itself. */
async function keepStarted(app: SlackListening, log: Log, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      await app.start();
      return;
    } catch (error) {
      log.warn('Slack cannot be listened to; it is tried again', {}, error);
      await wait(againMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

async function secretIn(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}
