import { describe, expect, it } from 'vitest';
import { aboutDuration, forecastLines } from '../../src/cli/render/plan-forecast.ts';
import { defaultPlan, type Plan } from '../../src/domain/plan.ts';
import { aRow } from '../domain/gates/readings.ts';
import { aWorkload, dawn } from '../support/builders.ts';
import { testCluster } from './support/command.ts';

const holding: Plan = { ...defaultPlan, onUndecided: 'hold' };

/** The text of a forecast for the default plan, unless said otherwise. */
function forecast(perSecond: number, errorRate: number, plan = defaultPlan): string {
  return forecastLines(plan, { perSecond, errorRate }).join('\n');
}

describe('the forecast of a plan', () => {
  it('says what each step takes and sees, and what the whole comes to', () => {
    expect(forecast(100, 0.005)).toBe(`\
Forecast   at 100 requests a second, of which about 0.5% fail, by the error gate and on average
  WEIGHT   MARGIN   A GOOD RELEASE PASSES             TWICE THE ERRORS SEEN   +1 POINT SEEN
  10%      2%       after 2m, 231 canary requests     after 9m30s             after 3m15s
  25%      1%       after 2m, 653 canary requests     after 4m30s             after 1m30s
  50%      0.5%     after 2m, 2,430 canary requests   after 3m30s             after 1m15s
  100%     0.5%     after 2m, 618 canary requests     not                     after 45h30m
  A release that is as good as stable is judged for about 8m in all; settling, and the way back of a managed Deployment, come on top.
  At 100 requests a second this plan can see a doubling of the error rate (to 1%) after about 5m15s.
  At 100 requests a second this plan can see one percentage point more errors after about 2m30s.`);
  });

  it('says of thin traffic what will not be decided, and what would help', () => {
    const text = forecast(3, 0.005, holding);

    expect(text).toContain(
      'At 3.0 requests a second the steps 10%, 25%, 50% are not decided within 12m; they take up to about 27m, so that the release is held there, and a person asked. ',
    );
    expect(text).toMatch(
      /Widen the margin \(serin\.dev\/error-margin=1% would do\), lengthen the steps \(serin\.dev\/max-bake=30m\), or send probes \(\d\.\d requests a second more\)\./,
    );
    expect(text).toMatch(/can see one percentage point more errors after about 1h\d+m, if it is held so long\./);
    expect(text).not.toContain('is promoted after');
  });

  it('says of thin traffic when the steps are left by the wider margin, and what is seen by then', () => {
    const text = forecast(3, 0.005);

    expect(text).toContain(
      'are not decided within 12m; they take up to about 27m. By on-undecided (advance) they are left after up to about 12m, when only harm beyond five times the margin is excluded (10, 5, 2.5 points more errors). Widen',
    );
    expect(text).toContain(
      '  A release that is as good as stable is judged for about 40m in all; settling, and the way back of a managed Deployment, come on top.\n',
    );
    expect(text).toContain('is through before it would see one percentage point more errors.');
    expect(text).toMatch(/this plan can see five percentage points more errors after about 8m\.$/);
    expect(forecast(100, 0.005)).not.toContain('five');
  });

  it('says of the thinnest traffic that even the wider margin takes longer than max-bake', () => {
    const text = forecast(0.2, 0.005);

    expect(text).toContain('the steps 10%, 25%, 50%, 100% are not decided within 12m');
    expect(text).toMatch(/they are left after up to about 49m, when only harm/);
  });

  it('says in the plan’s own terms what becomes of an undecided release', () => {
    expect(forecast(3, 0.005, { ...defaultPlan, onUndecided: 'rollback' })).toContain(
      'a good release is rolled back there',
    );
    expect(forecast(3, 0.005, holding)).toContain('the release is held there, and a person asked');
    expect(forecast(3, 0.005, { ...defaultPlan, onUndecided: 'advance' })).toContain(
      'they are left after up to about 12m, when only harm beyond five times the margin is excluded',
    );
  });

  it('owns what is too small to be looked for, and what comes too late', () => {
    expect(forecast(1_000, 0.0001)).toContain(
      'Even a doubling of the error rate (to 0.02%) is not looked for: it is less than what is tolerated, 0.02 percentage points.',
    );
    expect(forecast(10, 0.005)).toContain('is through before it would see a doubling of the error rate (to 1%).');
  });

  it('promises nothing without traffic, and nothing of a plan that judges nothing', () => {
    expect(forecast(0, 0.005)).toContain(
      'there is no traffic at present, and without any no step is decided: the release is held, and a person asked.',
    );
    expect(forecast(10, 0.005, { ...defaultPlan, analysis: 'off' })).toBe('');
  });

  it('is as precise as it can be', () => {
    const texts = [61_000, 11 * 60_000 + 1, 4 * 3_600_000 + 1, 3 * 86_400_000].map(aboutDuration);

    expect(texts).toEqual(['1m15s', '12m', '4h10m', '3 days']);
  });
});

describe('serin plan of a pair with a metrics source', () => {
  it('tells the traffic of stable and the forecast', async () => {
    const cluster = testCluster();
    cluster.deploy(aWorkload({ name: 'reviews-v1', annotations: {} }));
    cluster.deploy(aWorkload({ name: 'reviews-v2', annotations: { 'serin.dev/canary-of': 'reviews-v1' } }));
    const row = aRow({ workload: 'reviews-v1', count: 5_985 });
    const failed = aRow({ workload: 'reviews-v1', code: '503', count: 15 });
    const slot = { start: dawn - 90_000, end: dawn - 30_000 };
    const queries = { requests: 'sum()' };
    cluster.managed.reading = { kind: 'data', slot, requests: [row, failed], latency: [], unreadable: [], queries };

    const { code, out } = await cluster.run('plan reviews-v2 --prometheus-url http://prometheus:9090');

    expect(code).toBe(0);
    expect(out).toContain(
      'Traffic    100 requests a second over the last minute\nForecast   at 100 requests a second, of which about 0.25% fail',
    );
  });

  it('says why the traffic is not known, and nothing of it unasked', async () => {
    const cluster = testCluster();
    cluster.deploy(aWorkload({ name: 'reviews-v1', annotations: {} }));
    cluster.deploy(aWorkload({ name: 'reviews-v2', annotations: { 'serin.dev/canary-of': 'reviews-v1' } }));

    expect((await cluster.run('plan reviews-v2 --prometheus-url http://prometheus:9090')).out).toContain(
      'Traffic    not known: Nobody answers.',
    );
    expect((await cluster.run('plan reviews-v2')).out).not.toContain('Traffic');
  });
});
