// serin wait: for pipelines. Blocks until the rollout of the present revision has ended and tells by the exit code how.
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { formatDuration, type Instant, type Millis } from '../domain/time.ts';
import { type Present, presentRollout } from './appear.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit.ts';
import { matching, readName } from './find.ts';
import { follow, type Looking } from './follow.ts';
import type { Goal } from './options.ts';
import { changeLine, changes, timed } from './render/status.ts';

/** What to wait for and how long; without a time-out for ever. */
export interface WaitFlags {
  readonly goal: Goal;
  readonly timeoutMs?: Millis;
}

/** How waiting for one rollout ended: with an exit code, or with the rollout gone, so that another may take its place. */
type Ended = ExitCode | 'gone';

const lookEveryMs = 1_000;
const heartbeatMs = 60_000;

/**
 * Waits for the rollout of the revision that the Deployment has now, never for an earlier one, also when the controller has
 * not begun it yet; or for exactly the rollout that was named. Interrupting it leaves the rollout alone.
 */
export async function runWait(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: WaitFlags,
): Promise<ExitCode> {
  const named = readName(words);
  const until = flags.timeoutMs === undefined ? undefined : parts.clock.now() + flags.timeoutMs;
  const [exact] = matching(await cluster.rollouts.list(cluster.namespace), named);
  const pinned = exact?.id.name === named.name;
  parts.terminal.err(
    `Waiting ${flags.timeoutMs === undefined ? '' : `up to ${formatDuration(flags.timeoutMs)} `}for ${named.name} to be ${flags.goal}.\n`,
  );
  for (;;) {
    const appeared = pinned ? exact : await appear(parts, cluster, named.name, until);
    if (typeof appeared === 'number') return appeared;
    const ended = await untilEnd(parts, cluster, appeared, flags, until);
    if (ended !== 'gone') return ended;
    parts.terminal.err(`The rollout ${appeared.id.name} is no more.\n`);
    if (pinned) return exitCodes.aborted;
  }
}

/** Waits until the controller has begun the rollout of the Deployment's present revision. */
async function appear(
  parts: CliParts,
  cluster: CliCluster,
  name: string,
  until: Instant | undefined,
): Promise<Rollout | ExitCode> {
  const read = () => presentRollout(cluster, cluster.namespace, name);
  const tell = tellOnce(parts, `No rollout of the present revision of ${name} has begun yet.`);
  for await (const seen of follow(parts, lookingFor(read, until))) {
    switch (seen.kind) {
      case 'found':
        if (seen.found.kind === 'rollout') return seen.found.rollout;
        if (seen.found.kind === 'nothing') return nothingToWaitFor(parts, seen.found);
        tell(seen.found.why);
        break;
      case 'gone':
        break;
      case 'timedOut':
        parts.terminal.err(
          `None has begun in time. See what would happen: serin plan ${name} -n ${cluster.namespace}\n`,
        );
        return exitCodes.timedOut;
      case 'interrupted':
        return exitCodes.interrupted;
    }
  }
  return exitCodes.internal;
}

function nothingToWaitFor(parts: CliParts, { why, rejected }: Present & { readonly kind: 'nothing' }): ExitCode {
  parts.terminal.out(`${why}\n`);
  return rejected ? exitCodes.rolledBack : exitCodes.reached;
}

/** Says that nothing has begun, and each new reason for it once. */
function tellOnce(parts: CliParts, sentence: string): (why: string | undefined) => void {
  let told: string | undefined;
  return (why) => {
    const text = why === undefined ? sentence : `${sentence} ${why}`;
    if (text !== told) parts.terminal.err(`${text}\n`);
    told = text;
  };
}

async function untilEnd(
  parts: CliParts,
  cluster: CliCluster,
  { id }: Rollout,
  flags: WaitFlags,
  until: Instant | undefined,
): Promise<Ended> {
  const narrate = narrator(parts);
  for await (const seen of follow(
    parts,
    lookingFor(() => cluster.rollouts.get(id), until),
  )) {
    switch (seen.kind) {
      case 'found':
        narrate(seen.found);
        if (isFinal(seen.found.status.phase)) return end(parts, seen.found, flags);
        break;
      case 'gone':
        return 'gone';
      case 'timedOut':
        parts.terminal.err(`The time to wait is over; the rollout goes on. ${again(id)}`);
        return exitCodes.timedOut;
      case 'interrupted':
        parts.terminal.err(`Interrupted; the rollout goes on. ${again(id)}`);
        return exitCodes.interrupted;
    }
  }
  return exitCodes.internal;
}

function again(id: Rollout['id']): string {
  return `Wait again with: serin wait ${id.name} -n ${id.namespace}\n`;
}

function lookingFor<T>(read: Looking<T>['read'], until: Instant | undefined): Looking<T> {
  return { read, everyMs: lookEveryMs, ...(until === undefined ? {} : { until }) };
}

function end(parts: CliParts, { id, status }: Rollout, flags: WaitFlags): ExitCode {
  const how = status.phase === 'promoted' ? 'promoted' : `rolled back (${status.cause ?? 'no cause'})`;
  parts.terminal.out(`${id.name} ${how}: ${status.message}\n`);
  return flags.goal === 'finished' ? exitCodes.reached : exitCodeOf(status);
}

/** One line per change, and one a minute when nothing changes, so that no pipeline takes the silence for a hang. */
function narrator(parts: CliParts): (rollout: Rollout) => void {
  const isWorthALine = changes();
  let shownAt: Instant | undefined;
  return (rollout) => {
    const now = parts.clock.now();
    const isSilent = shownAt !== undefined && now - shownAt >= heartbeatMs;
    if (!isWorthALine(rollout) && !isSilent) return;
    parts.terminal.err(`${timed(changeLine(rollout), now)}\n`);
    shownAt = now;
  };
}
