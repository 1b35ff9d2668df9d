// A person's word, and freezes, on the real parts.
import { describe, expect, it } from 'vitest';
import { storyOf } from '../support/cleanup.ts';

const plan = { steps: '50,100', bake: '2s', approval: 'every-step' };

describe('approval', () => {
  it('is given by kubectl for one step and by serin for the next, and the rollout is promoted', async (context) => {
    const story = await storyOf(context, 'approve', { rps: 200 });
    await story.release(plan);
    const first = await story.until('the first question', ({ status }) => status.phase === 'awaitingApproval', 90_000);
    const shown = await story.serin('status', 'reviews-v2');
    const request = {
      id: 'by-kubectl',
      verb: 'approve',
      step: 0,
      actor: 'kubernetes-admin',
      surface: 'kubectl',
      time: new Date().toISOString(),
    };
    const patch = JSON.stringify([{ op: 'add', path: '/spec/requests/-', value: request }]);
    await story.kubectl(['patch', 'canaryrollout', first.metadata.name, '--type=json', '-p', patch]);
    await story.until(
      'the second question',
      ({ status }) => status.phase === 'awaitingApproval' && status.step === 1,
      90_000,
    );
    await story.kubectl([
      'wait',
      'canaryrollout',
      first.metadata.name,
      '--for=condition=AwaitingApproval',
      '--timeout=10s',
    ]);
    const late = await story.serin('approve', 'reviews-v2', '--step', '1');
    const approved = await story.serin('approve', 'reviews-v2', '--reason', 'looks fine');
    const end = await story.reaches('promoted', 90_000);

    expect(shown.stdout).toContain('the step to 100% waits for approval: serin approve reviews-v2');
    expect(late.stdout).toContain('Step 1 was approved already');
    expect(late.stdout).toContain('by kubernetes-admin from kubectl');
    expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining('Step 2 is approved by') });
    expect(end.status.message).not.toBe('');
    expect(await story.weights()).toEqual([0, 100]);
    const events = await story.events();
    expect(
      events.some((event) => event.startsWith('Approved: Step 1 is approved by kubernetes-admin from kubectl')),
    ).toBe(true);
  });

  it('that nobody gives in time ends the rollout, and serin wait says so', async (context) => {
    const story = await storyOf(context, 'expire', { rps: 200 });
    await story.release({ ...plan, 'approval-timeout': '6s' });
    await story.until('the question', ({ status }) => status.phase === 'awaitingApproval', 90_000);

    const waited = await story.serin('wait', 'reviews-v2', '--timeout', '50s');
    const end = await story.reaches('rolledBack', 30_000);

    expect(end.status).toMatchObject({ cause: 'approval' });
    expect(waited.code).toBe(6);
    expect(await story.weights()).toEqual([100, 0]);
    const events = await story.events();
    expect(events.filter((event) => event.startsWith('ApprovalReminder: ')).length).toBeGreaterThan(0);
  });

  it('is not needed in a freeze: it holds the weight, refuses a promote, and an override goes on', async (context) => {
    const story = await storyOf(context, 'freeze', { rps: 200 });
    await story.release({ steps: '50,100', bake: '8s' });
    await story.until('the bake', ({ status }) => status.phase === 'baking', 90_000);
    const hourMs = 3_600_000;
    const [from, to] = [Date.now() - hourMs, Date.now() + hourMs].map((at) => new Date(at).toISOString());
    const policy = {
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'CanaryPolicy',
      metadata: { name: 'calm' },
      spec: { freeze: [{ name: 'audit', reason: 'the auditors are here', from, to }] },
    };
    await story.kubectl(['apply', '-f', '-'], JSON.stringify(policy));

    const held = await story.until('the freeze to hold it', ({ status }) => status.reason === 'Frozen', 60_000);
    const weights = await story.weights();
    const refused = await story.serin('promote', 'reviews-v2');
    const thoughtless = await story.serin('promote', 'reviews-v2', '--override-freeze');
    const overridden = await story.serin('promote', 'reviews-v2', '--override-freeze', '--reason', 'login is broken');
    await story.reaches('promoted', 90_000);

    expect(held.status).toMatchObject({ phase: 'baking', step: 0 });
    expect(held.status.message).toContain('by "audit" of CanaryPolicy');
    expect(weights).toEqual([50, 50]);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('--override-freeze --reason') });
    expect(thoughtless).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a reason') });
    expect(overridden).toMatchObject({ code: 0, stdout: expect.stringContaining('Promoted past step 1 by') });
    const events = await story.events();
    expect(events.some((event) => /^FreezeOverridden: .*: login is broken\.$/.test(event))).toBe(true);
  });
});
