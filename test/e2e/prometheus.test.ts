// When the metrics fail: nothing moves on what is not known, nothing is rolled back for it, and all goes on when they are back.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SeenRollout } from '../support/api.ts';
import { storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { meshPrometheus } from '../support/mesh-prometheus.ts';
import type { Story } from '../support/story.ts';
import { podsOf } from '../support/workloads.ts';

function verdictOf({ status }: SeenRollout, gate: string): string | undefined {
  return status.verdicts.find((verdict) => verdict.gate === gate)?.verdict;
}

function requestsTold({ status }: SeenRollout): number {
  const told = status.verdicts.find(({ gate }) => gate === 'traffic')?.message ?? '';
  return Number(/of ([\d,]+) requests/.exec(told)?.[1]?.replaceAll(',', '') ?? 0);
}

/** The canary's pods in the mesh's eyes begin anew, counters and all. */
async function restartPods(of: Story, version: string): Promise<void> {
  const pods = (await podsOf(of.stack, of.namespace, 'reviews')).filter(({ metadata }) =>
    metadata.name.startsWith(`reviews-${version}-`),
  );
  expect(pods.length).toBeGreaterThan(0);
  for (const { metadata } of pods) await of.mesh.restartPod(of.namespace, metadata.name);
}

describe.concurrent('a bake', () => {
  it('during which Prometheus stops does not move, past its longest time, and goes on when it is back', async (context) => {
    const prometheus = await meshPrometheus(context);
    const blind = await storyOf(context, 'blind', { controller: { prometheusUrl: prometheus.url } });
    const maxBakeMs = 12_000;
    await blind.release({ steps: '50,100', bake: '6s', 'max-bake': '12s', 'on-undecided': 'advance' });
    const baking = await blind.reaches('baking');

    await prometheus.stop();
    const down = await blind.until('the source to be down', (seen) => verdictOf(seen, 'errors') === 'sourceDown');
    await pause(maxBakeMs + 3_000);
    const still = await blind.rollout();
    await prometheus.start();
    const end = await blind.reaches('promoted');

    expect(baking.status.step).toBe(0);
    expect(down.status.message).toContain('Prometheus');
    expect(still?.status).toMatchObject({ phase: 'baking', step: 0, reason: down.status.reason });
    expect(still?.status.conditions.find(({ type }) => type === 'Stalled')?.status).toBe('True');
    expect(weightsMoved(end)).toEqual([50, 100]);
  });

  it('does not start before Prometheus can be read', async (context) => {
    const prometheus = await meshPrometheus(context);
    const early = await storyOf(context, 'early', { controller: { prometheusUrl: prometheus.url } });
    await prometheus.stop();
    await early.release({ steps: '50,100' });

    const held = await early.until('the reason to wait', ({ status }) => status.reason === 'SourceUnreachable');
    await prometheus.start();
    const end = await early.reaches('promoted');

    expect(held.status.phase).toBe('pending');
    expect(weightsMoved(end)).toEqual([50, 100]);
  });

  it('in a gap of the scrapes has no data, and does not count a lifetime of requests after it', async (context) => {
    const gap = await storyOf(context, 'gap', { rps: 50 });
    await gap.release({ steps: '50,100', bake: '30s', 'max-bake': '10m' });
    await gap.until('requests to be counted', (seen) => verdictOf(seen, 'errors') === 'pass');

    await gap.mesh.setScrape({ mode: 'gap', namespace: gap.namespace });
    const without = await gap.until('no data', (seen) => verdictOf(seen, 'errors') === 'noData');
    await gap.mesh.setScrape({ mode: 'normal', namespace: gap.namespace });
    const again = await gap.until('a verdict again', (seen) => verdictOf(seen, 'errors') === 'pass');
    const end = await gap.reaches('promoted');

    const [since] = again.status.history.filter(({ phase }) => phase === 'baking');
    const sentInBake = 50 * ((Date.now() - Date.parse(since?.time ?? '')) / 1_000);
    expect(without.status.step).toBe(0);
    expect(requestsTold(again)).toBeLessThan(sentInBake * 1.2);
    expect(weightsMoved(end)).toEqual([50, 100]);
  });

  it('during which the counters of both versions begin anew rolls nothing back', async (context) => {
    const reset = await storyOf(context, 'reset', {
      stable: { kind: 'good', errorRate: 0.01 },
      canary: { kind: 'good', errorRate: 0.01 },
      rps: 200,
    });
    await reset.release({ steps: '50,100', bake: '12s', 'error-margin': '2%' });
    await reset.reaches('baking');

    for (const version of ['v2', 'v1', 'v2']) {
      await restartPods(reset, version);
      await pause(2_500);
    }
    const end = await reset.reaches('promoted');

    expect(weightsMoved(end)).toEqual([50, 100]);
    expect(end.status.history.map(({ phase }) => phase)).not.toContain('rollingBack');
  });

  it('whose Prometheus hangs says so instead of waiting for ever', async (context) => {
    const prometheus = await meshPrometheus(context);
    const hung = await storyOf(context, 'hung', { controller: { prometheusUrl: prometheus.url } });
    await hung.release({ steps: '50,100', bake: '5s' });
    await hung.reaches('baking');

    prometheus.pause();
    await hung.until('the source to be down', (seen) => verdictOf(seen, 'errors') === 'sourceDown');
    const aborted = await hung.serin('abort', 'reviews-v2');
    const end = await hung.reaches('rolledBack');
    prometheus.resume();

    expect(aborted.code).toBe(0);
    expect(end.status.cause).toBe('person');
    await eventually('stable alone', async () => String(await hung.weights()) === '100,0');
  });
});
