import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/controller/ports.ts';
import { aRollout, aWorkload } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged, aManagedRollout } from './support/managed.ts';

const unread = 'Not looked at, because the address of Prometheus was not given (--prometheus-url).';
const blocking: Finding = {
  id: 'sidecar-missing',
  level: 'blocking',
  message:
    '2 of 4 pods have no sidecar (checkout-1, checkout-2), so that nobody reports what becomes of their requests.',
  advice: 'kubectl label namespace shop istio-injection=enabled',
};
const warning: Finding = {
  id: 'quota',
  level: 'warning',
  message: 'ResourceQuota shop/team has no room for the 5 pods more that a rollout needs at its height.',
  advice: 'Raise it.',
};
const fine: readonly Finding[] = ['port-protocol', 'fault-on-route'].map((id) => ({
  id,
  level: 'fine',
  message: 'Well.',
}));
const unknown: readonly Finding[] = ['traffic-volume', 'reporters'].map((id) => ({
  id,
  level: 'unknown',
  message: unread,
}));

function clusterThatFinds(...findings: readonly Finding[]) {
  const cluster = testCluster();
  cluster.doctor.findings = findings;
  return cluster;
}

describe('serin doctor', () => {
  it('tells what blocks first, then what may spoil, what is unknown, and how much is fine', async () => {
    const cluster = clusterThatFinds(...fine, warning, ...unknown, blocking);

    expect(await cluster.run('doctor deployment/checkout')).toEqual({
      code: 1,
      err: '\nNo rollout of checkout can begin: one thing blocks it.\n',
      out: `\
blocking  sidecar-missing: 2 of 4 pods have no sidecar (checkout-1, checkout-2), so that nobody reports what becomes of their requests.
          kubectl label namespace shop istio-injection=enabled

warning   quota: ResourceQuota shop/team has no room for the 5 pods more that a rollout needs at its height.
          Raise it.

unknown   traffic-volume, reporters: ${unread}

2 checks fine
`,
    });
  });

  it('lists every check with --verbose', async () => {
    const { code, out } = await clusterThatFinds(...unknown, ...fine).run('doctor checkout --verbose');

    expect(code).toBe(0);
    expect(out).toBe(`\
unknown   traffic-volume: ${unread}
unknown   reporters: ${unread}

fine      port-protocol: Well.
fine      fault-on-route: Well.
2 checks fine
`);
  });

  it.each([
    [
      'exits with 0 when nothing blocks',
      [warning, ...fine],
      0,
      'A rollout of checkout can begin; one thing may spoil it.',
    ],
    ['exits with 0 when all is well', fine, 0, 'Nothing stands in the way of a rollout of checkout.'],
    ['exits with 1 when several things block', [blocking, { ...blocking, id: 'hold' }], 1, '2 things block it.'],
  ] as const)('%s', async (_what, findings, code, words) => {
    const ran = await clusterThatFinds(...findings).run('doctor checkout');

    expect(ran.code).toBe(code);
    expect(ran.err).toContain(words);
  });

  it('gives a record to programs', async () => {
    const { code, out, err } = await clusterThatFinds(blocking, ...fine).run('doctor checkout -o json');

    expect([code, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toEqual({
      schema: 'serin.dev/examination/v1',
      namespace: 'shop',
      deployment: 'checkout',
      blocked: true,
      findings: [blocking, ...fine],
    });
  });

  it('asks Prometheus where it is told, and for the rights of the account it is told', async () => {
    const cluster = clusterThatFinds(...fine);

    await cluster.run('doctor checkout');
    await cluster.run(
      'doctor checkout --prometheus-url=http://prom:9090 --prometheus-token-file=/t --account=release/robin',
    );

    expect(cluster.doctor.asked).toEqual([
      { account: 'system:serviceaccount:serin-system:serin' },
      { account: 'system:serviceaccount:release:robin', source: { url: 'http://prom:9090', tokenFile: '/t' } },
    ]);
  });

  it('says that there is no such Deployment, with the code for that', async () => {
    const absent: Finding = {
      id: 'deployment-missing',
      level: 'blocking',
      message: 'There is no Deployment "chekout" in namespace shop.',
      advice: 'kubectl get deployments -n shop',
    };

    expect(await clusterThatFinds(absent).run('doctor chekout')).toEqual({
      code: 10,
      out: '',
      err: 'serin: There is no Deployment "chekout" in namespace shop.\nTry: kubectl get deployments -n shop\n',
    });
  });

  it.each([
    [
      'doctor cro/checkout-abc-1',
      'A Deployment is examined, not a rollout.\nTry: serin status checkout-abc-1 -n shop\n',
    ],
    ['doctor checkout --account=serin', 'Expected an account such as "serin-system/serin".'],
    ['doctor checkout --prometheus-url=prom', 'Expected an address'],
  ])('refuses `%s` as wrong usage', async (line, words) => {
    const { code, err } = await clusterThatFinds().run(line);

    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});

describe('serin doctor of what was released or rejected already', () => {
  const moved: Finding = {
    id: 'route',
    level: 'blocking',
    message: 'reviews-v1 serves nothing.',
    advice: 'Give reviews/v1 weight 100 and reviews/v2 weight 0.',
  };

  function pair(annotations: Readonly<Record<string, string>> = {}): TestCluster {
    const cluster = clusterThatFinds(moved, ...fine);
    cluster.deploy(aWorkload());
    cluster.deploy(
      aWorkload({
        name: 'reviews-v2',
        hash: 'two',
        annotations: { 'serin.dev/canary-of': 'reviews-v1', ...annotations },
      }),
    );
    return cluster;
  }

  it('says of a promoted pair what its plan says, and gives no advice that sends traffic back', async () => {
    const cluster = pair();
    cluster.put(aRollout({ status: { phase: 'promoted' } }));

    const examined = await cluster.run('doctor reviews-v2');

    expect(examined).toEqual(await cluster.run('plan reviews-v2'));
    expect(examined).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('already promoted, in reviews-v2-two-1'),
    });
  });

  it('tells a program the same', async () => {
    const cluster = pair();
    cluster.put(aRollout({ status: { phase: 'promoted' } }));

    const { code, out } = await cluster.run('doctor reviews-v2 -o json');

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ blocked: false, findings: [{ id: 'already-promoted', level: 'fine' }] });
  });

  it('knows a promoted pair by its mark, once its rollout is gone', async () => {
    const cluster = pair({ 'serin.dev/last': 'promoted two reviews-v1 one 1' });

    expect(await cluster.run('doctor reviews-v2')).toMatchObject({
      code: 0,
      err: expect.stringContaining('This revision of reviews-v2 is already promoted: it serves all traffic'),
    });
    expect((await cluster.run('plan reviews-v2')).err).toContain('is already promoted: it serves all traffic');
  });

  it('leaves the route of a pair alone that a rollout is moving', async () => {
    const cluster = pair();
    cluster.put(aRollout({ status: { phase: 'baking' } }));

    expect(await cluster.run('doctor reviews-v2')).toEqual({
      code: 0,
      out: '',
      err: `\
A rollout of reviews-v2 is under way: reviews-v2-two-1 (baking). Its route is not as a rollout begins with, so that it is not examined now.
See: serin status reviews-v2-two-1 -n shop
`,
    });
  });

  it('examines a pair whose rollout waits for its route', async () => {
    const cluster = pair();
    cluster.put(aRollout({ status: { phase: 'pending' } }));

    expect(await cluster.run('doctor reviews-v2')).toMatchObject({
      code: 1,
      err: expect.stringContaining('one thing blocks it'),
    });
  });

  it('examines a pair whose mark is of another revision', async () => {
    const cluster = pair({ 'serin.dev/last': 'promoted three reviews-v1 one 1' });

    expect(await cluster.run('doctor reviews-v2')).toMatchObject({
      code: 1,
      err: expect.stringContaining('one thing blocks it'),
    });
  });

  it('says of a rejected, held template that only retry begins it again, after what it found', async () => {
    const cluster = clusterThatFinds(warning, ...fine);
    cluster.deploy(aChanged());
    cluster.put(aManagedRollout({ status: { phase: 'rolledBack', cause: 'gate', message: '9 of 10 failed.' } }));

    const { code, out, err } = await cluster.run('doctor checkout');

    expect(code).toBe(1);
    expect(out).toContain('warning   quota: ');
    expect(err).toBe(`
Nothing would begin: this revision of checkout was rolled back (gate) in checkout-bbbbbbbbbb-1. 9 of 10 failed.
It is not tried again by itself. To begin it again: serin retry checkout -n shop
`);
    expect(JSON.parse((await cluster.run('doctor checkout -o json')).out)).toMatchObject({
      blocked: true,
      findings: [{ id: 'already-rejected', level: 'blocking' }, warning, ...fine],
    });
  });

  it.each([403, 404])('examines all the same where rollouts cannot be read (%i)', async (status) => {
    const cluster = pair();
    cluster.silent(Object.assign(new Error('Refused.'), { status }));

    expect((await cluster.run('doctor reviews-v2')).out).toContain('route: reviews-v1 serves nothing.');
  });
});
