// A thousand transitions of twenty rollouts, told by two processes that die at any instant, while Slack fails at random.
import { describe, expect, it } from 'vitest';
import type { Landed } from './announcements-faults.ts';
import { type Aftermath, type Course, live } from './announcements-simulation.ts';

describe('1,000 transitions', () => {
  it('leave one message each and every line once while nothing fails', async () => {
    const after = await live({ seed: 10, slack: 'well', kills: false });

    expectAllTold(after);
    expectInOrder(after);
    expect([...after.landed.values()].map(({ messages }) => messages.length)).toEqual(Array(20).fill(1));
    expect(twiceIn(after)).toEqual({ messages: 0, lines: 0 });
    expect(after.counted).toBe(0);
  });

  it.each([11, 12])('stand twice only where a process died between a post and its save (seed %i)', async (seed) => {
    const after = await live({ seed, slack: 'well', kills: true });

    const { messages, lines } = twiceIn(after);
    expectAllTold(after);
    expectInOrder(after);
    expect(after.kills).toBeGreaterThan(50);
    expect(messages + lines).toBeGreaterThan(0);
    expect(messages + lines).toBeLessThanOrEqual(after.counted);
  });

  it.each<Course>([
    { seed: 13, slack: 'failing', kills: false },
    { seed: 14, slack: 'failing', kills: true },
    { seed: 15, slack: 'failing', kills: true },
    { seed: 16, slack: 'late', kills: true },
    { seed: 17, slack: 'late', kills: true },
  ])('are told to the end while Slack is $slack (seed $seed, kills: $kills)', async (course) => {
    const after = await live(course);

    const { messages, lines } = twiceIn(after);
    expectAllTold(after);
    if (course.slack === 'failing') expectInOrder(after);
    expect(after.deletions).toBeGreaterThan(10);
    expect(messages + lines).toBeGreaterThan(0);
    expect(messages + lines).toBeLessThanOrEqual(after.counted);
  });
});

/** Each last transition is shown by a message that stands, and the channel has heard of it; lines came in their order. */
function expectAllTold({ landed, last, untold }: Aftermath): void {
  expect(untold).toBe(0);
  expect([...last.values()].reduce((total, number) => total + number, 0)).toBe(1_020);
  for (const [name, number] of last) {
    const { messages, replies } = landed.get(name) ?? { messages: [], replies: [] };
    const isShown = messages.some(({ deleted, shown }) => !deleted && shown.at(-1) === number);
    const isHeard = replies.some((reply) => reply.broadcast && reply.number === number);
    expect({ name, isShown, isHeard }).toEqual({ name, isShown: true, isHeard: true });
    expect(rises([...new Set(replies.map((reply) => reply.number))]), name).toBe(true);
  }
}

/** No message ever went back to what was before. */
function expectInOrder({ landed }: Aftermath): void {
  for (const [name, { messages }] of landed) for (const { shown } of messages) expect(rises(shown), name).toBe(true);
}

/** What was posted while it stood there already. */
function twiceIn({ landed }: Aftermath): { readonly messages: number; readonly lines: number } {
  const all = [...landed.values()];
  return { messages: sum(all.map(({ doubles }) => doubles)), lines: sum(all.map(({ replies }) => repeats(replies))) };
}

function repeats(replies: Landed['replies']): number {
  return replies.length - new Set(replies.map(({ number }) => number)).size;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function rises(numbers: readonly number[]): boolean {
  return numbers.every((each, index) => index === 0 || each >= (numbers[index - 1] ?? 0));
}
