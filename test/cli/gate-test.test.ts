import { describe, expect, it } from 'vitest';
import { testCluster } from './support/command.ts';

const policy = `apiVersion: serin.dev/v1alpha1
kind: CanaryPolicy
metadata: { name: careful }
spec:
  gates:
    - name: queue
      query: sum(queue{deployment="{{canary}}"})
      max: 100
    - name: cpu
      compare: { canary: a, stable: b, maxRatio: 1.5 }
`;

async function test(fixtures: string, text = policy) {
  const cluster = testCluster();
  Object.assign(cluster.files, { 'policy.yaml': text, 'fixtures.yaml': fixtures });
  const ran = await cluster.run('gate test -f policy.yaml --fixtures fixtures.yaml');
  expect(cluster.opened).toEqual([]);
  return ran;
}

const good = `tests:
  - name: two bad looks in a row
    gate: queue
    values: [3, 140, 7, 140, none, 140, 141]
    expect: [pass, undecided, pass, undecided, noData, undecided, fail]
  - name: what is no number holds
    gate: queue
    values: [.nan, NaN, +Inf, .inf, { several: 3 }, down, 5]
    expect: [noData, noData, noData, noData, noData, sourceDown, pass]
  - name: as much again
    gate: cpu
    canary: [2, 4, 4]
    stable: [2, 2, 2]
    expect: [pass, undecided, fail]
`;

describe('serin gate test', () => {
  it('prints each verdict, and that all are as expected', async () => {
    const { code, out, err } = await test(good);

    expect(code).toBe(0);
    expect(out).toContain('ok  queue: two bad looks in a row\n');
    expect(out).toContain('1m45s  fail        queue is 141, above its limit of 100, in 2 looks in a row.');
    expect(err).toBe('All as expected: 3 fixtures.\n');
  });

  it('shows which verdict is another one, and exits with 1', async () => {
    const { code, out, err } = await test(good.replace('[pass, undecided, fail]', '[pass, fail, fail]'));

    expect(code).toBe(1);
    expect(out).toContain('FAILED  cpu: as much again\n');
    expect(out).toContain('* 30s    undecided, not fail  cpu is 4 on the canary and 2 on stable: 2 times');
    expect(err).toBe('1 of 3 fixtures not as expected.\n');
  });

  it('speaks of one fixture as one', async () => {
    const one = 'tests: [{ name: alone, gate: queue, values: [3], expect: [fail] }]';

    expect((await test(one)).err).toContain('Not as expected: the one fixture.\n');
    expect((await test(one.replace('fail', 'pass'))).err).toContain('All as expected: one fixture.\n');
  });

  it('asks when the controller would, by window, interval and slot', async () => {
    const text = policy
      .replace('max: 100', 'max: 100\n      interval: 1m')
      .replace('sum(queue{deployment="{{canary}}"})', 'rate(queue[{{window}}])');
    const fixtures = `slot: 30s
tests:
  - name: once a minute, after the first
    gate: queue
    values: [140, 140, 3, 140]
    expect: [undecided, undecided, undecided, fail]
`;

    const { code, out } = await test(fixtures, text);

    expect(code).toBe(0);
    expect(out).toContain('30s    undecided   queue is asked for the first time in 30s');
    expect(out).toContain('1m30s  undecided   queue is 140');
  });

  it('says at full weight what stable had before', async () => {
    const fixtures = `tests:
  - name: alone
    gate: cpu
    weight: 100
    stableBefore: 2
    canary: [2, 4, 4]
    stable: [0, none, 4]
    expect: [pass, undecided, fail]
  - name: alone from the start
    gate: cpu
    weight: 100
    canary: [2]
    stable: [2]
    expect: [noData]
`;

    const { code, out, err } = await test(fixtures);

    expect(code).toBe(0);
    expect(out).toContain('before all traffic left it');
    expect(err).toContain('No fixture for: queue.');
  });

  it.each<[string, string, string]>([
    [
      'a gate that is not there',
      good.replaceAll('gate: queue', 'gate: queues'),
      'has no gate "queues". Did you mean "queue"?',
    ],
    [
      'too few verdicts',
      good.replace('expect: [pass, undecided, fail]', 'expect: [pass]'),
      'at tests.2: Expected one verdict',
    ],
    [
      'a word that is no verdict',
      good.replace('expect: [pass,', 'expect: [good,'),
      'at tests.0.expect.0: Expected pass, fail, undecided, noData or sourceDown.',
    ],
    ['a word that is no reading', good.replace('values: [3,', 'values: [much,'), 'Expected a number, none, down'],
    ['values where two are compared', good.replace('gate: queue', 'gate: cpu'), 'the gate cpu takes canary and stable'],
    ['one side of a comparison', good.replace('    stable: [2, 2, 2]\n', ''), 'Expected canary and stable together'],
    [
      'a field that is unknown',
      good.replace('values: [3,', 'readings: [3,'),
      'at tests.0: "readings" is no field. The known ones are name, gate,',
    ],
    ['a field that is misspelt', good.replace('values: [3,', 'value: [3,'), '"value" is no field, but values is.'],
    [
      'a name that is a number',
      good.replace('name: as much again', 'name: 7'),
      'at tests.2.name: Expected a text, in quotes where it would be read as a number.',
    ],
    ['a weight beyond 100', good.replace('gate: cpu', 'gate: cpu\n    weight: 200'), 'Expected a weight from 0 to 100'],
    ['a slot without its unit', `slot: 15\n${good}`, 'at slot: Expected a duration from 1s, such as "15s".'],
    ['no fixture', 'tests: []', 'at tests: Expected a list of fixtures with one at least.'],
    ['no reading', 'tests: [{ name: a, gate: queue, values: [], expect: [] }]', 'Expected a list of readings'],
    ['an empty file', '', 'cannot be used: Expected the fields slot, tests.'],
    ['no YAML', 'tests: [', 'fixtures.yaml:1: This is no YAML'],
    ['two documents', `${good}\n---\n${good}`, 'holds 2 documents. Put all fixtures under one tests.'],
    ['an alias of nothing', 'tests: *all', 'This is no YAML'],
    [
      'a name that is missing',
      good.replace('name: as much again', 'nama: 7'),
      'at tests.2: "nama" is no field, but name is.',
    ],
    [
      'a gate that is missing',
      'tests: [{ name: a, values: [1], expect: [pass] }]',
      'at tests.0.gate: gate is missing. Expected a text',
    ],
  ])('refuses %s', async (_what, fixtures, sentence) => {
    const { code, err } = await test(fixtures);

    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(err).toContain('\nTry: serin gate test --help\n');
  });

  it('points to its own help when a flag is missing', async () => {
    expect(await testCluster().run('gate test -f policy.yaml')).toMatchObject({
      code: 2,
      err: expect.stringContaining('\nSee what there is with: serin gate test --help\n'),
    });
  });

  it.each<[string, string, string]>([
    ['gates that cannot be read', policy.replace('max: 100', 'max: many'), 'max is "many"'],
    ['a file without gates', 'kind: Service\n', 'has no CanaryPolicy with gates'],
    ['no YAML', 'kind: "x', 'policy.yaml:1: This is no YAML'],
  ])('refuses %s', async (_what, text, sentence) => {
    const { code, err } = await test(good, text);

    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
