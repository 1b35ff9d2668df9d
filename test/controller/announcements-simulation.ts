// Announcements through a long afternoon on one simulated clock, drawn from one seed: rollouts move, calls fail, answers get lost,
// messages are deleted, processes die at any instant. The same seed is the same run, to the last write.
import { type MemoryRollouts, memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { withOutbox } from '../../src/domain/outbox.ts';
import { type Phase, phases, type RolloutId } from '../../src/domain/rollout.ts';
import { aPlan, aSpec, aStatus } from '../support/builders.ts';
import { type FaultyAnnouncements, faultyAnnouncements, type Landed, type Mood } from './announcements-faults.ts';
import { type Process, simulatedProcess } from './announcements-process.ts';
import { type Chance, chances, type Timeline, timeline } from './announcements-timeline.ts';

/** What is simulated: 1,000 transitions of 20 rollouts and the end of each, told by two processes. */
export interface Course {
  readonly seed: number;
  /** How Slack is. Unless it is well, the cluster cannot be reached at times either, and people delete messages. */
  readonly slack: Mood;
  /** Whether processes are killed, and started again up to 20 seconds later, or stand still for up to a minute. */
  readonly kills: boolean;
}

/** What came of it. */
export interface Aftermath {
  /** What stands in Slack, by the name of the rollout. */
  readonly landed: ReadonlyMap<string, Landed>;
  /** The number of each rollout's last transition. */
  readonly last: ReadonlyMap<string, number>;
  /** How often a process said that something may stand twice. */
  readonly counted: number;
  readonly kills: number;
  readonly deletions: number;
  /** Entries that nobody has told. */
  readonly untold: number;
}

/** Where it happens. */
interface Stage {
  readonly course: Course;
  readonly chance: Chance;
  readonly time: Timeline;
  readonly rollouts: MemoryRollouts;
  readonly slack: FaultyAnnouncements;
  readonly ids: readonly RolloutId[];
  readonly last: Map<string, number>;
  readonly processes: (Process | undefined)[];
  readonly tally: { counted: number; kills: number; deletions: number; started: number };
}

const transitions = 1_000;
const many = 20;
const moving: readonly Phase[] = phases.filter((phase) => phase !== 'promoted' && phase !== 'rolledBack');

/** Lives through a course until all is told. */
export async function live(course: Course): Promise<Aftermath> {
  const stage = stageOf(course);
  const { rollouts, time, ids, slack, last, tally } = stage;
  for (const id of ids) await rollouts.create(id, aSpec({ plan: aPlan({ slackChannel: 'releases' }) }), aStatus());
  begin(stage, 0);
  begin(stage, 1);
  foresee(stage);
  await time.run();

  const outboxes = (await rollouts.list()).map(({ status }) => status.outbox?.length ?? 0);
  return { landed: slack.landed, last, ...tally, untold: outboxes.reduce((sum, length) => sum + length, 0) };
}

function stageOf(course: Course): Stage {
  const chance = chances(course.seed);
  const time = timeline();
  return {
    course,
    chance,
    time,
    rollouts: memoryRollouts({ clock: time.clock }),
    slack: faultyAnnouncements({ time, chance, mood: course.slack }),
    ids: Array.from({ length: many }, (_, index) => ({ namespace: 'shop', name: `reviews-${index}` })),
    last: new Map(),
    processes: [undefined, undefined],
    tally: { counted: 0, kills: 0, deletions: 0, started: 0 },
  };
}

/** Enters on the timeline what is to befall the stage. */
function foresee(stage: Stage): void {
  const { course, chance, time, ids } = stage;
  let at = 0;
  for (let count = 0; count < transitions; count += 1) {
    at += chance() * 2_000;
    const id = ids[Math.floor(chance() * many)];
    if (id !== undefined) time.in(at, () => void move(stage, id, moving[count % moving.length] ?? 'baking'));
  }
  for (const id of ids)
    time.in(at + chance() * 20_000, () => void move(stage, id, chance() < 0.5 ? 'promoted' : 'rolledBack'));
  if (course.slack !== 'well')
    for (let when = 0; when < at; when += chance() * 60_000) time.in(when, () => deleteOne(stage));
  if (course.kills)
    for (let when = 0; when < at + 60_000; when += chance() * 16_000) time.in(when, () => strikeOne(stage));
}

/** A tick moves a rollout. The memory store does both at once, so that nobody comes between. */
async function move(stage: Stage, id: RolloutId, phase: Phase): Promise<void> {
  const { rollouts, last, time } = stage;
  const number = (last.get(id.name) ?? 0) + 1;
  last.set(id.name, number);
  const rollout = await rollouts.get(id);
  if (rollout === undefined) throw new Error('There is no rollout.');
  const weight = { intended: number, observed: number };
  const status = { ...rollout.status, phase, weight, message: `Number ${number}.` };
  const saved = await rollouts.save(rollout, withOutbox(rollout, status, time.clock.now()));
  if (saved.kind !== 'saved') throw new Error('Somebody came between.');
  seen(stage, id);
}

/** The watch of every process sees it a moment later. */
function seen({ processes, time, chance }: Stage, id: RolloutId): void {
  for (const process of processes) if (process !== undefined) time.in(5 + chance() * 50, () => process.changed(id));
}

function begin(stage: Stage, index: number): void {
  const { rollouts, time, chance, slack, tally, processes, ids, course } = stage;
  tally.started += 1;
  const process = simulatedProcess({
    rollouts,
    time,
    chance,
    slack,
    by: `process-${tally.started}`,
    unreachable: course.slack === 'well' ? 0 : 0.02,
    wrote: (id) => seen(stage, id),
    maybeTwice: () => {
      tally.counted += 1;
    },
  });
  processes[index] = process;
  for (const id of ids) process.changed(id);
}

function strikeOne(stage: Stage): void {
  const { chance, processes, tally, time } = stage;
  const index = chance() < 0.5 ? 0 : 1;
  const process = processes[index];
  if (process === undefined) return;
  if (chance() < 0.25) {
    process.suspend(chance() * 60_000);
    return;
  }
  tally.kills += 1;
  process.kill();
  processes[index] = undefined;
  time.in(chance() * 20_000, () => begin(stage, index));
}

function deleteOne({ slack, tally }: Stage): void {
  if (slack.deleteOne()) tally.deletions += 1;
}
