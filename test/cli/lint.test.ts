import { describe, expect, it } from 'vitest';
import { testCluster } from './support/command.ts';

async function lint(text: string, more: Readonly<Record<string, string>> = {}) {
  const cluster = testCluster();
  Object.assign(cluster.files, { 'policy.yaml': text, ...more });
  const files = ['policy.yaml', ...Object.keys(more)];
  return cluster.run(['lint', '-f', ...files]);
}

const good = `apiVersion: serin.dev/v1alpha1
kind: CanaryPolicy
metadata:
  name: careful
spec:
  steps: [5, 50, 100]
  maxBake: 30m
  gates:
    - name: queue
      query: sum(queue{deployment="{{canary}}"})
      max: 100
    - name: cpu
      compare:
        canary: |
          sum(rate(cpu{pod=~"{{canary}}-.+"}[{{window}}]))
        stable: |
          sum(rate(cpu{pod=~"{{stable}}-.+"}[{{window}}]))
        maxRatio: 1.5
`;

describe('serin lint', () => {
  it('says that all is well, and touches no cluster', async () => {
    const cluster = testCluster();
    cluster.files['-'] = good;

    const { code, out, err } = await cluster.run('lint -f -');

    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'One object was looked at: all is well.\n' });
    expect(cluster.opened).toEqual([]);
  });

  it.each<[string, (text: string) => string, number, string]>([
    [
      'an unknown field',
      (text) => text.replace('maxBake', 'maxBakes'),
      7,
      'spec.maxBakes is no field of a CanaryPolicy. Did you mean maxBake?',
    ],
    ['a value', (text) => text.replace('30m', '30'), 7, 'spec.maxBake is "30", which is no duration'],
    [
      'a bake beyond the default max-bake',
      (text) => text.replace('maxBake: 30m', 'bake: 20m'),
      7,
      'spec.bake is "20m", more than spec.maxBake, which is 12m unless written.',
    ],
    ['a list', (text) => text.replace('[5, 50, 100]', '[5, 50]'), 6, 'spec.steps is "5,50", which ends in 50'],
    [
      'an address',
      (text) => `${text}  announce:\n    slack: { channel: releases }\n    webhook:\n      url: hooks.example.com\n`,
      22,
      'spec.announce.webhook.url is "hooks.example.com", which is no URL',
    ],
    [
      'a target that is none',
      (text) => `${text}  announce: { mail: { to: ada } }\n`,
      19,
      'Expected one or several of slack: {channel: ...}',
    ],
    [
      'a freeze that is no window',
      (text) => `${text}  freeze: [~, { name: night, days: Mon }]\n`,
      19,
      'spec.freeze[0] of CanaryPolicy careful is no window',
    ],
    [
      'a freeze',
      (text) => `${text}  freeze: [{ name: night, days: [Someday] }]\n`,
      19,
      'spec.freeze[0] of CanaryPolicy careful',
    ],
    [
      'a day in another spelling than that of the cluster',
      (text) => `${text}  freeze:\n    - name: night\n      days: [Sun, Monday]\n`,
      21,
      'spec.freeze[0].days has "Monday", which is none of Mon, Tue, Wed, Thu, Fri, Sat, Sun. Did you mean Mon?',
    ],
    [
      'a freeze that is no list',
      (text) => `${text}  freeze:\n    name: weekend\n    days: [Sat, Sun]\n`,
      19,
      'Expected a list of windows, as in [{name: weekend, days: [Sat, Sun]}].',
    ],
    ['a version', (text) => text.replace('v1alpha1', 'v1'), 1, 'Expected "serin.dev/v1alpha1"'],
    ['no spec', (text) => text.slice(0, text.indexOf('spec:')), 1, 'spec is missing'],
    ['a field of a gate', (text) => text.replace('max: 100', 'maximum: 100'), 11, 'maximum is no field of a gate'],
    [
      'a place',
      (text) => text.replace('"{{canary}}"})', '{{canary}}})'),
      10,
      'query: {{canary}} stands outside of quotes',
    ],
    ['a name of a place', (text) => text.replace('{{stable}}', '{{stabel}}'), 17, 'Did you mean {{stable}}?'],
    [
      'a query',
      (text) => text.replace('"})\n      max', '"}\n      max'),
      10,
      'Gate "queue": query: This is no query of Prometheus: it ends too early.',
    ],
    [
      'a query over several lines',
      (text) => text.replace('sum(rate(cpu{pod=~"{{stable}}', 'sum(\n            rate((cpu{pod=~"{{stable}}'),
      18,
      'compare.stable: This is no query',
    ],
    ['YAML', (text) => text.replace('name: careful', 'name: "careful'), 4, 'This is no YAML'],
  ])('names %s that is wrong, with its line', async (_what, change, line, sentence) => {
    const { code, out } = await lint(change(good));

    expect(code).toBe(2);
    expect(out).toContain(`policy.yaml:${line}: `);
    expect(out).toContain(sentence);
  });

  it('counts the lines of a query as they are written, whatever the names in it come to', async () => {
    const long = 'a{x="{{canary}}",y="{{namespace}}",z="{{stable}}"}';
    const text = good.replace(
      'sum(rate(cpu{pod=~"{{canary}}-.+"}[{{window}}]))',
      `sum(${long})\n            + sum((${long})`,
    );

    const { out } = await lint(text);

    expect(out).toMatch(/^policy\.yaml:16: Gate "cpu": compare\.canary: .* ends too early/);
  });

  it('says everything that is wrong, in the order of the lines', async () => {
    const text = good.replace('30m', '30').replace('max: 100', 'max: many').replace('maxRatio: 1.5', 'maxRatio: 0');

    const { out, err } = await lint(text);

    expect(out.split('\n').map((line) => line.split(':')[1])).toEqual(['7', '11', '18', undefined]);
    expect(err).toBe('One object was looked at: 3 problems.\n');
  });

  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  annotations:
    serin.dev/canary: enabled
    serin.dev/policy: careful
    serin.dev/bake: 5m
`;

  it('looks at annotated Deployments, over the policy that they name', async () => {
    const short = good.replace('maxBake: 30m', 'maxBake: 2m');

    const fine = await lint(`${good}---\n${deployment}`);
    const wrong = await lint(`${short}---\n${deployment}`);
    const apart = await lint(short, { 'deployment.yaml': deployment });

    expect(fine).toMatchObject({ code: 0, err: '2 objects were looked at: all is well.\n' });
    expect(wrong.out).toContain('serin.dev/max-bake is "2m", less than serin.dev/bake "5m"');
    expect(apart.out).toContain('deployment.yaml:');
  });

  it('looks for that policy in the namespace of the Deployment, where both name one', async () => {
    const short = good
      .replace('maxBake: 30m', 'maxBake: 2m')
      .replace('  name: careful', '  name: careful\n  namespace: bank');
    const inside = (namespace: string) =>
      deployment.replace('  name: checkout', `  name: checkout\n  namespace: ${namespace}`);

    expect((await lint(`${short}---\n${inside('bank')}`)).code).toBe(2);
    expect((await lint(`${short}---\n${inside('shop')}`)).code).toBe(0);
  });

  it('finds annotations that do nothing: misspelt, misplaced or alone', async () => {
    const template = '\nspec:\n  template:\n    metadata:\n      annotations:\n        serin.dev/canary: enabled\n';
    const misspelt = await lint(deployment.replace('serin.dev/bake', 'serin.dev/bakes'));
    const misplaced = await lint(`kind: Deployment\nmetadata: { name: checkout }${template}`);
    const alone = await lint(deployment.replace('    serin.dev/canary: enabled\n', ''));

    expect(misspelt.out).toBe(
      'policy.yaml:8: serin.dev/bakes is not a setting of Serin. Did you mean serin.dev/bake?\n',
    );
    expect(misplaced.out).toContain('policy.yaml:7: serin.dev/canary stands on the pod template');
    expect(alone.out).toContain('asks for no canary');
    expect([misspelt.code, misplaced.code, alone.code]).toEqual([2, 2, 2]);
  });

  it('looks into lists, and passes over what is not its own', async () => {
    const list = `kind: List\nitems:\n  - kind: Service\n  - kind: CanaryPolicy\n    apiVersion: serin.dev/v1alpha1\n    spec:\n      bake: soon\n`;

    const { out } = await lint(list);

    expect(out).toMatch(/^policy\.yaml:7: spec\.bake is "soon"/);
  });

  it('says what the cluster would refuse: a text where a list or a number is meant, and the other way round', async () => {
    const wrong = good.replace('steps: [5, 50, 100]', 'steps: "5,50,100"\n  minRequests: "200"\n  analysis: false');

    const { code, out } = await lint(wrong);

    expect(code).toBe(2);
    expect(out.trim().split('\n')).toEqual([
      'policy.yaml:6: spec.steps is "5,50,100". Expected a list of whole numbers, as in [10, 25, 50, 100].',
      'policy.yaml:7: spec.minRequests is "200". Expected a whole number without quotes, such as 100.',
      'policy.yaml:8: spec.analysis is "false", which is none of auto, off. Did you mean "off"?',
    ]);
  });

  it('finds a kind that there is not, and two policies of one name', async () => {
    const misspelt = await lint(good.replace('CanaryPolicy', 'CanaryPolcy'));
    const twins = await lint(`${good}---\n${good}`);

    expect(misspelt).toMatchObject({ code: 2, out: expect.stringContaining('Did you mean CanaryPolicy?') });
    expect(twins).toMatchObject({
      code: 2,
      out: expect.stringContaining('A CanaryPolicy called careful is there already'),
    });
    expect(twins.out.trim().split('\n')).toHaveLength(1);
  });

  it('looks at every manifest of a folder, and says of which file it speaks', async () => {
    const cluster = testCluster();
    Object.assign(cluster.files, {
      'shop/a.yaml': good,
      'shop/b.yaml': good.replace('careful', 'b').replace('steps', 'setps'),
      'c.yaml': good.replace('careful', 'c'),
    });

    const { code, out, err } = await cluster.run('lint -f shop/ c.yaml');

    expect([code, err]).toEqual([2, '3 objects were looked at: one problem.\n']);
    expect(out).toMatch(/^shop\/b\.yaml:6: spec\.setps/);
  });

  it('says of a folder without a manifest that there is none', async () => {
    expect(await testCluster().run('lint -f shop/')).toMatchObject({
      code: 2,
      err: expect.stringContaining('shop/ is a folder without a manifest: no name in it ends in .yaml, .yml or .json.'),
    });
  });

  it('says where there was nothing to look at', async () => {
    expect(await lint('kind: Service\n')).toMatchObject({
      code: 0,
      err: expect.stringContaining('Nothing here speaks to Serin'),
    });
  });

  it.each([
    ['ENOENT', 'policy.yaml cannot be read: there is no such file or folder.'],
    ['EISDIR', 'policy.yaml cannot be read: it is a folder and no file.'],
    ['EACCES', 'policy.yaml cannot be read: you have no right to.'],
  ])('says in a sentence why a file cannot be read: %s', async (code, sentence) => {
    const cluster = testCluster();
    cluster.unreadable = Object.assign(new Error(`${code}: oops, open 'policy.yaml'`), { code });

    expect(await cluster.run('lint -f policy.yaml')).toMatchObject({
      code: 2,
      err: `serin: ${sentence}\nTry: serin lint --help\n`,
    });
  });

  it('cannot do without a file that is there', async () => {
    const cluster = testCluster();

    const absent = await cluster.run('lint -f nowhere.yaml');
    const none = await cluster.run('lint');

    expect(absent).toMatchObject({ code: 2, err: expect.stringContaining('nowhere.yaml cannot be read') });
    expect(none.code).toBe(2);
  });
});
