// Custom gates through the real API server, controller and Prometheus: pinned from a policy, asked, judged.

import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { SeenRollout } from '../support/api.ts';
import { storyOf } from '../support/cleanup.ts';
import type { Story } from '../support/story.ts';

const requests = (who: string): string =>
  `sum(rate(istio_requests_total{reporter="source",destination_workload="{{${who}}}",destination_workload_namespace="{{namespace}}"}[{{window}}]))`;

const share = {
  name: 'share',
  query: `${requests('canary')} / (${requests('canary')} + ${requests('stable')}) - {{weight}} / 100`,
  max: 0.2,
  min: -0.2,
  window: '10s',
};

async function withGates(of: Story, gates: readonly unknown[]): Promise<void> {
  const policy = { apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryPolicy', metadata: { name: 'own' }, spec: { gates } };
  await of.kubectl(['apply', '-f', '-'], stringify(policy));
}

function verdictOf({ status }: SeenRollout, gate: string) {
  return status.verdicts.find((verdict) => verdict.gate === gate);
}

const plan = { policy: 'own', steps: '50,100', bake: '6s', 'error-margin': '5%' };

describe.concurrent('a custom gate', () => {
  it('rolls back after two bad looks in a row, while one in shadow is only shown', async (context) => {
    const busy = await storyOf(context, 'gate-fails', { rps: 100 });
    const rate = { name: 'requests', query: requests('canary'), max: 1, window: '10s' };
    await withGates(busy, [rate, { ...rate, name: 'watched', failures: 1, shadow: true }]);
    await busy.release({ ...plan, bake: '10m', 'max-bake': '20m' });

    const end = await busy.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'gate', reason: 'OutsideLimit' });
    expect(end.status.message).toMatch(/^requests is [\d.]+, above its limit of 1, in 2 looks in a row\.$/);
    expect(verdictOf(end, 'custom/watched')).toMatchObject({ verdict: 'fail' });
    expect(await busy.weights()).toEqual([100, 0]);
  });

  it('lets a good release through, by its limit and by a comparison at every weight', async (context) => {
    const good = await storyOf(context, 'gate-passes', { rps: 200 });
    const compare = {
      canary: `${requests('canary')} / ${requests('canary')}`,
      stable: `${requests('stable')} / ${requests('stable')} # NaN without traffic`,
      maxRatio: 1.5,
    };
    await withGates(good, [share, { name: 'same', compare, window: '10s' }]);
    await good.release(plan);

    const last = await good.until(
      'the comparison at 100%',
      (seen) =>
        seen.status.step === 1 && (verdictOf(seen, 'custom/same')?.message ?? '').includes('before all traffic'),
      240_000,
    );
    await good.reaches('promoted');

    expect(verdictOf(last, 'custom/same')).toMatchObject({ verdict: 'pass' });
  });

  it('that Prometheus refuses holds the rollout with its words, and the doctor says so before another try', async (context) => {
    const wrong = await storyOf(context, 'gate-refused', { rps: 100 });
    await withGates(wrong, [{ name: 'broken', query: 'rate(istio_requests_total)', max: 1 }]);
    await wrong.release(plan);

    const held = await wrong.until('the refusal', (seen) => verdictOf(seen, 'custom/broken')?.verdict === 'sourceDown');
    await wrong.serin('abort', 'reviews-v2');
    await wrong.reaches('rolledBack');
    const source = ['--prometheus-url', wrong.stack.prometheus.url];
    const examined = await wrong.serin('doctor', 'reviews-v2', ...source);

    expect(held.status.phase).toBe('baking');
    expect(verdictOf(held, 'custom/broken')?.message).toContain('expected type range vector');
    expect(examined).toMatchObject({ code: 1, stdout: expect.stringContaining('custom-gates') });
    expect(examined.stdout).toContain('Prometheus refuses broken');
  });
});
