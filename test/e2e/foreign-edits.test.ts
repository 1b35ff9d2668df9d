// Others edit the VirtualService in the middle of a rollout: what they add stays, the weights are put right, and who keeps
// writing weights is named.
import { describe, expect, it } from 'vitest';
import { asList, pairManifests } from '../../tools/scene/pair.ts';
import { virtualServicePath } from '../support/api.ts';
import { storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import type { Story } from '../support/story.ts';

const patient = { bake: '10m', 'max-bake': '20m' };
const stableRoute = { destination: { host: 'reviews', subset: 'v1' } };

interface Manifest {
  readonly kind?: unknown;
  readonly spec?: { readonly http?: readonly unknown[] };
}

/** The user's own file: the VirtualService as it was applied, with further routes behind the pair's. */
function userFile({ namespace }: Story, ...more: readonly unknown[]): string {
  const files = pairManifests({ namespace }).filter(({ kind }) => kind === 'VirtualService');
  return asList(files.map((file) => withRoutes(file, more)));
}

function withRoutes(file: Manifest, more: readonly unknown[]): Readonly<Record<string, unknown>> {
  return { ...file, spec: { ...file.spec, http: [...(file.spec?.http ?? []), ...more] } };
}

async function apply(of: Story, file: string, ...flags: readonly string[]): Promise<string> {
  return of.kubectl(['apply', ...flags, '-f', '-'], file);
}

async function insertMatchFirst({ api, namespace }: Story): Promise<void> {
  const value = { name: 'testers', match: [{ headers: { tester: { exact: 'yes' } } }], route: [stableRoute] };
  await api.patch(virtualServicePath(namespace), [{ op: 'add', path: '/spec/http/0', value }]);
}

async function routeNames(of: Story): Promise<readonly (string | undefined)[]> {
  return (await of.routes()).spec.http.map(({ name }) => name);
}

/** The pair's weights wherever its route stands by now. */
async function pairWeights(of: Story): Promise<readonly (number | undefined)[]> {
  const pair = (await of.routes()).spec.http.find(({ name }) => name === 'all');
  return (pair?.route ?? []).map(({ weight }) => weight);
}

async function putRight(of: Story, canary: number): Promise<void> {
  await eventually(
    `the canary's weight to be ${canary} again`,
    async () => String(await pairWeights(of)) === `${100 - canary},${canary}`,
  );
}

async function corrections(of: Story): Promise<readonly string[]> {
  const events = (await of.events()).filter((event) => event.startsWith('WeightCorrected: '));
  return [...new Set(events)].toSorted();
}

/** Resets the weights as often as they are put right, and once more. */
async function contest(of: Story): Promise<void> {
  for (let times = 0; times < 3; times += 1) {
    await apply(of, userFile(of));
    await putRight(of, 10);
  }
  await apply(of, userFile(of));
  await of.until('the hold', ({ status }) =>
    status.conditions.some(
      ({ type, status: is, reason }) => type === 'Stalled' && is === 'True' && reason === 'WeightsContested',
    ),
  );
}

describe.concurrent('in the middle of a rollout', () => {
  it('routes that others add stay where they put them, to the end and after it', async (context) => {
    const edited = await storyOf(context, 'edited');
    await edited.release({ steps: '10,100', bake: '6s' });
    await edited.reaches('baking');

    await apply(edited, userFile(edited, { name: 'rest', route: [stableRoute] }));
    await insertMatchFirst(edited);
    await putRight(edited, 10);
    const meanwhile = await routeNames(edited);
    // Judged, the step would wait for 1,400 requests, which show that latency is as it was: two minutes.
    await edited.serin('promote', 'reviews-v2', '--step', '1');
    const end = await edited.reaches('promoted');

    expect(meanwhile).toEqual(['testers', 'all', 'rest']);
    expect(await routeNames(edited)).toEqual(['testers', 'all', 'rest']);
    expect(weightsMoved(end)).toEqual([10, 100]);
    expect(await pairWeights(edited)).toEqual([0, 100]);
  });

  it('added routes survive a rollback too', async (context) => {
    const undone = await storyOf(context, 'undone');
    await undone.release(patient);
    await undone.reaches('baking');
    await insertMatchFirst(undone);

    await undone.serin('abort', 'reviews-v2');
    await undone.reaches('rolledBack');

    expect(await routeNames(undone)).toEqual(['testers', 'all']);
    expect(await pairWeights(undone)).toEqual([100, 0]);
  });

  it('weights that others reset are put right three times a step, each time with an Event that names them', async (context) => {
    const contested = await storyOf(context, 'contested');
    await contested.release(patient);
    await contested.reaches('baking');

    await contest(contested);

    const told = await eventually('three Events', async () => {
      const events = await corrections(contested);
      return events.length === 3 && events;
    });
    const held = await contested.until('the rollout', () => true);
    expect(told.map((event) => event.includes('"kubectl-client-side-apply"'))).toEqual([true, true, true]);
    expect(told.map((event) => /\((\d) of 3 times/.exec(event)?.[1])).toEqual(['1', '2', '3']);
    expect(held.status.message).toContain('kubectl-client-side-apply');
    expect(held.status.phase).toBe('baking');
    expect(await pairWeights(contested)).toEqual([100, 0]);
  });

  it('a contested rollout goes on with serin promote, and the next step puts weights right anew', async (context) => {
    const decided = await storyOf(context, 'decided');
    await decided.release(patient);
    await decided.reaches('baking');
    await contest(decided);

    const promoted = await decided.serin('promote', 'reviews-v2');
    await decided.until('the second step', ({ status }) => status.step === 1 && status.phase === 'baking');
    await apply(decided, userFile(decided));
    await putRight(decided, 25);

    expect(promoted.code).toBe(0);
  });

  it('a contested rollout goes back with serin abort', async (context) => {
    const aborted = await storyOf(context, 'given-up');
    await aborted.release(patient);
    await aborted.reaches('baking');
    await contest(aborted);

    const outcome = await aborted.serin('abort', 'reviews-v2');
    const end = await aborted.reaches('rolledBack');

    expect(outcome.code).toBe(0);
    expect(end.status.cause).toBe('person');
    expect(await pairWeights(aborted)).toEqual([100, 0]);
  });
});

describe.concurrent('after the end of a rollout', () => {
  const ends = [
    { end: 'promoted', canary: { kind: 'good' } },
    { end: 'rolledBack', canary: { kind: '5xx', rate: 0.5 } },
  ] as const;

  it.for(ends)('that was $end, the user applies the file as ever', async ({ end, canary }, context) => {
    const over = await storyOf(context, `apply-${end.toLowerCase()}`, { canary, rps: 300 });
    await over.release({ steps: '50,100' });
    await over.reaches(end);

    const applied = await apply(over, userFile(over, { name: 'new', route: [stableRoute] }));

    expect(applied).toContain('configured');
    expect(await routeNames(over)).toEqual(['all', 'new']);
  });

  it.for(ends)('that was $end, a server-side apply meets no conflict', async ({ end, canary }, context) => {
    const over = await storyOf(context, `ssa-${end.toLowerCase()}`, { canary, rps: 300 });
    await apply(over, userFile(over), '--server-side', '--force-conflicts');
    await over.release({ steps: '50,100' });
    await over.reaches(end);
    await eventually(
      'the fields to be given back',
      async () => !(await over.routes()).metadata.managedFields.some(({ manager }) => manager === 'serin'),
    );

    const applied = await apply(over, userFile(over, { name: 'new', route: [stableRoute] }), '--server-side');

    expect(applied).toContain('serverside-applied');
    expect(await routeNames(over)).toEqual(['all', 'new']);
  });
});
