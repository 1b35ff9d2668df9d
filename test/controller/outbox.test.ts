// What a whole rollout leaves to be told, in the very writes that move it.
import { describe, expect, it } from 'vitest';
import type { OutboxEntry } from '../../src/domain/outbox.ts';
import { isFinal } from '../../src/domain/rollout.ts';
import { runUntil } from '../support/run.ts';
import { memoryWorld, type WorldOptions } from '../support/world.ts';

async function told(options: WorldOptions, announcing = true): Promise<readonly OutboxEntry[]> {
  const plain = memoryWorld(options);
  const scene = { ...plain, world: { ...plain.world, announcing } };
  const { status } = await runUntil(scene, (rollout) => isFinal(rollout.status.phase));
  return status.outbox ?? [];
}

describe('a rollout with a channel', () => {
  it('leaves every step to the thread and its end to the channel', async () => {
    const outbox = await told({ settings: { 'slack-channel': '#releases', steps: '50,100' } });

    expect(outbox.map(({ to, key }) => [to, key.replace(/\.\d+$/, '')])).toEqual([
      ['thread', 'shifting.0'],
      ['thread', 'shifting.1'],
      ['thread', 'promoting.1'],
      ['channel', 'promoted.1'],
    ]);
    expect(new Set(outbox.map(({ key }) => key)).size).toBe(outbox.length);
  });

  it('leaves nothing where nobody delivers it', async () => {
    expect(await told({ settings: { 'slack-channel': 'releases' } }, false)).toEqual([]);
  });
});

describe('a rollout without a channel', () => {
  it('leaves nothing', async () => {
    expect(await told({})).toEqual([]);
  });
});

describe('a rollout with a webhook', () => {
  it('leaves a letter for every phase and step, numbered without a gap', async () => {
    const settings = { webhook: 'https://hooks.example.com', steps: '50,100' };
    const plain = memoryWorld({ settings });
    const scene = { ...plain, world: { ...plain.world, mailing: ['webhook', 'github'] as const } };

    const { status } = await runUntil(scene, (rollout) => isFinal(rollout.status.phase));

    const events = ['preparing', 'shifting', 'baking', 'shifting', 'baking', 'promoting', 'finalizing', 'promoted'];
    expect(status.mail?.letters.map(({ event }) => event)).toEqual(events);
    expect(status.mail?.letters.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
    expect(status.mail).toMatchObject({ next: events.length + 1, webhook: { told: 0 } });
    expect(status.mail).not.toHaveProperty('github');
    expect(status.mail?.letters.at(-1)).toMatchObject({ phase: 'promoted', message: status.message });
  });
});
