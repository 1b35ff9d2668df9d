// kill -9 at every write of a whole rollout, before and after it: the next controller carries on to the same end.
import { describe, expect, it } from 'vitest';
import type { BehaviourInput } from '../../tools/mesh/control.ts';
import { deploymentPath, rolloutsIn, type SeenRollout } from '../support/api.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { eventually } from '../support/eventually.ts';
import { bakesOf, phasesEntered } from '../support/history.ts';
import { allOf, type Hit, type KillPlan, killing, namesOf } from '../support/killing.ts';
import { beginStory, type Story } from '../support/story.ts';
import { virtualServicesPath, watch, weightsTold } from '../support/watching.ts';
import { claimsWritten, isEssential } from '../support/write-names.ts';
import { type SeenWrite, startWriteProxy, type WriteProxy } from '../support/write-proxy.ts';

interface Course {
  readonly name: string;
  readonly canary: BehaviourInput;
  readonly end: 'promoted' | 'rolledBack';
  readonly weights: readonly string[];
}

const promoted: Course = {
  name: 'kill-good',
  canary: { kind: 'good' },
  end: 'promoted',
  weights: ['100/0', '50/50', '0/100'],
};
const rolledBack: Course = {
  name: 'kill-bad',
  canary: { kind: '5xx', rate: 0.5 },
  end: 'rolledBack',
  weights: ['100/0', '50/50', '100/0'],
};

const settings = { steps: '50,100', bake: '1s', 'max-bake': '10m', 'min-requests': '10' };
const bakeMs = 1_000;
const atATime = 4;
const killsApart = 6;

const timing = { slot: '1s', settle: '300ms', sweep: '1s' };

interface Told {
  readonly end: SeenRollout;
  readonly writes: readonly SeenWrite[];
  readonly weights: readonly string[];
  readonly hits: readonly Hit[];
}

async function play(course: Course, plan?: KillPlan): Promise<Told> {
  const proxy = await startWriteProxy(stackOfThisRun().kubeconfig);
  const options = { kubeconfig: proxy.kubeconfig, ...timing };
  const story = await beginStory(course.name, { rps: 150, canary: course.canary, controller: options });
  try {
    const told = await playOn(story, proxy, course, plan);
    await story.controller().stop();
    return told;
  } finally {
    await proxy.dispose();
    await story.end();
  }
}

async function playOn(story: Story, proxy: WriteProxy, course: Course, plan: KillPlan | undefined): Promise<Told> {
  const hits: Hit[] = [];
  const watching = await watch(story.api, virtualServicesPath(story.namespace));
  try {
    if (plan !== undefined) proxy.intercept(killing(plan, sceneOf(story, proxy), hits));
    await story.release(settings);
    const end = await story.reaches(course.end);
    await eventually(
      `nothing to be left in ${story.namespace}`,
      async () => (await isTidy(story, course.end)) && proxy.underWay() === 0,
    );
    return { end, writes: proxy.writes(), weights: weightsTold(watching), hits };
  } finally {
    watching.stop();
  }
}

function sceneOf(story: Story, { kubeconfig }: WriteProxy): Parameters<typeof killing>[1] {
  return {
    first: story.controller(),
    phase: async () => (await story.rollout())?.status.phase ?? 'none',
    next: () => story.startController({ kubeconfig, ...timing }),
  };
}

/** Whether the claim, the field ownership and the finalizer are gone and the Deployment shows the end. */
async function isTidy(story: Story, end: string): Promise<boolean> {
  const { metadata } = await story.routes();
  const [rollout, ...others] = await rolloutsIn(story.api, story.namespace);
  const target = JSON.stringify(await story.api.get(deploymentPath(story.namespace, 'reviews-v2')));
  return (
    metadata.annotations['serin.dev/claim'] === undefined &&
    !metadata.managedFields.some(({ manager }) => manager === 'serin') &&
    others.length === 0 &&
    rollout?.metadata['finalizers'] === undefined &&
    target.includes(`"serin.dev/phase":"${end}"`) &&
    target.includes(`"serin.dev/last":"${end} `)
  );
}

/**
 * Every write is struck in some story, far enough from the others of that story. Those on which the rollout depends are
 * struck on both sides, those that only tell of it on one, and once where they are repeated.
 */
function plansFor(writes: readonly SeenWrite[]): readonly KillPlan[] {
  const names = namesOf(writes);
  return (['before', 'after'] as const).flatMap((when, side) =>
    Array.from({ length: killsApart }, (_, first) => {
      const at = names.filter((_name, index) => index % killsApart === first);
      return { when, at: at.filter((name) => isStruck(name, writes, names, side)) };
    }),
  );
}

function isStruck(name: string, writes: readonly SeenWrite[], names: readonly string[], side: number): boolean {
  const index = names.indexOf(name);
  const write = writes[index];
  if (write === undefined) return false;
  return isEssential(write) || (index % 2 === side && !/ \d$/.test(name));
}

interface Tally {
  /** Writes that were to be struck and were not, because the story went another way: `before disown 2`. */
  readonly missed: readonly string[];
  /** How many kills met the rollout in each phase. */
  readonly phases: Readonly<Record<string, number>>;
}

async function killEverywhere(course: Course): Promise<Tally> {
  const calm = await play(course);
  expect(calm.weights).toEqual(course.weights);
  const hits: Hit[] = [];
  const missed: string[] = [];
  const failures = await allOf(
    plansFor(calm.writes).map((plan) => async () => {
      const told = await play(course, plan);
      hits.push(...told.hits);
      const struck = new Set(told.hits.map(({ name }) => name));
      missed.push(...plan.at.filter((name) => !struck.has(name)).map((name) => `${plan.when} ${name}`));
      expectTheSame(course, told, calm);
    }),
    atATime,
  );
  expect(failures.map(String)).toEqual([]);
  return { missed, phases: counted(hits.map(({ phase }) => phase)) };
}

function expectTheSame(course: Course, told: Told, calm: Told): void {
  const claims = claimsWritten(told.writes);
  const kills = told.hits.map(({ when, name, phase }) => `${when} ${name} (${phase})`).join(', ');
  expect(told.end.status.phase, kills).toBe(course.end);
  expect(phasesEntered(told.end), kills).toEqual(phasesEntered(calm.end));
  expect(told.weights, kills).toEqual(course.weights);
  expect(claims, kills).toEqual([...new Set(claims)]);
  if (course.end === 'promoted') expect(Math.min(...bakesOf(told.end)), kills).toBeGreaterThanOrEqual(bakeMs);
}

function counted(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}

/** How often a phase saves that it stays depends on the moment; all else is written in every story. */
function isAlwaysWritten(missed: string): boolean {
  return !/ status \w+ \d( located| written)? \d+$| event | mark /.test(missed);
}

describe('kill -9 before and after every write', { timeout: 600_000 }, () => {
  it('of a release that is promoted changes neither its end nor its weights', async () => {
    const { missed, phases } = await killEverywhere(promoted);

    console.table(phases);
    expect(missed.filter(isAlwaysWritten)).toEqual([]);
    expect(Object.keys(phases)).toEqual(
      expect.arrayContaining(['none', 'pending', 'preparing', 'shifting', 'baking', 'promoting', 'finalizing']),
    );
  });

  it('of a release that is rolled back changes neither its end nor its weights', async () => {
    const { missed, phases } = await killEverywhere(rolledBack);

    console.table(phases);
    expect(missed.filter(isAlwaysWritten)).toEqual([]);
    expect(Object.keys(phases)).toEqual(expect.arrayContaining(['preparing', 'shifting', 'baking', 'rollingBack']));
  });
});
