import { describe, expect, it } from 'vitest';
import { aWorkload } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aPastOf, badFrom, source } from './support/past.ts';

function aPastCluster(): TestCluster {
  const cluster = testCluster();
  cluster.managed.readings = aPastOf('cart-v1', 'cart-v2');
  return cluster;
}

describe('serin replay', () => {
  it('says when, why and at which weight a past would have been rolled back, and what it assumed', async () => {
    const cluster = aPastCluster();
    const from = new Date(badFrom - 60_000).toISOString();

    const { code, out, err } = await cluster.run(
      `replay cart --canary cart-v2 --stable cart-v1 --from ${from} ${source}`,
    );

    expect([code, err]).toEqual([0, '25% of 123 slots read.\n50% of 123 slots read.\n75% of 123 slots read.\n']);
    expect(out).toContain(
      'Replay of cart-v2 against cart-v1 in namespace shop (2026-01-05T08:29:00Z to 2026-01-05T08:59:45Z, 123 slots of 15s',
    );
    expect(out).toMatch(/WHEN +STEP +WHAT\n2026-01-05T08:29:00Z +1\/4 10% +begins/);
    expect(out).toMatch(/\n2026-01-05T08:3\d:\d\dZ +1\/4 10% +rolled back: .*canary requests failed/);
    expect(out).toMatch(/\nIt would have been rolled back after \dm(\d+s)? at 10% \(step 1 of 4\): ErrorRateWorse\.\n/);
    expect(out).toContain('the canary received 50% of the requests), and that share is not judged');
    expect(out).toMatch(/Odds +[\d,.a-z ]+ to 1 that it is worse; 167 to 1 would roll it back\./);
  });

  it('gives a record for programs, with every look', async () => {
    const cluster = aPastCluster();

    const { out } = await cluster.run(`replay cart --canary cart-v2 --stable cart-v1 --from -10m ${source} -o json`);

    const record = JSON.parse(out);
    expect(record).toMatchObject({
      schema: 'serin.dev/replay/v1',
      canary: 'cart-v2',
      stable: 'cart-v1',
      end: { kind: 'rolledBack', step: 1 },
    });
    expect(record.looks.length).toBeGreaterThan(1);
    expect(record.looks[0].verdicts[0]).not.toHaveProperty('query');
  });

  it('compares a workload with its own past, and says what that cannot tell', async () => {
    const cluster = testCluster();
    cluster.managed.readings = aPastOf('other', 'cart');
    const at = new Date(badFrom).toISOString();

    const { code, out } = await cluster.run(`replay deployment/cart --from -1h --split-at ${at} ${source}`);

    expect(code).toBe(0);
    expect(out).toContain('Replay of cart (after) against cart (before)');
    expect(out).toMatch(/rolled back: .*canary requests failed against 0 of/);
    expect(out).toContain('what changed with the time of day counts as if the version had changed it');
  });

  it('judges by the policy of a file, under the annotations of the Deployment', async () => {
    const cluster = aPastCluster();
    cluster.deploy(
      aWorkload({ name: 'cart-v2', annotations: { 'serin.dev/canary-of': 'cart-v1', 'serin.dev/bake': '3m' } }),
    );
    cluster.files['policy.yaml'] =
      'kind: CanaryPolicy\nmetadata: {name: strict}\nspec:\n  steps: [50, 100]\n  bake: 1m\n';

    const { out } = await cluster.run(`replay cart-v2 --from -10m -f policy.yaml ${source}`);

    expect(out).toContain('Replay of cart-v2 against cart-v1');
    expect(out).toMatch(/Steps +50% > 100%\nBake +3m to 12m per step, on-undecided advance\n/);
  });

  it('needs no Deployment that can be read where both workloads are named', async () => {
    const cluster = aPastCluster();
    cluster.managed.forbidden = true;

    const { code, out } = await cluster.run(`replay cart --canary cart-v2 --stable cart-v1 --from -10m ${source}`);

    expect(code).toBe(0);
    expect(out).toContain('Steps      10% > 25% > 50% > 100%');
  });

  it('writes a page that loads nothing and escapes everything', async () => {
    const cluster = aPastCluster();

    const { code, err } = await cluster.run(
      `replay cart --canary cart-v2 --stable cart-v1 --from -10m ${source} --html past.html`,
    );

    const page = cluster.files['past.html'] ?? '';
    expect([code, err]).toEqual([0, 'The page with the plots is past.html.\n']);
    expect(page).toContain('the query &lt;of&gt; requests');
    expect(page).not.toMatch(/<script|https?:|url\(|@import|<link|NaN|undefined|Infinity/);
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(3);
    for (const words of ['margin of the step', 'would roll it back', 'prefers-color-scheme: dark', 'name="viewport"'])
      expect(page).toContain(words);
  });

  it.each([
    ['replay cart', 'Say where Prometheus answers: --prometheus-url http://host:9090'],
    [
      `replay cro/cart ${source}`,
      'A replay is of a Deployment and its past, not of a rollout.\nTry: serin explain cart -n shop\n',
    ],
    [
      `replay cart --from yesterday ${source}`,
      `option '--from <time>' argument 'yesterday' is invalid. Expected "now", "-2h", or "2026-01-05T09:00:00Z" with its time zone.`,
    ],
    [`replay cart --from 2026-01-05T08:00:00 ${source}`, 'with its time zone'],
    [`replay cart --from 2026-02-31T08:00:00Z ${source}`, `'2026-02-31T08:00:00Z' is invalid.`],
    [`replay cart --from 2025-02-29T08:00:00+02:00 ${source}`, 'is invalid. Expected "now"'],
    [`replay cart --canary= --stable b ${source}`, '--canary is "", which is no name of a Deployment.'],
    [`replay cart --canary a --stable B"} ${source}`, '--stable is "B"}", which is no name of a Deployment.'],
    [`replay Cart --split-at -30m ${source}`, '"Cart" is no name of a Deployment.'],
    [`replay cart --from now ${source}`, 'Let --from lie before --to.'],
    [
      `replay cart --from -48h ${source}`,
      'at most 5760 are replayed. Shorten the range, or take wider slots: --slot 30s',
    ],
    [`replay cart ${source}`, 'Name them with --canary and --stable, or cut the past of cart in two with --split-at.'],
    [`replay cart --canary a --stable a ${source}`, '--canary and --stable are both a.'],
    [`replay cart --canary a --split-at -30m ${source}`, 'leave out --canary and --stable'],
    [`replay cart --split-at -2h ${source}`, '--split-at does not lie between --from and --to'],
    [
      `replay cart --canary a --stable b -f gone.yaml ${source}`,
      'gone.yaml cannot be read: There is no file gone.yaml.',
    ],
    [
      `replay cart --canary a --stable b -f two.yaml ${source}`,
      'two.yaml holds no CanaryPolicy. Expected exactly one.',
    ],
    [
      `replay cart --canary a --stable b -f bad.yaml ${source}`,
      'bad.yaml:3: spec.setps is no field of a CanaryPolicy. Did you mean steps?',
    ],
    [
      `replay cart --canary cart-v2 --stable cart-v1 --from -10m --html /nowhere/a.html ${source}`,
      '/nowhere/a.html cannot be written: There is no such folder.',
    ],
  ])('refuses "%s" in a sentence', async (line, sentence) => {
    const cluster = aPastCluster();
    cluster.files['two.yaml'] = 'kind: Deployment\n';
    cluster.files['bad.yaml'] = 'kind: CanaryPolicy\nspec:\n  setps: [100]\n';

    const { code, err } = await cluster.run(line);

    expect(err).toContain(sentence);
    expect(code).toBe(2);
  });

  it('says that there is nothing to judge where the workload had no requests', async () => {
    const { code, err } = await aPastCluster().run(`replay cart --canary gone --stable cart-v1 ${source}`);

    expect(code).toBe(8);
    expect(err).toContain('Prometheus knows no requests to gone in namespace shop in the');
  });

  it('tells counts that are none from no counts', async () => {
    const cluster = testCluster();
    const past = aPastOf('cart-v1', 'cart-v2');
    cluster.managed.readings = (slot) => {
      const reading = past(slot);
      if (reading.kind !== 'data') return reading;
      const mine = reading.requests.filter(({ workload }) => workload === 'cart-v2');
      return { ...reading, requests: reading.requests.filter((row) => !mine.includes(row)), unreadable: mine };
    };

    const { code, err } = await cluster.run(`replay cart --canary cart-v2 --stable cart-v1 ${source}`);

    expect(code).toBe(8);
    expect(err).toContain(
      'Prometheus has counts of requests to cart-v2 in namespace shop, but none that can be used in the',
    );
    expect(err).toContain('no numbers of requests (NaN, infinite or below 0)');
  });

  it('passes on why Prometheus cannot be read', async () => {
    const { code, err } = await testCluster().run(`replay cart --canary a --stable b ${source}`);

    expect([code, err]).toEqual([1, 'serin: The past cannot be replayed. Nobody answers.\n']);
  });
});
