import { describe, expect, it } from 'vitest';
import { memoryGauge } from '../../src/adapters/memory/gauge.ts';
import type { Slot, SlotReading } from '../../src/domain/evidence.ts';
import type { Sample } from '../../src/domain/gates/custom.ts';
import { aRow } from '../domain/gates/readings.ts';
import { aWorkload, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

const source = '--prometheus-url http://prometheus:9090';
const badFrom = dawn - 1_800_000;

/** Ten requests a second to stable and canary each; from then on a fifth of the canary's fail. */
function aPastOf(stable: string, canary: string, failsFrom = badFrom): (slot: Slot) => SlotReading {
  return (slot) => {
    const requests = Math.round((slot.end - slot.start) / 100);
    const failed = slot.end > failsFrom ? requests / 5 : 0;
    const rows = [
      aRow({ workload: stable, count: requests }),
      aRow({ workload: canary, count: requests - failed }),
      aRow({ workload: canary, code: '503', count: failed }),
    ];
    return {
      kind: 'data',
      slot,
      requests: rows,
      latency: [],
      unreadable: [],
      queries: { requests: 'the query <of> requests' },
    };
  };
}

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
    expect(out).toMatch(/Odds +[\d,.a-z ]+ to 1 that it is worse; 200 to 1 would roll it back\./);
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

  describe('with custom gates', () => {
    const policy = (fields: string): string =>
      `kind: CanaryPolicy\nmetadata: {name: own}\nspec:\n  steps: [50, 100]\n  bake: 1m\n  maxBake: 4m\n  gates:\n${fields}`;
    const limit = '    - {name: queue, query: \'q{d="{{canary}}", w="{{weight}}", s="{{step}}"}\', max: 100}\n';
    const words = `replay cart --canary cart-v2 --stable cart-v1 -f own.yaml ${source}`;

    /** A good canary, and a gauge that tests fill. */
    function aGatedCluster(fields: string) {
      const cluster = testCluster();
      const gauge = memoryGauge();
      cluster.managed.gauge = gauge;
      cluster.managed.readings = aPastOf('cart-v1', 'cart-v2', Number.POSITIVE_INFINITY);
      cluster.files['own.yaml'] = policy(fields);
      return { cluster, gauge };
    }
    const number = (value: number): Sample => ({ kind: 'number', value });
    const query = (weight: number, step: number): string => `q{d="cart-v2", w="${weight}", s="${step}"}`;

    it('asks each for its values of then, with the weight and the step of the moment', async () => {
      const { cluster, gauge } = aGatedCluster(limit);
      gauge.reads(query(50, 1), number(7));
      gauge.reads(query(100, 2), number(8));

      const { code, out, err } = await cluster.run(`${words} --from -20m --html past.html`);

      expect([code, err]).toEqual([
        0,
        'Custom gates are asked on the way: queue.\nThe page with the plots is past.html.\n',
      ]);
      expect(out).toMatch(/1\/2 50% +step passed: /);
      expect(out).toMatch(/2\/2 100% +promoted: /);
      expect(out).toMatch(
        /custom\/queue at the end: pass\. queue is 8; .*\n.* 50% .*queue is 7; .*\n.* 100% .*queue is 8; /,
      );
      expect(gauge.asked.every(({ at }) => at % 15_000 === 0 && at <= dawn)).toBe(true);
      expect(cluster.files['past.html']).toContain('<h2>Gate custom/queue</h2>');
      expect(cluster.files['past.html']).toContain('at most 100');
    });

    it('tells when a gate changed its mind, and why the canary would have gone back', async () => {
      const { cluster, gauge } = aGatedCluster(limit);
      const turn = dawn - 19.5 * 60_000;
      gauge.reads(query(50, 1), (at) => number(at <= turn ? 7 : 900));

      const { out } = await cluster.run(`${words} --from -20m -o json`);
      const { out: text } = await cluster.run(`${words} --from -20m`);

      const record = JSON.parse(out);
      expect(record.end).toMatchObject({
        kind: 'rolledBack',
        step: 1,
        reason: 'OutsideLimit',
        message: 'queue is 900, above its limit of 100, in 2 looks in a row.',
        time: new Date(turn + 30_000).toISOString(),
      });
      expect(record.looks[0].seen).toEqual([
        {
          gate: 'custom/queue',
          at: new Date(dawn - 20 * 60_000 + 15_000).toISOString(),
          look: { canary: { kind: 'number', value: 7 } },
        },
      ]);
      expect(text).toMatch(
        /custom\/queue at the end: fail\. .*\n {2}\S+Z {2}50% {3}pass {8}at 2 looks: queue is 7; .*\n {2}\S+Z {2}50% {3}undecided {3}at one look: .*\n {2}\S+Z {2}50% {3}fail /,
      );
      expect(text).toContain('Custom gates were asked for their values of then');
    });

    it('holds while the source does not answer, runs out no bake, and asks no more in the end', async () => {
      const { cluster, gauge } = aGatedCluster(limit);
      gauge.stop('Nobody answers.');

      const { out } = await cluster.run(`${words} --from -20m`);

      expect(out).toMatch(/It would still have been under way at 50% \(step 1 of 2\) when the past that was read ends/);
      expect(out).toContain('custom/queue at the end: sourceDown. queue: Nobody answers.');
      expect(out).toContain('queue was without an answer at 79 of 79 looks');
      expect(gauge.asked).toHaveLength(40);
    });

    it('shows a gate in shadow and does not judge by it', async () => {
      const { cluster, gauge } = aGatedCluster(limit.replace('max: 100', 'max: 100, shadow: true'));
      for (const [weight, step] of [
        [50, 1],
        [100, 2],
      ] as const)
        gauge.reads(query(weight, step), number(900));

      const { out } = await cluster.run(`${words} --from -20m`);

      expect(out).toContain(
        'custom/queue at the end: fail. In shadow, not judged: queue is 900, above its limit of 100',
      );
      expect(out).not.toContain('OutsideLimit');
      expect(out).toMatch(/step passed: /);
    });

    it('asks the halves of a workload at their own moments, and leaves out what one query says of both', async () => {
      const fields =
        '    - name: memory\n      compare: {canary: \'m{d="{{canary}}"}\', stable: \'s{d="{{stable}}"}\', maxRatio: 1.5}\n' +
        '    - {name: mixed, query: \'a{d="{{canary}}"} / a{d="{{stable}}"}\', max: 2}\n';
      const { cluster, gauge } = aGatedCluster(fields);
      cluster.managed.readings = aPastOf('other', 'cart', Number.POSITIVE_INFINITY);
      const split = dawn - 20 * 60_000;
      gauge.reads('m{d="cart"}', (at) => number(at > split ? 20 : 0));
      gauge.reads('s{d="cart"}', (at) => number(at <= split ? 10 : 0));

      const at = new Date(split).toISOString();
      const { out } = await cluster.run(`replay cart --from -40m --split-at ${at} -f own.yaml ${source}`);

      expect(out).toMatch(/rolled back: memory is 20 on the canary and 10 on stable: 2 times/);
      expect(out).toContain('Not replayed: mixed. ');
    });

    it('asks several gates a few at a time', async () => {
      const many = Array.from({ length: 8 }, (_, index) => `    - {name: g${index}, query: 'q${index}', max: 1}\n`);
      const { cluster, gauge } = aGatedCluster(many.join(''));
      let [underWay, most] = [0, 0];
      for (const index of many.keys()) gauge.reads(`q${index}`, number(0));
      cluster.managed.gauge = {
        text: (question) => gauge.text(question),
        async ask(question, at) {
          underWay += 1;
          most = Math.max(most, underWay);
          await Promise.resolve();
          underWay -= 1;
          return gauge.ask(question, at);
        },
      };

      const { code } = await cluster.run(`${words} --from -20m`);

      expect([code, most]).toEqual([0, 4]);
      const asked = gauge.asked.map(({ question, at }) => `${question.canary} ${at}`);
      expect(new Set(asked).size).toBe(asked.length);
    });
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
    [`replay cro/cart ${source}`, 'A replay is of a Deployment and its past, not of a rollout.'],
    [
      `replay cart --from yesterday ${source}`,
      '--from is "yesterday", which is no moment. Expected "now", "-2h", or "2026-01-05T09:00:00Z" with its time zone.',
    ],
    [`replay cart --from 2026-01-05T08:00:00 ${source}`, 'with its time zone'],
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

  it('passes on why Prometheus cannot be read', async () => {
    const { code, err } = await testCluster().run(`replay cart --canary a --stable b ${source}`);

    expect([code, err]).toEqual([1, 'serin: The past cannot be replayed. Nobody answers.\n']);
  });
});
