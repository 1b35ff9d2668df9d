// The plan that settings come to: their texts over the defaults, and everything that is wrong with them.
import { gatesFromText, neverSeen } from './gates/custom-text.ts';
import { type ApprovalPlan, defaultPlan, type Plan } from './plan.ts';
import type { Mode, RolloutSpec } from './rollout.ts';
import { longest, prefix, type SettingProblem } from './settings-keys.ts';
import { readOutside } from './settings-outside.ts';
import { bakeProblems, senseless } from './settings-sense.ts';
import {
  parseAnalysis,
  parseApproval,
  parseAuthor,
  parseByAuthor,
  parseChannel,
  parseCount,
  parseEnabled,
  parseLatency,
  parseObject,
  parseOnUndecided,
  parsePositive,
  parseRisk,
  parseSection,
  parseShare,
  parseStable,
  parseSteps,
  parseTesters,
  type Reading,
} from './settings-values.ts';

const tooLong = { wrong: `which has more than ${longest} letters. Shorten it.` };

/** Where settings come from: what people write now, or a rollout that is under way. */
export type Origin = 'written' | 'stored';

/** What texts come to; nothing of it counts where there are problems. */
export interface ReadSettings {
  readonly plan: Plan;
  /** The Deployment that serves now; of a pair. */
  readonly stable: string;
  readonly route: RolloutSpec['route'];
  readonly problems: readonly SettingProblem[];
}

/** Reads the settings of a Deployment, by their names without the prefix. Those that mean nothing in the mode have to be gone. */
export function readSettings(
  deployment: string,
  mode: Mode,
  texts: Readonly<Record<string, string>>,
  origin: Origin,
): ReadSettings {
  const custom = gatesFromText(texts['gates']);
  const problems = custom.problems.map(({ message }) => ofPolicy(message));
  const read = readingOf(texts, problems);
  const stable = mode === 'pair' ? read('canary-of', (text) => parseStable(deployment, text), '') : '';
  read('canary', parseEnabled, '');
  const plan = { ...readPlan(read), gates: custom.gates };
  const route = { ...read('virtual-service', parseObject, {}), ...read('route', parseSection, {}) };
  problems.push(...bakeProblems(plan, texts));
  if (origin === 'written') problems.push(...senseless(plan, texts));
  problems.push(...authorless(plan, texts));
  const unseen = plan.gates.flatMap((gate) => neverSeen(gate, plan.maxBakeMs) ?? []);
  problems.push(...unseen.map(ofPolicy));
  return { plan, stable, route, problems };
}

function readingOf(texts: Readonly<Record<string, string>>, problems: SettingProblem[]): Reading {
  return (key, parse, otherwise) => {
    const text = texts[key]?.trim();
    if (text === undefined) return otherwise;
    const outcome = text.length > longest ? tooLong : parse(text);
    if ('value' in outcome) return outcome.value;
    const shown = text.slice(0, longest);
    problems.push({ key, value: shown, message: `${prefix}${key} is "${shown}", ${outcome.wrong}` });
    return otherwise;
  };
}

function readPlan(read: Reading): Omit<Plan, 'gates'> {
  const testers = read<string | undefined>('testers', parseTesters, undefined);
  const slackChannel = read<string | undefined>('slack-channel', parseChannel, undefined);
  const outside = readOutside(read);
  const approval = readApproval(read);
  const maxErrorRate = read<number | undefined>('max-error-rate', parseShare, undefined);
  return {
    steps: read('steps', parseSteps, defaultPlan.steps),
    bakeMs: read('bake', parsePositive, defaultPlan.bakeMs),
    maxBakeMs: read('max-bake', parsePositive, defaultPlan.maxBakeMs),
    errorMargin: read('error-margin', parseShare, defaultPlan.errorMargin),
    ...(maxErrorRate === undefined ? {} : { maxErrorRate }),
    maxLatency: read('max-latency', parseLatency, defaultPlan.maxLatency),
    minRequests: read('min-requests', parseCount, defaultPlan.minRequests),
    onUndecided: read('on-undecided', parseOnUndecided, defaultPlan.onUndecided),
    analysis: read('analysis', parseAnalysis, defaultPlan.analysis),
    maxUnmeshed: read('max-unmeshed', parseShare, defaultPlan.maxUnmeshed),
    falseRollback: read('false-rollback', parseRisk, defaultPlan.falseRollback),
    ...(testers === undefined ? {} : { testers }),
    ...(slackChannel === undefined ? {} : { slackChannel }),
    ...outside,
    ...(approval === undefined ? {} : { approval }),
  };
}

/**
 * Whom to ask. Silence rolls back unless said otherwise: nobody sets a time-out to have nothing happen, and a canary nobody answers
 * for is not to stay among the users.
 */
function readApproval(read: Reading): ApprovalPlan | undefined {
  const when = read<ApprovalPlan['when'] | 'none'>('approval', parseApproval, 'none');
  const timeoutMs = read<number | undefined>('approval-timeout', parsePositive, undefined);
  const onTimeout = read<ApprovalPlan['onTimeout']>('on-approval-timeout', parseOnUndecided, 'rollback');
  const byAuthor = read<ApprovalPlan['byAuthor']>('approval-by-author', parseByAuthor, 'allowed');
  const author = read<string | undefined>('author', parseAuthor, undefined);
  if (when === 'none') return undefined;
  return {
    when,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onTimeout,
    byAuthor,
    ...(author === undefined ? {} : { author }),
  };
}

/** Barring an author whom nobody names would bar nobody. */
function authorless({ approval }: Plan, texts: Readonly<Record<string, string>>): readonly SettingProblem[] {
  if (approval?.byAuthor !== 'refused' || texts['author'] !== undefined) return [];
  const message =
    `${prefix}approval-by-author is "refused", but nobody says who the author is. Have whoever applies the change set ` +
    `${prefix}author to a user name as the cluster has it, in the same apply.`;
  return [{ key: 'author', value: '', message }];
}

function ofPolicy(message: string): SettingProblem {
  return { key: 'gates', value: '', message: `CanaryPolicy: ${message}` };
}
