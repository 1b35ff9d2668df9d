import { describe, expect, it } from 'vitest';
import { aRequest, aRollout, aRoute, aVerdict, aWorkload, dawn } from '../support/builders.ts';
import { testCluster } from './support/command.ts';
import { framesOf } from './support/screen.ts';

const baking = aRollout({
  spec: { requests: [aRequest('promote', { step: 0, id: 'p' }), aRequest('pause')] },
  status: {
    phase: 'baking',
    step: 1,
    weight: { intended: 25, observed: 25 },
    since: dawn + 60_000,
    route: aRoute(),
    reason: 'Undecided',
    message: 'Baking at 25%: 61 of 100 requests seen.',
    verdicts: [aVerdict('pass'), aVerdict('undecided', { gate: 'latency', message: 'p99 is not known yet.' })],
    history: [{ time: dawn, phase: 'preparing', step: 0, weight: 0, message: 'The route was found.' }],
    answers: [{ id: 'p', outcome: 'done', message: 'Promoted past step 1 by ada from serin.', time: dawn }],
  },
});

describe('serin status', () => {
  it('shows where a rollout stands, why, what was asked and what can be typed', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.clock.pass(200_000);

    expect((await cluster.run('status deployment/reviews-v2')).out).toBe(`\
Rollout  reviews-v2-two-1 in namespace shop, attempt 1
Phase    baking for 2m20s
Step     2/4  10% > [25%] > 50% > 100%
Weight   25% to the canary
Stable   reviews-v1 reviews:1  (one)
Canary   reviews-v2 reviews:2  (two)
Route    shop/reviews

Baking at 25%: 61 of 100 requests seen.

GATE      VERDICT     WHY
errors    pass        The errors gate says pass.
latency   undecided   p99 is not known yet.

ASKED       FOR              BY    ANSWER
3m20s ago   promote step 1   ada   Promoted past step 1 by ada from serin.
3m20s ago   pause            ada   Not answered yet.

WHEN        PHASE       WEIGHT   WHAT
3m20s ago   preparing   0%       The route was found.

You can: serin promote reviews-v2 -n shop   serin abort reviews-v2 -n shop
`);
  });

  it('shows how one ended, and the way to try again', async () => {
    const cluster = testCluster();
    cluster.put(
      aRollout({
        status: { phase: 'rolledBack', cause: 'gate', message: 'The canary failed 12% of requests.', finishedAt: dawn },
      }),
    );
    cluster.clock.pass(3_600_000);

    const { out } = await cluster.run('status reviews-v2');

    expect(out).toContain('Phase    rolledBack 60m ago\n');
    expect(out).toContain('\nThe canary failed 12% of requests.\n');
    expect(out).toContain('You can: serin retry reviews-v2 -n shop\n');
  });

  it('says that a paused one is paused, and how to go on', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'baking', pausedBy: 'ada' } }));

    const { out } = await cluster.run('status reviews-v2');

    expect(out).toContain('Phase    baking (paused) for 0s\n');
    expect(out).toContain('serin resume reviews-v2 -n shop');
  });

  it('says how to approve one that waits for it', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'awaitingApproval' } }));

    expect((await cluster.run('status reviews-v2')).out).toContain('You can: serin approve reviews-v2 -n shop ');
  });

  it('shows why one that needs a person is stalled', async () => {
    const cluster = testCluster();
    const stalled = { reason: 'NoData', message: 'Nobody calls the canary.' };
    cluster.put(aRollout({ status: { phase: 'baking', stalled } }));

    expect((await cluster.run('status reviews-v2')).out).toContain('\nStalled (NoData): Nobody calls the canary.\n');
  });
});

describe('what is named', () => {
  it.each([
    'reviews-v2',
    'deployment/reviews-v2',
    'deploy/reviews-v2',
    'deployment reviews-v2',
    'Deployments.apps/reviews-v2',
    'reviews-v2-two-1',
    'cro/reviews-v2-two-1',
    'canaryrollout reviews-v2-two-1',
  ])('as %s is the rollout', async (name) => {
    const cluster = testCluster();
    cluster.put(baking);

    expect((await cluster.run(`status ${name}`)).out).toContain('reviews-v2-two-1 in namespace shop');
  });

  it('as a Deployment is its newest rollout', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ id: { namespace: 'shop', name: 'reviews-v2-three-1' }, createdAt: dawn + 5 }));
    cluster.put(baking);

    expect((await cluster.run('status reviews-v2')).out).toContain('reviews-v2-three-1 in');
  });

  it.each([
    ['revews-v2', 'There is no rollout of "revews-v2" in namespace shop. Did you mean "reviews-v2"?'],
    [
      'cro/reviews-v2-two-2',
      'There is no rollout of "reviews-v2-two-2" in namespace shop. Did you mean "reviews-v2-two-1"?',
    ],
    ['checkout', 'There is no rollout of "checkout" in namespace shop.'],
  ])('as %s is not found, with the nearest name and code 10', async (name, sentence) => {
    const cluster = testCluster();
    cluster.put(baking);

    expect(await cluster.run(`status ${name}`)).toEqual({
      code: 10,
      out: '',
      err: `serin: ${sentence}\nTry: serin get -n shop\n`,
    });
  });

  it('as a Deployment that never had a rollout is told from nothing at all', async () => {
    const cluster = testCluster();
    cluster.deploy(aWorkload({ name: 'checkout' }));

    expect((await cluster.run('status checkout')).err).toBe(
      'serin: Deployment checkout in namespace shop has had no rollout yet.\nTry: serin plan checkout -n shop\n',
    );
  });

  it.each([
    ['deplyment/reviews-v2', '"deplyment" is no type of object that Serin knows. Did you mean deployment/reviews-v2?'],
    ['pod/x', '"pod" is no type of object that Serin knows. Known are deployment and canaryrollout.'],
    ['a/b/c', '"a/b/c" names no rollout. Write checkout, deployment/checkout, or the rollout\'s own name.'],
  ])('as %s is wrong usage, code 2', async (name, sentence) => {
    expect(await testCluster().run(`status ${name}`)).toEqual({
      code: 2,
      out: '',
      err: `serin: ${sentence}\nTry: serin status --help\n`,
    });
  });
});

describe('serin status --watch', () => {
  it('prints no line twice for a change that nobody can see', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(5_000, () => cluster.change(baking.id.name, { reason: 'AnotherWord' }));
    cluster.after(9_000, () => cluster.change(baking.id.name, { phase: 'promoted', message: 'It serves.' }));

    const { out } = await cluster.run('status reviews-v2 -w');

    expect(out.split('\n').filter(Boolean)).toHaveLength(2);
  });

  it('prints one line per change where nothing can be drawn over, and ends as the rollout does', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(5_000, () =>
      cluster.change('reviews-v2-two-1', { message: 'Baking at 25%: 80 of 100 requests seen.' }),
    );
    cluster.after(10_000, () =>
      cluster.change('reviews-v2-two-1', { step: 2, weight: { intended: 50, observed: null } }),
    );
    cluster.after(20_000, () =>
      cluster.change('reviews-v2-two-1', {
        phase: 'rolledBack',
        cause: 'health',
        message: 'A pod crashed.',
        verdicts: [],
      }),
    );

    expect(await cluster.run('status reviews-v2 -w')).toEqual({
      code: 3,
      err: '',
      out: `\
2026-01-05T09:00:00Z reviews-v2-two-1 baking step=2/4 weight=25% verdict=undecided:latency: Baking at 25%: 61 of 100 requests seen.
2026-01-05T09:00:10Z reviews-v2-two-1 baking step=3/4 weight=50% verdict=undecided:latency: Baking at 25%: 80 of 100 requests seen.
2026-01-05T09:00:20Z reviews-v2-two-1 rolledBack step=3/4 weight=50% verdict=health: A pod crashed.
`,
    });
  });

  it('draws the page over itself on a screen, no line wider than it', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { message: 'x'.repeat(200) } }));
    cluster.after(1_000, () => cluster.change('reviews-v2-two-1', { phase: 'promoted', message: 'Done.' }));

    const { out, code } = await cluster.run('status reviews-v2 -w', { screen: true });

    const [first = '', second = ''] = framesOf(out);
    const page = first.replace('<?25l', '').replace('<0J', '');
    expect(second).toContain(`<${page.split('\n').length - 1}F`);
    expect(page.split('\n').every((line) => line.length <= 80)).toBe(true);
    expect(page).toContain(`${'x'.repeat(79)}…`);
    expect(second).toContain('\nDone.\n');
    expect(code).toBe(0);
  });

  it('ends when it is interrupted, and says that the rollout goes on', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(3_000, () => cluster.interrupt());

    expect(await cluster.run('status reviews-v2 -w')).toMatchObject({
      code: 130,
      err: 'The rollout goes on. Look again with: serin status reviews-v2-two-1 -n shop -w\n',
    });
  });

  it('ends with code 4 when the rollout is deleted', async () => {
    const cluster = testCluster();
    cluster.put(baking);
    cluster.after(3_000, () => cluster.remove('reviews-v2-two-1'));

    expect(await cluster.run('status reviews-v2 -w')).toMatchObject({
      code: 4,
      err: 'The rollout reviews-v2-two-1 was deleted.\n',
    });
  });
});
