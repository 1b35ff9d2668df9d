// A plan as it is stored: in the spelling of the annotations, read back by the same parser.
import { readGates } from '../../domain/gates/custom-settings.ts';
import { writeGate } from '../../domain/gates/custom-writing.ts';
import type { Plan } from '../../domain/plan.ts';
import { parseSettings } from '../../domain/settings.ts';
import { prefix } from '../../domain/settings-keys.ts';
import { formatDuration, type Millis, parseDuration } from '../../domain/time.ts';
import type { StoredPlan } from './rollout-object.ts';

/** Writes a plan such that `readPlan` gives back the same. */
export function writePlan(plan: Plan): StoredPlan {
  return {
    steps: [...plan.steps],
    bake: exactDuration(plan.bakeMs),
    maxBake: exactDuration(plan.maxBakeMs),
    errorMargin: exactShare(plan.errorMargin),
    ...(plan.maxErrorRate === undefined ? {} : { maxErrorRate: exactShare(plan.maxErrorRate) }),
    ...(plan.maxLatency.length === 0 ? {} : { maxLatency: plan.maxLatency.map(({ text }) => text).join(',') }),
    minRequests: plan.minRequests,
    onUndecided: plan.onUndecided,
    analysis: plan.analysis,
    maxUnmeshed: exactShare(plan.maxUnmeshed),
    falseRollback: exactShare(plan.falseRollback),
    ...(plan.testers === undefined ? {} : { testers: plan.testers }),
    ...(plan.slackChannel === undefined ? {} : { slackChannel: plan.slackChannel }),
    ...(plan.webhook === undefined ? {} : { webhook: plan.webhook }),
    ...(plan.github === undefined ? {} : { github: plan.github.repository }),
    ...(plan.github?.ref === undefined ? {} : { githubRef: plan.github.ref }),
    ...writeApproval(plan.approval),
    ...(plan.gates.length === 0 ? {} : { gates: plan.gates.map(writeGate) }),
  };
}

function writeApproval(approval: Plan['approval']): Partial<StoredPlan> {
  if (approval === undefined) return {};
  const { when, timeoutMs, onTimeout, byAuthor, author } = approval;
  return {
    approval: when,
    ...(timeoutMs === undefined ? {} : { approvalTimeout: exactDuration(timeoutMs) }),
    onApprovalTimeout: onTimeout,
    approvalByAuthor: byAuthor,
    ...(author === undefined ? {} : { author }),
  };
}

/** Reads a stored plan. Throws with the parser's sentences when it is none. */
export function readPlan(stored: StoredPlan): Plan {
  const texts = {
    canary: 'enabled',
    steps: stored.steps.join(','),
    bake: stored.bake,
    'max-bake': stored.maxBake,
    'error-margin': stored.errorMargin,
    'max-error-rate': stored.maxErrorRate,
    'max-latency': stored.maxLatency,
    'min-requests': String(stored.minRequests),
    'on-undecided': stored.onUndecided,
    analysis: stored.analysis,
    // Plans of before managed Deployments have neither.
    'max-unmeshed': stored.maxUnmeshed,
    testers: stored.testers,
    'slack-channel': stored.slackChannel,
    webhook: stored.webhook,
    github: stored.github,
    'github-ref': stored.githubRef,
    approval: stored.approval,
    'approval-timeout': stored.approvalTimeout,
    'on-approval-timeout': stored.onApprovalTimeout,
    'approval-by-author': stored.approvalByAuthor,
    author: stored.author,
    // Plans of before sequential gates have none.
    'false-rollback': stored.falseRollback,
  };
  const annotations = Object.fromEntries(
    Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [[`${prefix}${key}`, text] as const])),
  );
  const parsed = parseSettings('canary', annotations, {}, 'stored');
  const custom = readGates(stored.gates);
  if (parsed.kind === 'settings' && custom.problems.length === 0)
    return { ...parsed.settings.plan, gates: custom.gates };
  const wrong = parsed.kind === 'problems' ? [...parsed.problems, ...custom.problems] : custom.problems;
  const problems = wrong.map(({ message }) => message);
  throw new Error(`The stored plan cannot be read. ${problems.join(' ')}`);
}

function exactDuration(millis: Millis): string {
  const text = formatDuration(millis);
  return parseDuration(text) === millis ? text : `${millis}ms`;
}

/** Shares are kept to a millionth, which is four decimals of a percentage. */
function exactShare(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}
