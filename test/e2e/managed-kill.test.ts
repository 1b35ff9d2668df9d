// kill -9 of the controller before and after every write of managed releases: the next controller carries on to the same end, and no
// request meets a hole meanwhile.
import { describe, expect, it } from 'vitest';
import type { Routing } from '../../tools/scene/managed-routes.ts';
import { rolloutsIn } from '../support/api.ts';
import { awaitedRollouts } from '../support/awaited-rollouts.ts';
import { eventually } from '../support/eventually.ts';
import {
  type Coverage,
  killCoverage,
  type Strike,
  type Striking,
  strikingWith,
  watching,
} from '../support/kill-coverage.ts';
import { allOf } from '../support/killing.ts';
import { remember } from '../support/managed-ends.ts';
import { requestsOf } from '../support/managed-measures.ts';
import { type EndWanted, expectRightEnd, isOver, type Outcome, outcomeOf } from '../support/managed-outcome.ts';
import { beginManagedStory, type ManagedStory } from '../support/managed-story.ts';
import { isTelling, plainly } from '../support/managed-write-names.ts';
import { startWriteProxy, type WriteProxy } from '../support/write-proxy.ts';

interface Course {
  readonly name: string;
  readonly routing: Routing;
  /** What people do after the Deployment is adopted, up to the last thing they apply. */
  readonly act: (of: ManagedStory) => Promise<void>;
  readonly end: EndWanted;
  /** Whether the weights depend on the moment: pods that fail are found out a part of the way back earlier or later. */
  readonly isTimed?: boolean;
  /** Stories that are struck at once. */
  readonly width: number;
}

const courses: readonly Course[] = [
  {
    name: 'promoted',
    routing: 'subset',
    act: (of) => of.setImage('2'),
    end: { phase: 'promoted', rollouts: 1, runs: '2' },
    width: 3,
  },
  {
    name: 'rolled back',
    routing: 'none',
    act: (of) => of.setImage('bad'),
    end: { phase: 'rolledBack', rollouts: 1, runs: '1' },
    width: 3,
  },
  {
    name: 'stuck in its promotion, and followed by one that is promoted,',
    routing: 'plain',
    act: getStuck,
    end: { phase: 'promoted', rollouts: 2, runs: '3' },
    isTimed: true,
    width: 3,
  },
];

async function getStuck(of: ManagedStory): Promise<void> {
  await of.setImage('2');
  await of.until('the copy to serve everything', ({ status }) => status.step === 1 && status.phase !== 'shifting');
  await of.mesh.putBehaviour(of.namespace, 'checkout', { kind: '5xx', rate: 0.5 });
  await of.reaches('held', 240_000);
  // It is paused when the routes are put right: before that, whoever comes next might find the newer template first.
  await eventually('its pause', async () => (await of.deployment()).spec.paused);
  await of.mesh.deleteBehaviour(of.namespace, 'checkout');
  await of.setImage('3');
}

const settings = { steps: '50,100', bake: '2s', 'max-bake': '10m', 'min-requests': '10' };

// Writes on which a rollout depends are struck on both sides, those that only tell people of it on one. Asked for the long tests, each
// story has every write of each of its rollouts struck; otherwise the same write of another step, rollout or story is struck once.
const isLong = process.env['SERIN_LONG'] === '1';
const thoroughness = isLong
  ? { as: (name: string) => name, isOneSided: isTelling }
  : { as: plainly, isOneSided: isTelling };
const shared = killCoverage(thoroughness);
/** How often a course is struck until every write has been. */
const mostRounds = isLong ? 8 : 4;

const timing = { slot: '1s', sweep: '1s' };

interface Told {
  readonly outcome: Outcome;
  readonly seen: ReadonlySet<string>;
  readonly strikes: readonly Strike[];
  readonly weights: readonly number[];
  readonly requests: number;
}

/** Plays a whole story, undisturbed unless a coverage is given, and ends it. */
async function play(course: Course, coverage?: Coverage): Promise<Told> {
  const ends: (() => unknown)[] = [];
  try {
    return await playOn(course, coverage, ends);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function playOn(course: Course, coverage: Coverage | undefined, ends: (() => unknown)[]): Promise<Told> {
  const scene = { routing: course.routing };
  const of = await beginManagedStory('managed-kill', { controller: false, rps: 80, scene });
  ends.push(() => of.end());
  const proxy = await startWriteProxy(of.account);
  ends.push(() => proxy.dispose());
  const before = await remember(of);
  const next = (): ReturnType<ManagedStory['startController']> =>
    of.startController({ ...timing, kubeconfig: proxy.kubeconfig });
  const first = await next();
  const striking = coverage === undefined ? watching() : strikingWith(coverage, { first, next });
  proxy.intercept(striking);
  await of.adopt(settings);
  await course.act(of);
  await untilOver(of, course, proxy, striking);
  await of.controller().stop();
  await expectRightEnd(of, course.end, before, killsOf(striking));
  const [outcome, requests] = [await outcomeOf(of), await requestsOf(of)];
  return { outcome, requests, seen: striking.seen(), strikes: striking.strikes(), weights: striking.weights() };
}

function killsOf({ strikes }: Pick<Striking, 'strikes'>): string {
  return strikes()
    .map(({ side, name }) => `${side} ${name}`)
    .join('\n');
}

/** The end has come, and whoever was struck at the last writes has a successor that has nothing left to write. */
async function untilOver(of: ManagedStory, { end }: Course, proxy: WriteProxy, striking: Striking): Promise<void> {
  const over = `rollout ${end.rollouts} in ${of.namespace} to be ${end.phase}`;
  try {
    await awaitedRollouts(
      of.api,
      of.namespace,
      over,
      (all) => all.length === end.rollouts && all.at(-1)?.status.phase === end.phase,
      {
        withinMs: 240_000,
      },
    );
    await eventually(`${over} and cleared away`, async () => {
      if (!(await isOver(of, end))) return false;
      await striking.settled();
      return proxy.underWay() === 0 && isOver(of, end);
    });
  } catch (cause) {
    const rollouts = await rolloutsIn(of.api, of.namespace);
    const stand = rollouts.map(({ metadata, status }) => `${metadata.name} is ${status.phase}: ${status.message}`);
    const words = of.controller().output().split('\n').slice(-12);
    throw new Error([String(cause), ...stand, killsOf(striking), ...words].join('\n'), { cause });
  }
}

interface Tally {
  strikes: number;
  requests: number;
  readonly phases: Map<string, number>;
}

/** Plays the course calmly, and at the same time struck, again as long as a write of the calm one has not been struck. */
async function killEverywhere(course: Course): Promise<Tally> {
  const coverage = isLong ? killCoverage(thoroughness) : shared;
  const calmly = play(course);
  calmly.catch(() => undefined); // whoever waits for it below is told
  const tally: Tally = { strikes: 0, requests: 0, phases: new Map() };
  async function playStruck(): Promise<void> {
    const told = await play(course, coverage);
    const calm = await calmly;
    const kills = killsOf({ strikes: () => told.strikes });
    expect(told.outcome, kills).toEqual(calm.outcome);
    if (course.isTimed !== true) expect(told.weights, kills).toEqual(calm.weights);
    expect([...told.seen].filter(blamesSomebody), kills).toEqual([]);
    tally.requests += told.requests;
    tally.strikes += told.strikes.length;
    for (const { phase } of told.strikes) tally.phases.set(phase, (tally.phases.get(phase) ?? 0) + 1);
  }
  const struck = Array.from({ length: course.width }, () => playStruck);
  const failures = [...(await allOf(struck, course.width))];
  const wanted = [...(await calmly).seen].filter(isAlwaysWritten);
  for (let round = 1; round < mostRounds && coverage.missing(wanted).length > 0; round += 1) {
    failures.push(...(await allOf([playStruck], 1)));
  }
  expect(failures.map(String)).toEqual([]);
  expect(coverage.missing(wanted)).toEqual([]);
  return tally;
}

/** Nobody but Serin writes the routes. */
function blamesSomebody(name: string): boolean {
  return name.startsWith('event RoutesReset ');
}

/** What the doctor has to say depends on the moment it looks. */
function isAlwaysWritten(name: string): boolean {
  return !name.startsWith('event DoctorFound ');
}

describe('kill -9 before and after every write', { timeout: isLong ? 1_800_000 : 600_000 }, () => {
  it.for(courses)('of a managed release that is $name changes nothing of its end', async (course) => {
    const { strikes, requests, phases } = await killEverywhere(course);

    console.info(`${strikes} kills in releases that are ${course.name}: 0 of ${requests} requests met a hole.`);
    console.table(Object.fromEntries(phases));
    expect(strikes).toBeGreaterThan(0);
  });
});
