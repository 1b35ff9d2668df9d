// A process that stood still while its claim ran out: it says nothing any more, and what it may have drawn is drawn anew.
import { describe, expect, it } from 'vitest';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { claimMs } from '../../src/controller/announce-claim.ts';
import type { AnnounceParts } from '../../src/controller/announce-delivery.ts';
import { announceOne } from '../../src/controller/announce-one.ts';
import type { Announcements } from '../../src/controller/announcements.ts';
import { aPlan, aSpec, aStatus } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';

const id = { namespace: 'shop', name: 'reviews' };
const place = { channel: 'C1', ts: '1' };

/** A rollout whose message stands, and shows less than there is to show. */
async function behindScene() {
  const clock = simulatedClock();
  const rollouts = memoryRollouts({ clock });
  const said: string[] = [];
  await rollouts.create(id, aSpec({ plan: aPlan({ slackChannel: 'releases' }) }), aStatus());
  const created = await rollouts.get(id);
  if (created !== undefined)
    await rollouts.save(created, { ...created.status, phase: 'baking', slack: { ...place, shown: 'less' } });
  const told = (what: string) => async () => {
    said.push(what);
    return { kind: 'told' as const, place };
  };
  const announcements: Announcements = { post: told('post'), edit: told('edit'), reply: told('reply') };
  const counter = { spoken: () => undefined, maybeTwice: () => undefined };
  const parts: AnnounceParts = { rollouts, announcements, clock, counter, by: 'one' };
  return { clock, rollouts, said, parts };
}

describe('a process whose claim ran out while it stood still', () => {
  it('before it spoke says nothing', async () => {
    const { clock, rollouts, said, parts } = await behindScene();
    const save: typeof rollouts.save = async (rollout, status) => {
      const saved = await rollouts.save(rollout, status);
      clock.pass(claimMs);
      return saved;
    };

    const ended = await announceOne({ ...parts, rollouts: { ...rollouts, save } }, id, {});

    expect(said).toEqual([]);
    expect(ended.kind).toBe('again');
  });

  it('while it spoke leaves the message to be drawn anew by whoever speaks now', async () => {
    const { clock, rollouts, said, parts } = await behindScene();
    const other = { ...parts, by: 'two' };
    const edit: Announcements['edit'] = async (where, notice) => {
      clock.pass(claimMs);
      await announceOne(other, id, {});
      return parts.announcements.edit(where, notice);
    };

    await announceOne({ ...parts, announcements: { ...parts.announcements, edit } }, id, {});
    const left = await rollouts.get(id);
    clock.pass(claimMs);
    await announceOne(other, id, {});

    expect(left?.status.slack).toMatchObject({ ...place, claim: { by: 'two' } });
    expect(left?.status.slack?.shown).toBeUndefined();
    expect(said).toEqual(['edit', 'edit', 'edit']);
    expect((await rollouts.get(id))?.status.slack?.shown).toMatch(/^baking /);
  });
});
