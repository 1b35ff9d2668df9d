// A person's word, and freezes, on the real parts.
import { describe, expect, it } from 'vitest';
import { storyOf } from '../support/cleanup.ts';
import { kubectlRequest } from '../support/people.ts';
import type { Story } from '../support/story.ts';

/** A window of the story's namespace that has begun and lasts for an hour. */
async function freeze(story: Story): Promise<void> {
  const hourMs = 3_600_000;
  const [from, to] = [Date.now() - hourMs, Date.now() + hourMs].map((at) => new Date(at).toISOString());
  const policy = {
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryPolicy',
    metadata: { name: 'calm' },
    spec: { freeze: [{ name: 'audit', reason: 'the auditors are here', from, to }] },
  };
  await story.kubectl(['apply', '-f', '-'], JSON.stringify(policy));
}

const plan = { steps: '50,100', bake: '2s', approval: 'every-step' };
/** Asked for once, when all weights have been passed. */
const lastOnly = { approval: 'before-promotion' };

describe.concurrent('approval', () => {
  it('is given by kubectl for one step and by serin for the next, and the rollout is promoted', async (context) => {
    const story = await storyOf(context, 'approve', { rps: 200 });
    await story.release(plan);
    const first = await story.until('the first question', ({ status }) => status.phase === 'awaitingApproval');
    const shown = await story.serin('status', 'reviews-v2');
    const request = kubectlRequest({ id: 'by-kubectl', verb: 'approve', step: 0, actor: 'kubernetes-admin' });
    await story.kubectl(['patch', 'canaryrollout', first.metadata.name, ...request]);
    await story.until('the second question', ({ status }) => status.phase === 'awaitingApproval' && status.step === 1);
    await story.kubectl([
      'wait',
      'canaryrollout',
      first.metadata.name,
      '--for=condition=AwaitingApproval',
      '--timeout=60s',
    ]);
    const late = await story.serin('approve', 'reviews-v2', '--step', '1');
    const approved = await story.serin('approve', 'reviews-v2', '--reason', 'looks fine');
    const end = await story.reaches('promoted');

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
    await story.release({ ...plan, 'approval-timeout': '15s' });
    await story.until('the question', ({ status }) => status.phase === 'awaitingApproval');

    const waited = await story.serin('wait', 'reviews-v2', '--timeout', '50s');
    const end = await story.reaches('rolledBack');

    expect(end.status).toMatchObject({ cause: 'approval' });
    expect(waited.code).toBe(6);
    expect(await story.weights()).toEqual([100, 0]);
    const events = await story.events();
    expect(events.filter((event) => event.startsWith('ApprovalReminder: ')).length).toBeGreaterThan(0);
  });

  it('is not needed in a freeze: it holds the weight, refuses a promote, and an override goes on', async (context) => {
    const story = await storyOf(context, 'freeze', { rps: 200 });
    await story.release({ steps: '50,100', bake: '8s' });
    await story.until('the bake', ({ status }) => status.phase === 'baking');
    await freeze(story);

    const held = await story.until('the freeze to hold it', ({ status }) => status.reason === 'Frozen');
    const weights = await story.weights();
    const refused = await story.serin('promote', 'reviews-v2');
    const thoughtless = await story.serin('promote', 'reviews-v2', '--override-freeze');
    const overridden = await story.serin('promote', 'reviews-v2', '--override-freeze', '--reason', 'login is broken');
    const end = await story.reaches('promoted');

    expect(held.status).toMatchObject({ phase: 'baking', step: 0 });
    expect(held.status.message).toContain('by "audit" of CanaryPolicy');
    expect(weights).toEqual([50, 50]);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('--override-freeze --reason') });
    expect(thoughtless).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a reason') });
    expect(overridden).toMatchObject({ code: 0, stdout: expect.stringContaining('Promoted past step 1 by') });
    const events = await story.events();
    expect(events.some((event) => /^FreezeOverridden: .*: login is broken\.$/.test(event))).toBe(true);
    expect(end.status['freezeOverride']).toMatchObject({ by: 'admin', surface: 'serin', reason: 'login is broken' });
  });

  it('or not: what a freeze holds is rolled back all the same when it turns bad', async (context) => {
    const story = await storyOf(context, 'freeze-bad', { rps: 200 });
    await story.release({ steps: '50,100', bake: '10s' });
    await story.until('the bake', ({ status }) => status.phase === 'baking');
    await freeze(story);
    await story.until('the freeze to hold it', ({ status }) => status.reason === 'Frozen');

    await story.mesh.putBehaviour(story.namespace, 'reviews-v2', { kind: '5xx', rate: 0.5 });
    const end = await story.reaches('rolledBack');

    expect(end.status.cause).toBe('gate');
    expect(await story.weights()).toEqual([100, 0]);
  });

  it('that nobody gives in time is done without where the plan says advance', async (context) => {
    const story = await storyOf(context, 'expire-on', { rps: 200 });
    await story.release({ ...plan, ...lastOnly, 'approval-timeout': '15s', 'on-approval-timeout': 'advance' });

    const end = await story.reaches('promoted');

    expect(end.status.history.map(({ phase }) => phase)).toContain('awaitingApproval');
    expect(end.status.history.map(({ message }) => message).join(' ')).toMatch(/without an approval|nobody/i);
  });

  it('that nobody gives in time is waited for where the plan says hold, and still counts', async (context) => {
    const story = await storyOf(context, 'expire-hold', { rps: 200 });
    await story.release({ ...plan, ...lastOnly, 'approval-timeout': '15s', 'on-approval-timeout': 'hold' });
    const stalled = await story.until('the alarm', ({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Stalled' && is === 'True'),
    );

    const approved = await story.serin('approve', 'reviews-v2');
    await story.reaches('promoted');

    expect(stalled.status.phase).toBe('awaitingApproval');
    expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining('Step 2 is approved by admin') });
  });

  it('is not taken from who made the change, nor a promote in its place', async (context) => {
    const story = await storyOf(context, 'author', { rps: 200 });
    await story.release({ ...plan, ...lastOnly, 'approval-by-author': 'refused', author: 'admin' });
    const asked = await story.until('the question', ({ status }) => status.phase === 'awaitingApproval');

    const own = await story.serin('approve', 'reviews-v2');
    const promote = await story.serin('promote', 'reviews-v2');
    await story.kubectl([
      'patch',
      'canaryrollout',
      asked.metadata.name,
      ...kubectlRequest({ id: 'by-carol', actor: 'carol', verb: 'approve', step: 1 }),
    ]);
    await story.reaches('promoted');

    for (const refused of [own, promote])
      expect(refused).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(
          'admin made this change (serin.dev/author), and approval-by-author is refused.',
        ),
      });
  });
});
