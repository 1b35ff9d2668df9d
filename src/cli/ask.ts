// serin promote, approve, abort, pause, resume, retry: writes what a person wants and waits a moment for the answer.
import { doneBefore, fewLeft, stepMeant, unclearSentence } from '../domain/asked-before.ts';
import type { Answer, Request, Verb } from '../domain/people.ts';
import { isRefusal } from '../domain/permission.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { formatDuration, type Millis } from '../domain/time.ts';
import { ofRevision } from './appear.ts';
import type { Asked, CliCluster, CliParts } from './cluster.ts';
import { CliError, type ExitCode, exitCodes, ifPermitted } from './exit.ts';
import { findRollout, readName } from './find.ts';
import { follow } from './follow.ts';

/** What is asked for. */
export interface AskFlags {
  readonly verb: Verb;
  readonly reason?: string;
  /** The step meant, counted from 1 as people see it; for promote and approve the present one when left out. */
  readonly step?: number;
  /** With a promote: go on in spite of freezes. */
  readonly overrideFreeze?: true;
}

const answerWithinMs: Millis = 10_000;

/** Asks, and prints the answer: 0 when it was done, now or before, 1 when it was refused, 0 also when nobody has answered yet. */
export async function runAsk(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: AskFlags,
): Promise<ExitCode> {
  const rollout = await meant(cluster, words, flags.verb);
  const answer = await askOnce(parts, cluster, rollout, requestOf(parts, rollout, flags));
  if (answer === undefined) return unanswered(parts, rollout);
  parts.terminal.out(`${rollout.id.name}: ${answer.message}\n`);
  return answer.outcome === 'refused' ? exitCodes.internal : exitCodes.reached;
}

/** Asks, unless others ask the same: then theirs has to be answered first, and it shows whether anything is left to do. */
async function askOnce(
  parts: CliParts,
  cluster: CliCluster,
  begun: Rollout,
  request: Unsigned,
): Promise<Answer | undefined> {
  let rollout = begun;
  for (let turn = 0; turn < 3; turn += 1) {
    const signed = { ...request, actor: '', time: parts.clock.now() };
    const isSpare = turn > 0 || rollout.spec.requests.length >= fewLeft;
    const known = isSpare ? doneBefore(rollout, signed, signed.time) : undefined;
    if (known !== undefined) return known;
    const written = await write(cluster, rollout, request);
    if (written.kind === 'unanswered') return undefined;
    if (written.kind === 'answered') return { ...written, id: request.id, time: signed.time };
    const answer = await answerTo(parts, cluster, rollout, written.id);
    if (written.kind === 'appended' || answer === undefined) return answer;
    rollout = (await cluster.rollouts.get(rollout.id)) ?? rollout;
  }
  throw new CliError(exitCodes.internal, 'Others ask the same all the time, and it was not your turn. Ask again.');
}

/** A retry is of the pod template that the Deployment has now, even if another was released since; all else of the newest rollout. */
async function meant(cluster: CliCluster, words: readonly string[], verb: Verb): Promise<Rollout> {
  const newest = await findRollout(cluster, cluster.namespace, words);
  if (verb !== 'retry' || !isFinal(newest.status.phase) || readName(words).name === newest.id.name) return newest;
  const workload = await ifPermitted(cluster.workloads.get(newest.id.namespace, newest.spec.target.name));
  return workload === undefined ? newest : ((await ofRevision(cluster, workload, undefined)) ?? newest);
}

type Unsigned = Omit<Request, 'actor' | 'time'>;

function requestOf(parts: CliParts, rollout: Rollout, flags: AskFlags): Unsigned {
  const { steps } = rollout.spec.plan;
  if (flags.step !== undefined && flags.step > steps.length) {
    throw new CliError(
      exitCodes.usage,
      `There is no step ${flags.step}: the plan of ${rollout.id.name} has ${steps.length} (${steps.join(', ')} percent).`,
    );
  }
  const step = flags.step === undefined ? presentStep(rollout, flags.verb) : flags.step - 1;
  return {
    id: parts.newId(),
    verb: flags.verb,
    surface: 'serin',
    ...(step === undefined ? {} : { step }),
    ...(flags.reason === undefined ? {} : { reason: flags.reason }),
    ...(flags.overrideFreeze === undefined ? {} : { overrideFreeze: flags.overrideFreeze }),
  };
}

function presentStep(rollout: Rollout, verb: Verb): number | undefined {
  const step = stepMeant(rollout, verb);
  if (step !== 'unclear') return step;
  const { id, status } = rollout;
  const next = `serin promote ${id.name} -n ${id.namespace} --step ${status.step + 1}`;
  throw new CliError(exitCodes.internal, unclearSentence(rollout), next);
}

/** A request that is written; `id` is that of another that asks the same where it has to be answered first. */
type Written =
  | { readonly kind: 'appended' | 'behind'; readonly id: string }
  | Extract<Asked, { readonly kind: 'answered' | 'unanswered' }>;

/** Writes the request or says why it could not be. */
export async function write(cluster: CliCluster, { id }: Rollout, request: Unsigned): Promise<Written> {
  const appended = await cluster.requests.append(id, request);
  switch (appended.kind) {
    case 'appended':
      return { kind: 'appended', id: request.id };
    case 'behind':
    case 'answered':
    case 'unanswered':
      return appended;
    case 'full':
      throw new CliError(
        exitCodes.internal,
        `The rollout ${id.name} holds as many requests as it can (20). To stop it, set spec.abort:`,
        `kubectl patch cro ${id.name} -n ${id.namespace} --type=merge -p '{"spec":{"abort":true}}'`,
      );
    case 'gone':
      throw new CliError(exitCodes.notFound, `The rollout ${id.name} is no more.`, `serin get -n ${id.namespace}`);
    case 'refused':
      throw new CliError(
        exitCodes.notFound,
        isRefusal(appended.message) ? appended.message : `You may not ${request.verb} ${id.name}: ${appended.message}`,
      );
  }
}

async function answerTo(
  parts: CliParts,
  cluster: CliCluster,
  { id }: Rollout,
  request: string,
): Promise<Answer | undefined> {
  const looking = {
    read: () => cluster.rollouts.get(id),
    everyMs: 250,
    until: parts.clock.now() + answerWithinMs,
  };
  for await (const seen of follow(parts, looking)) {
    if (seen.kind !== 'found') return undefined;
    const answer = seen.found.status.answers.find((given) => given.id === request);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function unanswered(parts: CliParts, { id }: Rollout): ExitCode {
  const waited = formatDuration(answerWithinMs);
  parts.terminal.err(
    `The request is written and will be answered. It was not within ${waited}: no controller runs, or it has to wait for the next phase.\n` +
      `See the answer with: serin status ${id.name} -n ${id.namespace}\n`,
  );
  return exitCodes.reached;
}
