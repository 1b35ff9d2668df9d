import { describe, expect, it } from 'vitest';
import { memoryGauge } from '../../src/adapters/memory/gauge.ts';
import type { Sample } from '../../src/domain/gates/custom.ts';
import { dawn } from '../support/builders.ts';
import { testCluster } from './support/command.ts';
import { aPastOf, source } from './support/past.ts';

describe('serin replay with custom gates', () => {
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

    expect(out).toContain('custom/queue at the end: fail. In shadow, not judged: queue is 900, above its limit of 100');
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
