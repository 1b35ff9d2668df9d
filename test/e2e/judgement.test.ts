// Every kind of harm, and of what only looks like it, once through the real Prometheus: the right end, for the right reason.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BehaviourInput } from '../../tools/mesh/control.ts';
import type { SeenRollout } from '../support/api.ts';
import { storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import type { Story } from '../support/story.ts';

const wide = { steps: '50,100', bake: '6s', 'error-margin': '2%' };
const patient = { ...wide, bake: '10m', 'max-bake': '20m' };

async function put(of: Story, version: 'v1' | 'v2', behaviour: BehaviourInput): Promise<void> {
  await of.mesh.putBehaviour(of.namespace, `reviews-${version}`, behaviour);
}

function verdictOf({ status }: SeenRollout, gate: string) {
  return status.verdicts.find((verdict) => verdict.gate === gate);
}

describe.concurrent('a canary is rolled back', () => {
  it('for two points of errors more than stable, with the numbers', async (context) => {
    const mild = await storyOf(context, 'mild', {
      rps: 300,
      stable: { kind: 'good', errorRate: 0.005 },
      canary: { kind: 'good', errorRate: 0.025 },
    });
    await mild.release({ ...patient, 'error-margin': '0.5%' });

    const end = await mild.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'gate', reason: 'ErrorRateWorse' });
    expect(end.status.message).toMatch(/\d of [\d,]+ \(/);
    expect(await mild.weights()).toEqual([100, 0]);
  });

  it('for gRPC faults that HTTP calls a success', async (context) => {
    const grpc = await storyOf(context, 'grpc', {
      rps: 200,
      load: { protocol: 'grpc' },
      canary: { kind: 'grpc-failures', rate: 0.2 },
    });
    await grpc.release(patient);

    const end = await grpc.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'gate', reason: 'ErrorRateWorse' });
    expect(end.status.message).toContain('gRPC');
  });

  it('for answers that never began, where stable answers', async (context) => {
    const cut = await storyOf(context, 'cut', { rps: 200, canary: { kind: 'reset', share: 0.2 } });
    await cut.release(patient);

    const end = await cut.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'gate', reason: 'ErrorRateWorse' });
  });

  it('for refusing requests that stable grants', async (context) => {
    const refusing = await storyOf(context, 'refusing', { rps: 200, canary: { kind: '403', rate: 0.3 } });
    await refusing.release(patient);

    const end = await refusing.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'gate', reason: 'ClientErrorsWorse' });
  });

  it('for being half as slow again, without any limit set', async (context) => {
    const slow = await storyOf(context, 'slower', { rps: 300, canary: { kind: 'slow', factor: 1.5 } });
    await slow.release(patient);

    const end = await slow.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'gate', reason: 'LatencyWorse' });
  });
});

describe.concurrent('a canary is not blamed', () => {
  it('for an incident that stable shares', async (context) => {
    const shared = await storyOf(context, 'shared', { rps: 300 });
    await shared.release({ ...wide, bake: '20s' });
    await shared.reaches('baking');
    const incident: BehaviourInput = { kind: '5xx', rate: 0.2 };
    await Promise.all([put(shared, 'v1', incident), put(shared, 'v2', incident)]);
    await shared.until('the incident to be seen', (seen) =>
      /[1-9][\d,]* of [\d,]+ \(/.test(verdictOf(seen, 'errors')?.message ?? ''),
    );

    await Promise.all([put(shared, 'v1', { kind: 'good' }), put(shared, 'v2', { kind: 'good' })]);
    const end = await shared.reaches('promoted');

    expect(weightsMoved(end)).toEqual([50, 100]);
  });

  it('for stable’s own sickness, which holds the rollout until it is over', async (context) => {
    const sick = await storyOf(context, 'sick', { rps: 300 });
    await sick.release({ ...wide, bake: '8s', 'max-error-rate': '5%' });
    await sick.reaches('baking');
    await put(sick, 'v1', { kind: '5xx', rate: 0.3 });

    const held = await sick.until('the hold', (seen) => verdictOf(seen, 'errors')?.reason === 'StableSick');
    await put(sick, 'v1', { kind: 'good' });
    const end = await sick.reaches('promoted');

    expect(held.status.phase).toBe('baking');
    expect(weightsMoved(end)).toEqual([50, 100]);
  });

  it('for failures that come in bursts, now here and now there', async (context) => {
    const bursty = await storyOf(context, 'bursts', { rps: 300 });
    const burst = async (version: 'v1' | 'v2'): Promise<void> => {
      await put(bursty, version, { kind: '5xx', rate: 0.5 });
      await pause(700);
      await put(bursty, version, { kind: 'good' });
      await pause(2_300);
    };
    for (let before = 0; before < 4; before += 1) await burst('v1');
    await bursty.release({ ...wide, bake: '25s', 'error-margin': '20%', 'max-bake': '10m' });
    await bursty.reaches('baking');

    for (let during = 0; during < 4; during += 1) {
      await burst('v2');
      await burst('v1');
    }
    const end = await bursty.reaches('promoted');

    expect(weightsMoved(end)).toEqual([50, 100]);
  });

  it('for pods that are new, whose counts begin at nothing', async (context) => {
    const grown = await storyOf(context, 'grown', { rps: 300 });
    await grown.release({ ...wide, bake: '12s', 'max-bake': '10m' });
    await grown.reaches('baking');
    await Promise.all(
      ['reviews-v1', 'reviews-v2'].map((name) => grown.kubectl(['scale', 'deployment', name, '--replicas=3'])),
    );

    const end = await grown.reaches('promoted');

    expect(weightsMoved(end)).toEqual([50, 100]);
    expect(verdictOf(end, 'errors')?.message).toMatch(/^0 of [\d,]+ \(0%\)/);
  });
});

describe.concurrent('serin', () => {
  it('explains every gate with its counts, odds and query', async (context) => {
    const told = await storyOf(context, 'explained', { rps: 200, stable: { kind: 'good', errorRate: 0.01 } });
    await told.release(patient);
    await told.until('something to be counted', (seen) => verdictOf(seen, 'errors')?.['numbers'] !== undefined);

    // A slot that Prometheus answers for late is told by itself, and the gates again with the next one.
    const explained = await eventually('an explanation of every gate', async () => {
      const said = await told.serin('explain', 'reviews-v2');
      return / to 1/.test(said.stdout) && said.stdout.includes('latency') ? said : undefined;
    });

    expect(explained.code).toBe(0);
    expect(explained.stdout).toMatch(/errors/);
    expect(explained.stdout).toContain('istio_requests_total');
  });
});
