// What a replay is to be of: two workloads or two halves of one, the plan, and the stretch of time.
import { gridAfter, type Subject } from '../domain/evidence.ts';
import type { CustomGate } from '../domain/gates/custom.ts';
import { mentions, readTemplate } from '../domain/gates/query-template.ts';
import type { Plan } from '../domain/plan.ts';
import { halvesOf } from '../domain/replay-split.ts';
import { policyOf, type Settings, settingsWith } from '../domain/settings.ts';
import { prefix } from '../domain/settings-keys.ts';
import { formatDuration, formatInstant, type Instant, type Millis } from '../domain/time.ts';
import type { CliParts, WholeCluster } from './cluster.ts';
import { CliError, exitCodes, ifPermitted } from './exit.ts';
import { matching, readName } from './find.ts';
import type { Moment } from './moments.ts';
import { readPolicyFile } from './policy-file.ts';

/** What was typed. */
export interface ReplayFlags {
  readonly from: Moment;
  readonly to: Moment;
  readonly canary?: string;
  readonly stable?: string;
  readonly splitAt?: Moment;
  readonly policy?: string;
  readonly slotMs: Millis;
  /** How late a slot can be read. */
  readonly lagMs: Millis;
}

/** What is to be judged. */
export interface ReplayWanted {
  readonly name: string;
  readonly plan: Plan;
  /** The plan's own gates, as far as they can be asked of this past. */
  readonly gates: readonly CustomGate[];
  readonly from: Instant;
  readonly to: Instant;
  /** What is read: the workloads by their own names. */
  readonly read: Subject;
  /** What is judged: the same, or the halves of one. */
  readonly judged: Subject;
  /** Where one workload is cut in two. */
  readonly splitAt?: Instant;
}

/** A day of slots of 15 s: some thousand queries. */
const mostSlots = 5_760;

/** Reads what was typed against what the cluster knows. Everything that cannot be is a usage error. */
export async function askedReplay(
  parts: CliParts,
  cluster: WholeCluster,
  words: readonly string[],
  flags: ReplayFlags,
): Promise<ReplayWanted> {
  const { name, kind } = readName(words);
  if (kind === 'rollout')
    throw wrong(
      'A replay is of a Deployment and its past, not of a rollout.',
      `serin explain ${name} -n ${cluster.namespace}`,
    );
  requireNames(name, flags);
  const range = rangeOf(flags, parts.clock.now());
  const settings = await settingsFor(parts, cluster, name, flags.policy);
  const { plan } = settings;
  const common = { namespace: cluster.namespace, services: [], latency: true };
  if (flags.splitAt !== undefined) {
    if (flags.canary !== undefined || flags.stable !== undefined)
      throw wrong('--split-at makes two halves of one workload; leave out --canary and --stable.');
    const splitAt = splitIn(range, flags.splitAt(parts.clock.now()), flags.slotMs);
    const read = { ...common, stable: name, canary: name };
    return { name, plan, gates: splittable(plan), ...range, read, judged: halvesOf(read, name), splitAt };
  }
  const read = { ...common, ...(await pairOf(cluster, name, settings, flags)) };
  if (read.stable === read.canary)
    throw wrong(`--canary and --stable are both ${read.stable}. To compare a workload with its own past: --split-at`);
  return { name, plan, gates: plan.gates, ...range, read, judged: read };
}

/** What no Deployment is called is found nowhere, and must not stand in a query. */
function requireNames(name: string, { canary, stable }: ReplayFlags): void {
  if (!isDeploymentName(name)) throw wrong(`"${name}" is no name of a Deployment. Write one such as "reviews-v2".`);
  for (const [flag, text] of Object.entries({ canary, stable })) {
    if (text === undefined || isDeploymentName(text)) continue;
    throw wrong(`--${flag} is "${text}", which is no name of a Deployment. Write one such as "reviews-v2".`);
  }
}

function isDeploymentName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) && text.length <= 253;
}

/** Of halves one query cannot tell of both: a single one that names stable too would hold a workload against itself. */
function splittable({ gates }: Plan): readonly CustomGate[] {
  return gates.filter(
    ({ question }) => question.kind === 'compare' || !mentions(readTemplate(question.query), 'stable'),
  );
}

function rangeOf(
  { from, to, slotMs, lagMs }: ReplayFlags,
  now: Instant,
): { readonly from: Instant; readonly to: Instant } {
  const newest = Math.floor((now - lagMs) / slotMs) * slotMs;
  const [begins, ends] = [from(now), to(now)];
  const start = gridAfter(begins, slotMs);
  const end = Math.min(newest, Math.floor(ends / slotMs) * slotMs);
  const range = `From ${formatInstant(begins)} to ${formatInstant(ends)}`;
  const count = (end - start) / slotMs;
  if (count < 1)
    throw wrong(
      `${range} there is no slot of ${formatDuration(slotMs)} that can be read by now. Let --from lie before --to.`,
    );
  if (count > mostSlots) {
    const wide = formatDuration(Math.ceil((count * slotMs) / mostSlots / 15_000) * 15_000);
    throw wrong(
      `${range} there are ${count} slots of ${formatDuration(slotMs)}; at most ${mostSlots} are replayed. Shorten the range, or take wider slots: --slot ${wide}`,
    );
  }
  return { from: start, to: end };
}

function splitIn({ from, to }: { readonly from: Instant; readonly to: Instant }, at: Instant, slotMs: Millis): Instant {
  if (at >= from + slotMs && at <= to - slotMs) return at;
  throw wrong(
    `--split-at does not lie between --from and --to with a slot of ${formatDuration(slotMs)} on either side.`,
  );
}

/** The annotations of the Deployment over the policy of the file, or its own policy, over the defaults. */
async function settingsFor(
  parts: CliParts,
  cluster: WholeCluster,
  name: string,
  file: string | undefined,
): Promise<Settings> {
  const { namespace } = cluster;
  const workload = await ifPermitted(cluster.workloads.get(namespace, name));
  const annotations = workload?.annotations ?? {};
  const named = policyOf(annotations);
  const fields =
    file !== undefined
      ? await readPolicyFile(parts, file)
      : named === undefined
        ? undefined
        : await cluster.policies.get(namespace, named);
  const asked = { namespace, name, annotations };
  const parsed = settingsWith(asked, fields);
  const settled =
    parsed.kind === 'none'
      ? settingsWith({ ...asked, annotations: { ...annotations, [`${prefix}canary`]: 'enabled' } }, fields)
      : parsed;
  if (settled.kind === 'settings') return settled.settings;
  const problems = settled.kind === 'problems' ? settled.problems.map(({ message }) => message) : [];
  throw wrong(`The plan cannot be carried out: ${problems.join(' ')}`);
}

/** The two as they were named, as the Deployment names them, or as its newest rollout had them. */
async function pairOf(
  cluster: WholeCluster,
  name: string,
  settings: Settings,
  { canary, stable }: ReplayFlags,
): Promise<{ readonly canary: string; readonly stable: string }> {
  if (canary !== undefined && stable !== undefined) return { canary, stable };
  if (settings.mode === 'pair') return { canary: canary ?? name, stable: stable ?? settings.stable };
  if (canary !== undefined) return { canary, stable: name };
  if (stable !== undefined) return { canary: name, stable };
  const [newest] = matching(await cluster.rollouts.list(cluster.namespace), { kind: 'deployment', name });
  if (newest !== undefined) return { canary: newest.spec.canary.workload, stable: newest.spec.stable.workload };
  const message = `${name} has had no rollout, so that it is not known which two workloads to compare. Name them with --canary and --stable, or cut the past of ${name} in two with --split-at.`;
  throw wrong(message);
}

function wrong(message: string, next?: string): CliError {
  return new CliError(exitCodes.usage, message, next);
}
