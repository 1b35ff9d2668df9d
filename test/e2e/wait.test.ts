// Each exit code of `serin wait`, as a real rollout brings it about.
import { describe, expect, it } from 'vitest';
import { kubeconfigOf } from '../../tools/stack/identities.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { storyOf } from '../support/cleanup.ts';
import { typed } from '../support/typed.ts';

const patient = { steps: '50,100', bake: '10m', 'max-bake': '20m' };
const wait = ['wait', 'deployment/reviews-v2', '--for=promoted', '--timeout=4m'];

describe.concurrent('serin wait ends with', () => {
  it('0 when the release is promoted, which was not noticed when the waiting began', async (context) => {
    const good = await storyOf(context, 'wait-good', { controller: false });
    await good.release({ steps: '50,100' });
    const waiting = typed(good, wait);
    await waiting.hear('No rollout of the present revision of reviews-v2 has begun yet.');

    await good.startController();
    const { code, stdout, stderr } = await waiting.ended;

    const end = await good.rollout();
    expect([code, stdout]).toEqual([0, `${end?.metadata.name} promoted: ${end?.status.message}\n`]);
    expect(stderr).toContain('Waiting up to 4m for reviews-v2 to be promoted.\n');
    for (const change of [' baking step=1/2 ', ' promoted step=2/2 ']) expect(stderr).toContain(change);
  });

  it('3 when a gate rolls the release back', async (context) => {
    const bad = await storyOf(context, 'wait-bad', { canary: { kind: '5xx', rate: 0.5 } });
    await bad.release({ steps: '50,100' });

    const { code, stdout } = await typed(bad, wait).ended;

    const end = await bad.rollout();
    expect(end?.status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect([code, stdout]).toEqual([3, `${end?.metadata.name} rolled back (gate): ${end?.status.message}\n`]);
  });

  it('124 when its own time is over, the rollout goes on, and the command it names waits again; 4 by an abort', async (context) => {
    const aborted = await storyOf(context, 'wait-abort');
    await aborted.release(patient);
    await aborted.reaches('baking');

    const impatient = await typed(aborted, ['wait', 'deployment/reviews-v2', '--timeout=2s']).ended;
    const [, again = ''] = /Wait again with: serin (wait .+)\n$/.exec(impatient.stderr) ?? [];
    const waiting = typed(aborted, again.split(' '));
    await waiting.hear('baking step=1/2');
    const still = await aborted.rollout();
    await aborted.serin('abort', 'reviews-v2', '--reason', 'not before the sale');
    const { code, stdout } = await waiting.ended;

    expect([impatient.code, impatient.stdout]).toEqual([124, '']);
    expect(impatient.stderr).toContain('The time to wait is over; the rollout goes on.');
    expect(still?.status.phase).toBe('baking');
    expect([code, stdout]).toEqual([4, expect.stringMatching(/rolled back \(person\): .*: not before the sale\./)]);
  });

  it('5 when another revision takes over, and follows that one by its image', async (context) => {
    const replaced = await storyOf(context, 'wait-superseded');
    await replaced.release(patient);
    const waiting = typed(replaced, wait);
    await waiting.hear('baking step=1/2');
    const next = typed(replaced, [...wait, '--for=step=1', '--image=example.org/reviews:v3']);
    await next.hear('reviews-v2 does not have the image example.org/reviews:v3 yet; it has example.org/reviews:v2.');

    await replaced.kubectl(['set', 'image', 'deployment/reviews-v2', 'reviews=example.org/reviews:v3']);
    const [before, after] = await Promise.all([waiting.ended, next.ended]);

    expect([before.code, before.stdout]).toEqual([5, expect.stringContaining('rolled back (superseded)')]);
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining(' reached step 1: ')]);
    expect(after.stdout.split(' ')[0]).not.toBe(before.stdout.split(' ')[0]);
  });

  it('6 when the approval is refused', async (context) => {
    const asking = await storyOf(context, 'wait-refused');
    await asking.release({ steps: '50,100', approval: 'before-promotion' });
    const asked = await typed(asking, ['wait', 'reviews-v2', '--for=awaiting-approval', '--timeout=4m']).ended;
    const waiting = typed(asking, wait);
    await waiting.hear('awaitingApproval');

    await asking.serin('abort', 'reviews-v2', '--reason', 'the auditors said no');
    const { code, stdout } = await waiting.ended;

    expect([asked.code, asked.stdout]).toEqual([0, expect.stringContaining(' awaits approval: ')]);
    expect([code, stdout]).toEqual([6, expect.stringMatching(/rolled back \(approval\): .*the auditors said no/)]);
  });

  it('7 when the pods crash before any traffic', async (context) => {
    const pair = { canaryPodAnnotations: { 'kwok.serin.dev/fail': 'crash-loop' } };
    const crashing = await storyOf(context, 'wait-crash', { pair });
    await crashing.release({ steps: '50,100' });

    const { code, stdout } = await typed(crashing, wait).ended;

    expect([code, stdout]).toEqual([7, expect.stringMatching(/rolled back \(health\): .*panic: cannot open config/)]);
  });

  it('8 when nobody calls, so that there is no evidence in time', async (context) => {
    const quiet = await storyOf(context, 'wait-quiet', { rps: 0 });
    await quiet.release({ steps: '50,100', 'max-bake': '1m', 'on-undecided': 'rollback' });

    const { code, stdout } = await typed(quiet, wait).ended;

    expect([code, stdout]).toEqual([8, expect.stringContaining('rolled back (undecided): ')]);
  });

  it('2 for what makes no sense, 10 for what is not there or not permitted, 7 for settings that nobody can read', async (context) => {
    const none = await storyOf(context, 'wait-none', { controller: false, rps: 0 });
    const bob = kubeconfigOf(stackOfThisRun().folder, 'bob');
    async function ends(words: readonly string[], kubeconfig?: string): Promise<readonly [number, string]> {
      const { code, stderr } = await typed(none, words, kubeconfig === undefined ? {} : { kubeconfig }).ended;
      return [code, stderr];
    }

    const misspelt = await ends(['wait', 'reviews-v2', '--for=promotd']);
    const unbounded = await ends(['wait', 'reviews-v2', '--timeout=5']);
    const unknown = await ends(['wait', 'reviews-v3']);
    const unasked = await ends(['wait', 'reviews-v2']);
    const forbidden = await ends(['wait', 'reviews-v2'], bob);
    await none.release({ bake: 'soon' });
    const misread = await ends(['wait', 'reviews-v2']);

    expect(misspelt).toEqual([2, expect.stringContaining('Did you mean "promoted"?')]);
    expect(unbounded).toEqual([2, expect.stringContaining('Expected a duration such as')]);
    expect(unknown).toEqual([10, expect.stringContaining('There is no rollout of "reviews-v3"')]);
    expect(unasked).toEqual([10, expect.stringContaining('asks for no canary')]);
    expect(forbidden).toEqual([10, expect.stringContaining('bob')]);
    expect(misread).toEqual([
      7,
      expect.stringContaining('No rollout of reviews-v2 can begin: serin.dev/bake is "soon"'),
    ]);
  });
});
