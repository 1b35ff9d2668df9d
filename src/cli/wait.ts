// serin wait: for pipelines. Blocks until one attempt has come to what is waited for, and tells by the exit code how.
import type { Rollout } from '../domain/rollout.ts';
import { formatDuration, type Instant, type Millis } from '../domain/time.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { CliError, type ExitCode, exitCodeOfError, exitCodes } from './exit.ts';
import { matching, readName } from './find.ts';
import { firstSeen, follow, type Looking } from './follow.ts';
import { codeFor, demandStep, type Goal, goalSentence, typedGoal } from './goal.ts';
import { type PinFlags, type PinnedLook, pinOn } from './pin.ts';
import { type Telling, type TellingFlags, tellingOf, type WaitEnd } from './wait-telling.ts';

/** What to wait for, how long, and how to tell of it; without a time-out for ever. */
export interface WaitFlags extends PinFlags, TellingFlags {
  readonly goal: Goal;
  readonly timeoutMs?: Millis;
}

/** One waiting under way. */
interface Waiting {
  readonly parts: CliParts;
  readonly cluster: CliCluster;
  readonly name: string;
  readonly flags: WaitFlags;
  readonly until: Instant | undefined;
  readonly telling: Telling;
}

const lookEveryMs = 1_000;

/**
 * Waits for the pinned attempt of a Deployment, never for an earlier one, also when the controller has not begun it yet; or for exactly
 * the rollout that was named. Interrupting it leaves the rollout alone.
 */
export async function runWait(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: WaitFlags,
): Promise<ExitCode> {
  const { name } = readName(words);
  const waited = { namespace: cluster.namespace, name, goal: typedGoal(flags.goal) };
  await demandWritable(parts, flags);
  const telling = tellingOf(parts, waited, flags);
  const until = flags.timeoutMs === undefined ? undefined : parts.clock.now() + flags.timeoutMs;
  const end = await outcome({ parts, cluster, name, flags, until, telling }, words).catch(async (error: unknown) => {
    if (isRecorded(parts, flags)) await telling.ends(endOfError(error));
    throw error;
  });
  await telling.ends(end);
  return end.code;
}

/** A report that cannot be written is told now, and not in place of the end. */
async function demandWritable(parts: CliParts, { junit }: WaitFlags): Promise<void> {
  if (junit === undefined) return;
  await parts.appendOutput(junit, '').catch(() => {
    throw new CliError(
      exitCodes.usage,
      `--junit is "${junit}", which cannot be written. Name a file in a folder that is there.`,
    );
  });
}

/** Whether an error is told besides to somebody who does not read the error stream. */
function isRecorded({ pipeline }: CliParts, { output, junit }: WaitFlags): boolean {
  return output === 'json' || junit !== undefined || pipeline.github !== undefined;
}

function endOfError(error: unknown): WaitEnd {
  const message = error instanceof Error ? error.message : String(error);
  return { code: exitCodeOfError(error), rollout: undefined, message };
}

async function outcome(waiting: Waiting, words: readonly string[]): Promise<WaitEnd> {
  const { cluster, name, flags, telling } = waiting;
  const first = await firstLook(waiting, words);
  if ('code' in first) return first;
  const [exact] = first.named;
  const limit = flags.timeoutMs === undefined ? '' : `up to ${formatDuration(flags.timeoutMs)} `;
  telling.note(`Waiting ${limit}for ${name} ${goalSentence(flags.goal)}.`);
  if (exact?.id.name === name) {
    demandNoPin(flags, name);
    return untilGone(waiting, exact);
  }
  const look = pinOn(cluster, name, flags);
  for (;;) {
    const appeared = await appear(waiting, look);
    if ('code' in appeared) return appeared;
    const end = await untilEnd(waiting, appeared);
    if (end !== 'gone') return end;
    telling.note(`The rollout ${appeared.id.name} is no more.`);
  }
}

/** The rollouts of that name, through outages as every look. */
async function firstLook(
  { parts, cluster, until }: Waiting,
  words: readonly string[],
): Promise<WaitEnd | { readonly named: readonly Rollout[] }> {
  const read = async () => matching(await cluster.rollouts.list(cluster.namespace), readName(words));
  const seen = await firstSeen(parts, lookingFor(read, until));
  if (seen.kind === 'found') return { named: seen.found };
  const code = seen.kind === 'interrupted' ? exitCodes.interrupted : exitCodes.timedOut;
  return { code, rollout: undefined, message: 'Ended before the cluster had answered.' };
}

function demandNoPin({ image, revision }: PinFlags, name: string): void {
  if (image === undefined && revision === undefined) return;
  const message = `${name} names one attempt already; --image and --revision choose one of a Deployment.`;
  throw new CliError(exitCodes.usage, message);
}

async function untilGone(waiting: Waiting, rollout: Rollout): Promise<WaitEnd> {
  const end = await untilEnd(waiting, rollout);
  if (end !== 'gone') return end;
  return { code: exitCodes.aborted, rollout, message: `The rollout ${rollout.id.name} is no more.` };
}

/** Waits until the controller has begun the rollout of the pinned attempt. */
async function appear(waiting: Waiting, look: PinnedLook): Promise<Rollout | WaitEnd> {
  const { name, cluster, telling } = waiting;
  const without = { rollout: undefined };
  for await (const seen of follow(waiting.parts, lookingFor(look, waiting.until))) {
    switch (seen.kind) {
      case 'found': {
        const { found } = seen;
        if (found.kind === 'rollout') return found.rollout;
        if (found.kind === 'superseded') return { ...without, code: exitCodes.superseded, message: found.why };
        if (found.kind === 'nothing') {
          return { ...without, code: found.rejected ? exitCodes.rolledBack : exitCodes.reached, message: found.why };
        }
        telling.note(
          `No rollout of the present revision of ${name} has begun yet.${found.why === undefined ? '' : ` ${found.why}`}`,
        );
        break;
      }
      case 'gone':
        break;
      case 'timedOut': {
        const next = `See what would happen: serin plan ${name} -n ${cluster.namespace}`;
        return { ...without, code: exitCodes.timedOut, message: 'None has begun in time.', next };
      }
      case 'interrupted':
        return { ...without, code: exitCodes.interrupted, message: 'Interrupted before any rollout had begun.' };
    }
  }
  return { ...without, code: exitCodes.internal, message: 'Looking has ended without a reason.' };
}

async function untilEnd(waiting: Waiting, begun: Rollout): Promise<WaitEnd | 'gone'> {
  const { cluster, flags, telling } = waiting;
  demandStep(flags.goal, begun);
  const read = () => cluster.rollouts.get(begun.id);
  let rollout = begun;
  for await (const seen of follow(waiting.parts, lookingFor(read, waiting.until))) {
    switch (seen.kind) {
      case 'found': {
        if (seen.found.uid !== begun.uid) return 'gone';
        rollout = seen.found;
        telling.sees(rollout);
        const code = codeFor(flags.goal, rollout);
        if (code !== undefined) return { code, rollout, message: endSentence(rollout, flags.goal) };
        break;
      }
      case 'gone':
        return 'gone';
      case 'timedOut':
        return notSeen(waiting, rollout, exitCodes.timedOut, 'The time to wait is over; the rollout goes on.');
      case 'interrupted':
        return notSeen(waiting, rollout, exitCodes.interrupted, 'Interrupted; the rollout goes on.');
    }
  }
  return { code: exitCodes.internal, rollout, message: 'Looking has ended without a reason.' };
}

function notSeen({ flags }: Waiting, rollout: Rollout, code: ExitCode, message: string): WaitEnd {
  const { id } = rollout;
  const goal = flags.goal.kind === 'promoted' ? '' : ` --for=${typedGoal(flags.goal)}`;
  return { code, rollout, message, next: `Wait again with: serin wait ${id.name} -n ${id.namespace}${goal}` };
}

function endSentence({ id, status }: Rollout, goal: Goal): string {
  if (status.phase === 'promoted') return `${id.name} promoted: ${status.message}`;
  if (status.phase === 'rolledBack') return `${id.name} rolled back (${status.cause ?? 'no cause'}): ${status.message}`;
  const reached = goal.kind === 'step' ? `reached step ${goal.step}` : 'awaits approval';
  return `${id.name} ${reached}: ${status.message}`;
}

function lookingFor<T>(read: Looking<T>['read'], until: Instant | undefined): Looking<T> {
  return { read, everyMs: lookEveryMs, ...(until === undefined ? {} : { until }) };
}
