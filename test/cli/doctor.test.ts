import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/controller/ports.ts';
import { testCluster } from './support/command.ts';

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
    ['doctor cro/checkout-abc-1', 'A Deployment is examined, not a rollout.'],
    ['doctor checkout --account=serin', 'Expected an account such as "serin-system/serin".'],
    ['doctor checkout --prometheus-url=prom', 'Expected an address'],
  ])('refuses `%s` as wrong usage', async (line, words) => {
    const { code, err } = await clusterThatFinds().run(line);

    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});
