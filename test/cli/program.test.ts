import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit.ts';
import { aRollout } from '../support/builders.ts';
import { testCluster } from './support/command.ts';

describe('the command line', () => {
  it.each([
    ['promot x', "serin: unknown command 'promot'. Did you mean promote?"],
    ['get --all', "serin: unknown option '--all'."],
    ['get --namspace shop', "serin: unknown option '--namspace'. Did you mean --namespace?"],
    ['wait x --timout=4m', "serin: unknown option '--timout=4m'. Did you mean --timeout?"],
    ['get --namspace=shop', "serin: unknown option '--namspace=shop'. Did you mean --namespace?"],
    ['explain x --kubeconfgi=x', "serin: unknown option '--kubeconfgi=x'. Did you mean --kubeconfig?"],
    ['get --qqqqqq=1', "serin: unknown option '--qqqqqq=1'."],
    ['help wiat', "serin: unknown command 'wiat'. Did you mean wait?"],
    ['help qqqqqq', "serin: unknown command 'qqqqqq'."],
    ['status', "serin: missing required argument 'name'."],
    [
      'wait x --for=promotd',
      "serin: option '--for <goal>' argument 'promotd' is invalid. Expected promoted, finished, awaiting-approval, or step=2. Did you mean \"promoted\"?",
    ],
    [
      'get -o jsn',
      "serin: option '-o, --output <format>' argument 'jsn' is invalid. Allowed choices are table, wide, json, yaml, name.",
    ],
    [
      'uninstall --timeout 5',
      'serin: option \'--timeout <duration>\' argument \'5\' is invalid. Expected a duration such as "90s" or "5m". Did you mean "5s"?',
    ],
  ])('answers `serin %s` with a sentence and code 2', async (line, sentence) => {
    const { code, out, err } = await testCluster().run(line);

    const [verb = ''] = line.split(' ');
    const help = sentence.includes('unknown command') ? 'serin --help' : `serin ${verb} --help`;
    expect([code, out, err]).toEqual([2, '', `${sentence}\nSee what there is with: ${help}\n`]);
  });

  it('guesses a flag of the whole command under a verb of a verb too', async () => {
    const { code, err } = await testCluster().run('gate test -f a --fixtures b --namspace=x');

    expect([code, err.split('\n')[0]]).toEqual([2, "serin: unknown option '--namspace=x'. Did you mean --namespace?"]);
  });

  it.each(['--help', 'help', 'wait --help', 'help wait', 'help gate test', '--version'])(
    'answers `serin %s` on the data stream with code 0',
    async (line) => {
      const { code, out, err } = await testCluster().run(line);

      expect([code, err]).toEqual([0, '']);
      expect(out).not.toBe('');
    },
  );

  it('shows its help and ends with 2 when no verb is given', async () => {
    const { code, out, err } = await testCluster().run('');

    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: serin [options] [command]');
  });

  it('documents the exit codes where they are looked for', async () => {
    const { out } = await testCluster().run('wait --help');

    for (const code of Object.values(exitCodes)) expect(out).toMatch(new RegExp(`^ +${code}  \\S`, 'm'));
  });

  it.each(['-n books --context kind --kubeconfig /k get', 'get -n books --context kind --kubeconfig /k'])(
    'takes the flags of kubectl before and after the verb: %s',
    async (line) => {
      const cluster = testCluster();

      await cluster.run(line);

      expect(cluster.opened).toEqual([{ namespace: 'books', context: 'kind', kubeconfig: '/k' }]);
    },
  );

  it("takes the namespace of the kubeconfig's context when none is named", async () => {
    const cluster = testCluster();
    cluster.put(aRollout());

    expect((await cluster.run('get -o name')).out).toBe('canaryrollout.serin.dev/reviews-v2-two-1\n');
    expect(cluster.opened).toEqual([{}]);
  });

  it('tells an error of the cluster as a sentence, without a stack', async () => {
    const cluster = testCluster();
    cluster.silent(new Error('The cluster at https://127.0.0.1:6443 does not answer.'));

    expect(await cluster.run('get')).toEqual({
      code: 1,
      out: '',
      err: 'serin: The cluster at https://127.0.0.1:6443 does not answer.\n',
    });
  });
});

describe('a cluster that refuses', () => {
  it.each([
    [403, 'rollouts are forbidden', 'kubectl auth can-i list canaryrollouts.serin.dev'],
    [
      404,
      'page not found',
      'kubectl api-resources --api-group=serin.dev (when it lists nothing, Serin is not installed: kubectl apply -k deploy/)',
    ],
  ])('with %i is told with what to do next and code 10', async (status, message, next) => {
    const cluster = testCluster();
    cluster.silent(Object.assign(new Error(message), { status }));

    expect(await cluster.run('get')).toEqual({ code: 10, out: '', err: `serin: ${message}\nTry: ${next}\n` });
  });
});

describe('a right that is missing', () => {
  const forbidden = 'Changing the pod template of shop/checkout was answered with 403: ';
  it.each([
    [
      'deployments.apps "checkout" is forbidden: User "robin" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
      'patch deployments.apps -n shop',
    ],
    [
      'deployments.apps is forbidden: User "robin" cannot list resource "deployments" in API group "apps" at the cluster scope',
      'list deployments.apps -A',
    ],
    [
      'pods is forbidden: User "robin" cannot list resource "pods" in API group "" in the namespace "shop": RBAC: not found',
      'list pods -n shop',
    ],
    [
      'deployments.apps "checkout" is forbidden: User "robin" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"',
      'patch deployments.apps --subresource=scale -n shop',
    ],
  ])('is the one that is asked about: %s', async (sentence, right) => {
    const cluster = testCluster();
    cluster.silent(Object.assign(new Error(`${forbidden}${sentence}`), { status: 403 }));

    expect(await cluster.run('undo checkout')).toMatchObject({
      code: 10,
      err: `serin: ${forbidden}${sentence}\nTry: kubectl auth can-i ${right} (the right that is missing)\n`,
    });
  });
});

describe('serin controller', () => {
  it('runs with the defaults of the documentation', async () => {
    const cluster = testCluster();

    expect((await cluster.run('controller --prometheus-url=http://prometheus:9090')).code).toBe(0);

    expect(cluster.controllers).toEqual([
      {
        prometheusUrl: 'http://prometheus:9090',
        redisPrefix: '{serin}',
        slotMs: 15_000,
        lagMs: 15_000,
        settleMs: 5_000,
        sweepMs: 30_000,
        concurrency: 20,
        listen: { host: '0.0.0.0', port: 8080 },
        logLevel: 'info',
      },
    ]);
    expect(cluster.opened).toEqual([]);
  });

  it('takes every flag', async () => {
    const cluster = testCluster();

    await cluster.run(
      'controller --prometheus-url=https://p --prometheus-token-file=/t --redis-url=rediss://r --redis-prefix={x} --slot=1s ' +
        '--scrape-interval=2s --settle=500ms --sweep=5s --concurrency=3 --listen=[::1]:0 --log-level=warn -n shop --kubeconfig /k',
    );

    expect(cluster.controllers).toEqual([
      {
        namespace: 'shop',
        kubeconfig: '/k',
        prometheusUrl: 'https://p',
        prometheusTokenFile: '/t',
        redisUrl: 'rediss://r',
        redisPrefix: '{x}',
        slotMs: 1_000,
        lagMs: 2_000,
        settleMs: 500,
        sweepMs: 5_000,
        concurrency: 3,
        listen: { host: '::1', port: 0 },
        logLevel: 'warn',
      },
    ]);
  });

  it('reads one slot as the scrape interval when none is given', async () => {
    const cluster = testCluster();

    await cluster.run('controller --prometheus-url=http://p --slot=1s');

    expect(cluster.controllers).toMatchObject([{ slotMs: 1_000, lagMs: 1_000 }]);
  });

  it.each([
    ['', "required option '--prometheus-url <url>' not specified"],
    ['--prometheus-url=prometheus:9090', 'Expected an address such as "http://host:port".'],
    ['--prometheus-url=http://p --redis-url=http://r', 'Expected an address such as "redis://host:port".'],
    ['--prometheus-url=http://p --listen=8080', 'Expected an address such as ":8080" or "127.0.0.1:8080".'],
    ['--prometheus-url=http://p --listen=:70000', 'Expected an address such as ":8080" or "127.0.0.1:8080".'],
    ['--prometheus-url=http://p --slot=0s', 'Expected a duration such as "90s" or "5m".'],
  ])('does not start with %j', async (flags, sentence) => {
    const cluster = testCluster();

    expect(await cluster.run(`controller ${flags}`)).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
    expect(cluster.controllers).toEqual([]);
  });
});
