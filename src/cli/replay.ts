// serin replay: what Serin would have done with a past that Prometheus still knows.

import type { Gauge } from '../controller/ports.ts';
import type { SlotReading, Subject } from '../domain/evidence.ts';
import type { GaugeQuestion } from '../domain/gates/custom.ts';
import type { Replay } from '../domain/replay.ts';
import { beforeBoth, splitInTime } from '../domain/replay-split.ts';
import { formatDuration, formatInstant } from '../domain/time.ts';
import { whyNot } from '../domain/unread.ts';
import type { CliParts, MetricsSource, WholeCluster } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { replayLines, replayRecord, type Shown } from './render/replay.ts';
import { replayPage } from './render/replay-html.ts';
import { askedReplay, type ReplayFlags, type ReplayWanted } from './replay-ask.ts';
import { replayAsking } from './replay-gauge.ts';
import { type ReadPast, readPast, slotsIn } from './replay-slots.ts';
import { paintFor, textOf } from './terminal.ts';

/** How a replay is shown. */
export interface ReplayOutput {
  readonly output: 'table' | 'json';
  /** The file for a page with plots. */
  readonly html?: string;
}

/** Judges a past: 0 whatever would have become of it, 8 when there was nothing to judge. Changes nothing in the cluster. */
export async function runReplay(
  parts: CliParts,
  cluster: WholeCluster,
  words: readonly string[],
  flags: ReplayFlags & ReplayOutput,
  source: MetricsSource | undefined,
): Promise<ExitCode> {
  if (source === undefined)
    throw new CliError(exitCodes.usage, 'Say where Prometheus answers: --prometheus-url http://host:9090');
  const wanted = await askedReplay(parts, cluster, words, flags);
  const slots = slotsIn(wanted.from, wanted.to, flags.slotMs);
  const past = await readPast(parts, await cluster.metrics(source), slots, wanted.read);
  if (!hasTraffic(past, wanted)) throw nothingThere(past, wanted);
  if (wanted.gates.length > 0) parts.terminal.err(`Custom gates are asked on the way: ${namesOf(wanted)}.\n`);
  const done = await judged(parts, await cluster.gauge(source), past, wanted);
  await show(parts, { wanted, replay: done, slotMs: flags.slotMs }, flags);
  return exitCodes.reached;
}

function namesOf({ gates }: ReplayWanted): string {
  return gates.map(({ name }) => name).join(', ');
}

async function judged(parts: CliParts, gauge: Gauge, past: ReadPast, wanted: ReplayWanted): Promise<Replay> {
  const { plan, judged: asked, read, splitAt, gates, to } = wanted;
  const subject = { ...asked, services: past.services };
  const { before, pattern, readings } =
    splitAt === undefined
      ? past
      : {
          before: beforeBoth(past.before, read.stable, subject),
          pattern: past.pattern.map((slot) => beforeBoth(slot, read.stable, subject)),
          readings: splitInTime(past.readings, splitAt, read.stable, subject),
        };
  const [first, laid] = [past.readings[0], readings[0]];
  const stableEarlierMs = first === undefined || laid === undefined ? 0 : laid.slot.start - first.slot.start;
  const custom = { gates, names: read, textOf: (question: GaugeQuestion) => gauge.text(question) };
  const done = await replayAsking(
    { subject, plan, before, pattern, readings, custom },
    { gauge, until: to, stableEarlierMs },
    parts,
  );
  if (done === undefined)
    throw new CliError(exitCodes.noEvidence, 'No slot can be judged: the halves have no whole slot. Move --split-at.');
  return done;
}

function hasTraffic({ readings }: ReadPast, { read, splitAt }: ReplayWanted): boolean {
  const served = (workload: string) => readings.some((reading) => requestsOf(reading, workload) > 0);
  return splitAt === undefined ? served(read.canary) : served(read.stable);
}

function requestsOf(reading: SlotReading, workload: string): number {
  const rows = reading.kind === 'data' ? reading.requests : [];
  return rows.reduce((sum, row) => sum + (row.workload === workload ? row.count : 0), 0);
}

function nothingThere({ readings }: ReadPast, { read, from, to }: ReplayWanted): CliError {
  const range = `the ${formatDuration(to - from)} from ${formatInstant(from)}`;
  const isUnreadable = readings.some(
    (reading) => reading.kind === 'data' && reading.unreadable.some(({ workload }) => workload === read.canary),
  );
  const message = isUnreadable ? unusable(read, range) : unknown(read, range);
  return new CliError(exitCodes.noEvidence, message);
}

function unusable({ canary, namespace }: Subject, range: string): string {
  return (
    `Prometheus has counts of requests to ${canary} in namespace ${namespace}, but none that can be used in ${range}: they are no numbers of requests ` +
    '(NaN, infinite or below 0), or may be those of a lifetime because the slot before was not scraped. Ask it for istio_requests_total, and look whether it ' +
    'scrapes at least once in each slot.'
  );
}

function unknown({ canary, namespace }: Subject, range: string): string {
  return `Prometheus knows no requests to ${canary} in namespace ${namespace} in ${range}. Look whether that is the name and the time, and whether Prometheus keeps so much of the past.`;
}

async function show(parts: CliParts, shown: Shown, { output, html }: ReplayOutput): Promise<void> {
  if (output === 'json') parts.terminal.out(`${JSON.stringify(replayRecord(shown), undefined, 2)}\n`);
  else parts.terminal.out(textOf(replayLines(shown, paintFor(parts.terminal))));
  if (html === undefined) return;
  await parts.writeOutput(html, replayPage(shown)).catch((error: unknown) => {
    throw new CliError(exitCodes.usage, `${html} cannot be written: ${whyNot(error)}.`);
  });
  parts.terminal.err(`The page with the plots is ${html}.\n`);
}
