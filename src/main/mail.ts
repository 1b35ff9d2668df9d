// Programs outside, put together: signed webhooks and GitHub's deployments. Loaded only when the controller is given what they take.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { githubCarrier } from '../adapters/outside/github.ts';
import { sender } from '../adapters/outside/send.ts';
import { readSecret } from '../adapters/outside/signature.ts';
import { webhookCarrier } from '../adapters/outside/webhook.ts';
import type { MailFlags } from '../cli/cluster.ts';
import type { Carrier, MailCounter } from '../controller/carrier.ts';
import { type CarryMemory, carryMail, owesMail } from '../controller/carry-mail.ts';
import { type Deliveries, deliveries } from '../controller/deliveries.ts';
import type { Log } from '../controller/log.ts';
import type { Clock } from '../controller/ports.ts';
import { readOrigin } from '../domain/allow-list.ts';
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import { keepDelivering } from './delivering.ts';

/** What telling programs outside is wired to. */
export interface MailSources {
  readonly mail: MailFlags;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly counter: MailCounter;
  readonly userAgent: string;
  readonly clusterName?: string;
}

/** Programs outside, being told. */
export interface RunningMail {
  /** A rollout was seen as it is now. */
  changed(rollout: Rollout): void;
  gone(id: RolloutId): void;
  close(): Promise<void>;
}

/** An answer to a webhook is nothing but its status; a list of deployments is long. */
const mostWebhookBytes = 16 * 1024;
const mostGithubBytes = 4 * 1024 * 1024;

/** Starts telling. Rejects when a file cannot be read or holds no secret; those who are told may be away. */
export async function runMail(sources: MailSources): Promise<RunningMail> {
  const carriers = [await webhookOf(sources), await githubOf(sources)].filter((carrier) => carrier !== undefined);
  const stopping = new AbortController();
  const telling = carriers.map((carrier) => tellingBy(carrier, sources, stopping.signal));
  return {
    changed: (rollout) => {
      for (const { deliveries: each } of telling) each.changed(rollout);
    },
    gone: (id) => {
      for (const { deliveries: each } of telling) each.forget(id);
    },
    close: async () => {
      stopping.abort();
      await Promise.all(telling.map(({ ended }) => ended));
    },
  };
}

async function webhookOf({ mail, clock, userAgent, clusterName }: MailSources): Promise<Carrier | undefined> {
  const { webhook } = mail;
  if (webhook === undefined) return undefined;
  const secrets = (): Promise<readonly Buffer[]> =>
    Promise.all(webhook.secretFiles.map(async (file) => readSecret(await readFile(file, 'utf8'), file)));
  await secrets();
  const now = (): number => clock.now();
  const send = sender({ allowed: webhook.allowed, now, mostBytes: mostWebhookBytes, userAgent });
  return webhookCarrier({ send, secrets, now, ...(clusterName === undefined ? {} : { cluster: clusterName }) });
}

async function githubOf({ mail, clock, userAgent, clusterName }: MailSources): Promise<Carrier | undefined> {
  const { github } = mail;
  if (github === undefined) return undefined;
  const token = async (): Promise<string> => (await readFile(github.tokenFile, 'utf8')).trim();
  await token();
  const origin = readOrigin(new URL(github.apiUrl).origin);
  const allowed = 'value' in origin ? [origin.value] : [];
  const send = sender({ allowed, now: () => clock.now(), mostBytes: mostGithubBytes, userAgent });
  const apiUrl = github.apiUrl.replace(/\/+$/, '');
  return githubCarrier({ send, token, apiUrl, ...(clusterName === undefined ? {} : { cluster: clusterName }) });
}

/** One loop for one target, so that none waits for another. */
function tellingBy(carrier: Carrier, { cluster, clock, log, counter }: MailSources, stopping: AbortSignal) {
  const trouble = (message: string, error?: unknown): void => log.warn(message, {}, error);
  const rollouts = clusterRollouts(cluster, { clock, trouble });
  const parts = { rollouts, carrier, clock, counter, log, by: randomUUID(), stopping };
  const name = carrier.target === 'webhook' ? 'The webhook' : 'GitHub';
  const make = (woken: () => void): Deliveries =>
    deliveries<CarryMemory>({
      clock,
      log,
      chance: Math.random,
      woken,
      owes: (rollout) => owesMail(carrier, rollout),
      remember: () => ({}),
      deliver: (id, memory) => carryMail(parts, id, memory),
      refused: `${name} does not take what is told of a rollout`,
      delayed: `${name} could not be told of a rollout; it is tried again`,
      waitsTogether: carrier.waitsTogether,
    });
  return keepDelivering(make, clock, stopping);
}
