import { describe, expect, it } from 'vitest';
import { aRollout, aVerdict, dawn } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

const name = 'reviews-v2-two-1';
const baking = aRollout({ status: { phase: 'baking', reason: 'Baking', message: 'Baking at 10%.' } });

/** Rolled back after 65 s by its errors gate. */
function failing(): TestCluster {
  const cluster = testCluster();
  cluster.put(baking);
  cluster.after(65_000, () =>
    cluster.change(name, {
      phase: 'rolledBack',
      cause: 'gate',
      reason: 'ErrorRateWorse',
      message: '9 of 10 failed, <b>90%</b>\nof them.',
      verdicts: [
        aVerdict('fail', { message: '90% | worse & worse', query: 'sum(x{code=~"5.."})' }),
        aVerdict('pass', { gate: 'traffic' }),
        aVerdict('noData', { gate: 'latency', message: 'No samples.' }),
      ],
      history: [{ time: dawn, phase: 'baking', step: 0, weight: 10, message: 'In effect.' }],
    }),
  );
  return cluster;
}

function records(out: string): readonly Record<string, unknown>[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('serin wait -o json', () => {
  it('writes one versioned object a line, and nothing else', async () => {
    const { code, out, err } = await failing().run(`wait ${name} -o json`);

    const lines = records(out);
    expect([code, err]).toEqual([3, '']);
    expect(lines.map(({ version, type }) => [version, type])).toEqual([
      [1, 'note'],
      [1, 'change'],
      [1, 'heartbeat'],
      [1, 'change'],
      [1, 'end'],
    ]);
    expect(lines[1]).toMatchObject({
      rollout: name,
      phase: 'baking',
      step: 1,
      steps: [10, 25, 50, 100],
      paused: false,
    });
    expect(lines.at(-1)).toMatchObject({
      time: '2026-01-05T09:01:05.000Z',
      namespace: 'shop',
      goal: 'promoted',
      outcome: 'rolledBack',
      exitCode: 3,
      cause: 'gate',
      phase: 'rolledBack',
    });
  });

  it('ends with an object also when the cluster refuses, and says it as a sentence besides', async () => {
    const cluster = testCluster();
    cluster.silent(Object.assign(new Error('rollouts is forbidden'), { status: 403 }));

    const { code, out, err } = await cluster.run('wait reviews-v2 -o json');

    expect(code).toBe(10);
    expect(records(out)).toMatchObject([{ type: 'end', outcome: 'notFound', exitCode: 10 }]);
    expect(err).toContain('serin: rollouts is forbidden');
  });

  it('says at its time-out how to go on', async () => {
    const cluster = testCluster();
    cluster.put(baking);

    const { out } = await cluster.run(`wait ${name} -o json --timeout=2s`);

    expect(records(out).at(-1)).toMatchObject({
      outcome: 'timedOut',
      exitCode: 124,
      next: `Wait again with: serin wait ${name} -n shop`,
    });
  });
});

describe('serin wait --junit', () => {
  it('says before it waits that the file cannot be written', async () => {
    const { code, err } = await failing().run(`wait ${name} --junit=/nowhere/serin.xml`);

    expect([code, err]).toEqual([
      2,
      expect.stringContaining('--junit is "/nowhere/serin.xml", which cannot be written.'),
    ]);
  });

  it('reports the rollout and each gate, what is undecided as skipped', async () => {
    const cluster = failing();

    await cluster.run(`wait ${name} --junit=report.xml`);

    expect(cluster.files['report.xml']).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="serin" tests="4" failures="2" errors="0" skipped="1" time="65.000">
  <testsuite name="serin wait ${name}" tests="4" failures="2" errors="0" skipped="1" time="65.000">
    <testcase classname="shop.${name}" name="${name} promoted" time="65.000">
      <failure type="rolledBack" message="${name} rolled back (gate): 9 of 10 failed, &lt;b&gt;90%&lt;/b&gt;
of them.">2026-01-05T09:00:00.000Z baking 10% In effect.</failure>
    </testcase>
    <testcase classname="shop.${name}" name="gate errors" time="0.000">
      <failure type="ErrorRateWorse" message="90% | worse &amp; worse">Query: sum(x{code=~&quot;5..&quot;})</failure>
    </testcase>
    <testcase classname="shop.${name}" name="gate traffic" time="0.000"/>
    <testcase classname="shop.${name}" name="gate latency" time="0.000">
      <skipped message="No samples."/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('reports a promotion as passed', async () => {
    const cluster = testCluster();
    cluster.put(aRollout({ status: { phase: 'promoted', message: 'It serves.' } }));

    await cluster.run(`wait ${name} --junit=report.xml`);

    expect(cluster.files['report.xml']).toContain('tests="1" failures="0"');
  });

  it('leaves out characters that XML forbids', async () => {
    const cluster = testCluster();
    cluster.put(
      aRollout({ status: { phase: 'rolledBack', cause: 'person', message: 'Bell\u0007 and \u001b[1mcolour' } }),
    );

    await cluster.run(`wait ${name} --junit=report.xml`);

    expect(cluster.files['report.xml']).toContain('Bell and [1mcolour');
  });
});

describe('serin wait in GitHub Actions', () => {
  it('marks a bad end as an error in one line, and appends a summary', async () => {
    const cluster = failing();
    cluster.pipeline = { github: { actions: true, summaryFile: 'summary.md' } };
    cluster.files['summary.md'] = 'Before.\n';

    const { err } = await cluster.run(`wait ${name}`);

    expect(err.split('\n').at(-2)).toBe(
      `::error title=serin wait ${name}%3A rolledBack::${name} rolled back (gate): 9 of 10 failed, <b>90%25</b>%0Aof them.`,
    );
    expect(cluster.files['summary.md']).toBe(`\
Before.
### ${name}: rolledBack (exit code 3)

${name} rolled back (gate): 9 of 10 failed, \\<b\\>90%\\</b\\> of them.

| | |
| --- | --- |
| Rollout | ${name}, attempt 1 |
| Stable | reviews-v1 reviews:1 |
| Canary | reviews-v2 reviews:2 |
| Phase | rolledBack |
| Step | 1/4 at 0% |

| Gate | Verdict | Why |
| --- | --- | --- |
| errors | fail | 90% \\| worse & worse |
| traffic | pass | The errors gate says pass. |
| latency | noData | No samples. |

Waited 1m5s in namespace shop.

`);
  });

  it('lets no line of a container pass for a command', async () => {
    const cluster = testCluster();
    cluster.put(
      aRollout({
        status: { phase: 'rolledBack', cause: 'health', message: 'panic\n::add-mask::x\r\n::stop-commands::y' },
      }),
    );

    const { out, err } = await cluster.run(`wait ${name}`);

    expect(`${out}${err}`).toContain('panic ::add-mask::x ::stop-commands::y');
    expect(`${out}${err}`.split('\n').filter((line) => line.startsWith('::'))).toEqual([]);
  });

  it('marks what the cluster refused too', async () => {
    const cluster = testCluster();
    cluster.pipeline = { github: { actions: true, summaryFile: 'summary.md' } };
    cluster.silent(Object.assign(new Error('rollouts is forbidden'), { status: 403 }));

    const { code, err } = await cluster.run('wait reviews-v2');

    expect(code).toBe(10);
    expect(err).toContain('::error title=serin wait reviews-v2%3A notFound::rollouts is forbidden\n');
    expect(cluster.files['summary.md']).toContain('### reviews-v2: notFound (exit code 10)');
  });

  it('marks nothing when the goal is reached', async () => {
    const cluster = testCluster();
    cluster.pipeline = { github: { actions: true } };
    cluster.put(aRollout({ status: { phase: 'promoted' } }));

    expect((await cluster.run(`wait ${name}`)).err).not.toContain('::error');
  });

  it('marks a time-out with the way to go on', async () => {
    const cluster = testCluster();
    cluster.pipeline = { github: { actions: true } };
    cluster.put(baking);

    expect((await cluster.run(`wait ${name} --timeout=2s`)).err).toContain(
      `::error title=serin wait ${name}%3A timedOut::The time to wait is over; the rollout goes on. Wait again with: serin wait ${name} -n shop\n`,
    );
  });
});
