// What a change leaves to be told, and what is dropped when too much of it waits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutboxEntry } from '../../src/domain/outbox.ts';
import { delivered, entered, mostEntries, withOutbox } from '../../src/domain/outbox.ts';
import type { Phase, RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aRollout, dawn } from '../support/builders.ts';

function left(
  before: Partial<RolloutStatus>,
  next: Partial<RolloutStatus>,
  slackChannel: string | undefined = 'releases',
) {
  const plan = aPlan(slackChannel === '' ? {} : { slackChannel });
  const rollout = aRollout({ spec: { plan }, status: before });
  return withOutbox(rollout, { ...rollout.status, ...next }, dawn).outbox ?? [];
}

describe('a change', () => {
  it.each<[Phase, OutboxEntry['to']]>([
    ['preparing', 'nobody'],
    ['shifting', 'thread'],
    ['baking', 'nobody'],
    ['awaitingApproval', 'channel'],
    ['promoting', 'thread'],
    ['finalizing', 'nobody'],
    ['held', 'channel'],
    ['rollingBack', 'thread'],
    ['promoted', 'channel'],
    ['rolledBack', 'channel'],
  ])('to %s is for: %s', (phase, to) => {
    expect(left({}, { phase, message: 'Now.' })).toEqual([
      { key: `${phase}.0.${dawn}`, time: dawn, to, message: 'Now.' },
    ]);
  });

  it('is told in so many words as there is room for, and none is cut in two', () => {
    const [entry] = left({}, { phase: 'promoted', message: 'canaries sing '.repeat(40) });

    expect(entry?.message).toMatch(/^(canaries sing )+(canaries|canaries sing)…$/);
    expect(entry?.message.length).toBeGreaterThan(380);
  });

  it('that stops the rollout is for the channel, and its end for the thread', () => {
    const stalled = { reason: 'RouteGone', message: 'The route is gone.' };

    expect(left({}, { stalled })).toMatchObject([{ to: 'channel', message: 'The route is gone.' }]);
    expect(left({ stalled }, { message: 'Goes on.' })).toEqual([]);
    const rollout = aRollout({ spec: { plan: aPlan({ slackChannel: 'a' }) }, status: { stalled } });
    const { stalled: _, ...rest } = rollout.status;
    expect(withOutbox(rollout, rest, dawn).outbox).toMatchObject([{ to: 'thread' }]);
  });

  it('by a person who pauses or resumes is for the thread', () => {
    expect(left({ phase: 'baking' }, { pausedBy: 'ada', message: 'Paused by ada.' })).toMatchObject([
      { key: `paused.${dawn}`, to: 'thread', message: 'Paused by ada.' },
    ]);
  });

  it('that asks for approval before the start, and the reminder, are for the channel', () => {
    const approval = { of: 'start', step: 0, askedAt: dawn } as const;

    expect(left({}, { approval, message: 'Waits.' })).toMatchObject([{ to: 'channel', message: 'Waits.' }]);
    expect(left({ approval }, { approval: { ...approval, remindedAt: dawn + 1 }, message: 'Waits.' })).toMatchObject([
      { to: 'channel', message: 'Still waiting for approval. Waits.' },
    ]);
  });

  it('of evidence alone, or of a rollout without a channel, is for nobody and leaves nothing', () => {
    expect(left({ phase: 'baking' }, { message: 'Other words.' })).toEqual([]);
    expect(left({}, { phase: 'promoted' }, '')).toEqual([]);
  });
});

describe('an outbox', () => {
  const entry = fc.record({
    key: fc.integer({ min: 0, max: 60 }).map(String),
    time: fc.constant(dawn),
    to: fc.constantFrom('nobody', 'thread', 'channel'),
    message: fc.string(),
  }) satisfies fc.Arbitrary<OutboxEntry>;

  it('stays within its bound, keeps the last and the order, and prefers what is for the channel', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const outbox = entries.reduce<readonly OutboxEntry[]>((before, next) => entered(before, next), []);

        expect(outbox.length).toBeLessThanOrEqual(mostEntries);
        expect(new Set(outbox.map(({ key }) => key)).size).toBe(outbox.length);
        const firsts = entries.filter((each, at) => entries.findIndex(({ key }) => key === each.key) === at);
        const places = outbox.map(({ key }) => firsts.findIndex((each) => each.key === key));
        const loud = firsts.filter(({ to }) => to === 'channel');
        if (loud.length < mostEntries)
          for (const { key } of loud) expect(outbox.map((each) => each.key)).toContain(key);
        expect(places.length).toBe(outbox.length);
      }),
    );
  });

  it('is emptied of what was told alone', () => {
    const [a, b] = ['a', 'b'].map((key) => ({ key, time: dawn, to: 'thread' as const, message: key }));

    expect(
      delivered(
        [a, b].flatMap((each) => each ?? []),
        new Set(['a', 'c']),
      ),
    ).toEqual([b]);
  });
});
