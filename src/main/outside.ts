// Everybody outside who is told of rollouts: started where the flags ask for it, woken by the watch.
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import type { ControllerFlags } from '../cli/cluster.ts';
import type { Conductor } from '../controller/conductor.ts';
import type { Log } from '../controller/log.ts';
import { hears, type MailTarget, mailTargets } from '../domain/mail.ts';
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import type { ControllerMetrics } from '../http/metrics.ts';
import type { Host } from './host.ts';
import type { RunningMail } from './mail.ts';
import type { RunningSlack } from './slack.ts';

/** What telling is wired to. */
export interface OutsideParts {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
}

/** Whoever is told. */
export interface Outside {
  changed(rollout: Rollout): void;
  gone(id: RolloutId): void;
  /** Where Slack reaches this process in HTTP mode. */
  readonly slackUrl?: string;
  close(): Promise<void>;
}

/** The programs that the flags have told. */
export function mailingOf({ mail }: Pick<ControllerFlags, 'mail'>): readonly MailTarget[] {
  return mailTargets.filter((target) => mail?.[target] !== undefined);
}

/** Starts telling; of whoever is not asked for, nothing is loaded. Rejects when a file that a flag names cannot be used. */
export async function runOutside(flags: ControllerFlags, host: Host, parts: OutsideParts): Promise<Outside> {
  const slack = await slackOf(flags, host, parts);
  const mail = await mailOf(flags, host, parts);
  const told = [slack, mail].filter((each) => each !== undefined);
  const notice = unheardOf(flags, parts.log);
  return {
    changed(rollout) {
      notice(rollout);
      for (const each of told) each.changed(rollout);
    },
    gone(id) {
      for (const each of told) each.gone(id);
    },
    ...(slack?.url === undefined ? {} : { slackUrl: slack.url }),
    close: async () => {
      await Promise.all(told.map((each) => each.close()));
    },
  };
}

/** The conductor, for a watch that wakes what is told outside as well. */
export function tellingOutside(conductor: Conductor, outside: Outside): Conductor {
  return {
    ...conductor,
    rolloutChanged(rollout, byOthers) {
      conductor.rolloutChanged(rollout, byOthers);
      outside.changed(rollout);
    },
    rolloutGone(id) {
      conductor.rolloutGone(id);
      outside.gone(id);
    },
  };
}

async function slackOf(
  { slack, clusterName, namespace }: ControllerFlags,
  { clock }: Host,
  { cluster, log, metrics }: OutsideParts,
): Promise<RunningSlack | undefined> {
  if (slack === undefined) return undefined;
  const { runSlack } = await import('./slack.ts');
  return runSlack({
    slack,
    cluster,
    clock,
    log,
    counter: metrics,
    ...(clusterName === undefined ? {} : { clusterName }),
    ...(namespace === undefined ? {} : { namespace }),
  });
}

async function mailOf(
  { mail, clusterName }: ControllerFlags,
  { clock, userAgent }: Host,
  { cluster, log, metrics }: OutsideParts,
): Promise<RunningMail | undefined> {
  if (mail === undefined) return undefined;
  const { runMail } = await import('./mail.ts');
  const named = clusterName === undefined ? {} : { clusterName };
  return runMail({ mail, cluster, clock, log, counter: metrics, userAgent, ...named });
}

const missing: Readonly<Record<MailTarget, string>> = {
  webhook: 'A rollout names a webhook, but this controller has no secret to sign with: --webhook-secret-file FILE',
  github: 'A rollout names a repository on GitHub, but this controller has no token: --github-token-file FILE',
};

/** Says once that a rollout asks for somebody whom this controller does not tell. */
function unheardOf(flags: ControllerFlags, log: Log): (rollout: Rollout) => void {
  const unsaid = new Set(mailTargets.filter((target) => !mailingOf(flags).includes(target)));
  return ({ id, spec }) => {
    for (const target of unsaid) {
      if (!hears(spec.plan, target)) continue;
      unsaid.delete(target);
      log.warn(missing[target], { ...id });
    }
  };
}
