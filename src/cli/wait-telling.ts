// What a waiting pipeline is told, and where: lines for people or records for programs, and at the end whatever else was asked for.
import type { Rollout } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { CliParts } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { junitReport } from './render/junit.ts';
import { changeLine, changes, timed } from './render/status.ts';
import { errorCommand, stepSummary } from './render/step-summary.ts';
import { endRecord, waitRecord } from './render/wait-record.ts';

/** What is waited for. */
export interface Waited {
  readonly namespace: string;
  readonly name: string;
  /** As it is typed: `promoted`, `step=2`. */
  readonly goal: string;
}

/** How waiting ended. */
export interface WaitEnd {
  readonly code: ExitCode;
  /** The rollout as it was last seen; undefined where none has begun. */
  readonly rollout: Rollout | undefined;
  readonly message: string;
  /** The next command, where there is one. */
  readonly next?: string;
}

/** Who is told what happens while a command waits. */
export interface Telling {
  /** A sentence that concerns the waiting itself, told when it is a new one. */
  note(sentence: string): void;
  /** The rollout as it is now: told when it has changed. */
  sees(rollout: Rollout): void;
  /** The end, once. Rejects when a file that was asked for cannot be written. */
  ends(end: WaitEnd): Promise<void>;
}

/** How to tell. */
export interface TellingFlags {
  readonly output: 'text' | 'json';
  readonly junit?: string;
}

const heartbeatMs: Millis = 60_000;

/** Tells of one waiting; something at least every minute, as long as it is spoken to, so that no pipeline takes silence for a hang. */
export function tellingOf(parts: CliParts, waited: Waited, flags: TellingFlags): Telling {
  const began = parts.clock.now();
  const voice = flags.output === 'json' ? recordsOn(parts, waited) : linesOn(parts);
  const isWorthALine = changes();
  let toldAt: Instant = began;
  let told: string | undefined;
  let shown: Rollout | undefined;
  const isSilent = (): boolean => parts.clock.now() - toldAt >= heartbeatMs;
  return {
    note(sentence) {
      if (sentence === told && !isSilent()) return;
      [told, toldAt] = [sentence, parts.clock.now()];
      voice.note(sentence);
    },
    sees(rollout) {
      if (shown?.id.name !== rollout.id.name) shown = undefined;
      const isChange = isWorthALine(rollout);
      if (!isChange && shown !== undefined && !isSilent()) return;
      [shown, toldAt] = [rollout, parts.clock.now()];
      voice.rollout(rollout, isChange ? 'change' : 'heartbeat');
    },
    async ends(end) {
      voice.ends(end);
      await tellFiles(parts, waited, { ...end, tookMs: parts.clock.now() - began }, flags);
    },
  };
}

interface Voice {
  note(sentence: string): void;
  rollout(rollout: Rollout, kind: 'change' | 'heartbeat'): void;
  ends(end: WaitEnd): void;
}

/** Narration goes to the error stream; how the rollout ended to the other. */
function linesOn({ terminal, clock }: CliParts): Voice {
  return {
    note: (sentence) => terminal.err(`${sentence}\n`),
    rollout: (rollout) => terminal.err(`${oneLine(timed(changeLine(rollout), clock.now()))}\n`),
    ends({ code, message, next }) {
      const advice = next === undefined ? '' : ` ${next}`;
      if (isAnswer(code)) terminal.out(`${oneLine(message)}\n`);
      else terminal.err(`${message}${advice}\n`);
    },
  };
}

/** What a container wrote must not begin a line of its own, which a CI system might take for a command. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

/** Whether a code tells how it ended, rather than that nobody saw it end. */
function isAnswer(code: ExitCode): boolean {
  return code !== exitCodes.timedOut && code !== exitCodes.interrupted;
}

function recordsOn({ terminal, clock }: CliParts, waited: Waited): Voice {
  const write = (record: unknown): void => terminal.out(`${JSON.stringify(record)}\n`);
  return {
    note: (message) => write(waitRecord(waited, clock.now(), { kind: 'note', message })),
    rollout: (rollout, kind) => write(waitRecord(waited, clock.now(), { kind, rollout })),
    ends: (end) => write(endRecord(waited, clock.now(), end)),
  };
}

/** A waiting that has ended, and how long it took. */
export interface EndedWait extends WaitEnd {
  readonly tookMs: Millis;
}

async function tellFiles(parts: CliParts, waited: Waited, end: EndedWait, { junit }: TellingFlags): Promise<void> {
  const { github } = parts.pipeline;
  if (github?.actions === true && end.code !== exitCodes.reached) parts.terminal.err(`${errorCommand(waited, end)}\n`);
  if (github?.summaryFile !== undefined) await parts.appendOutput(github.summaryFile, stepSummary(waited, end));
  if (junit !== undefined) await parts.writeOutput(junit, junitReport(waited, end));
}
