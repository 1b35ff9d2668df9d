// One controller for a whole cluster: twenty good releases at once, none of them rolled back. On a stack of its own, because
// such a controller would take part in every other test's rollouts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../../tools/stack/description.ts';
import { startStack } from '../../../tools/stack/stack.ts';
import { weightsMoved } from '../../support/history.ts';
import { beginStory, type Story } from '../../support/story.ts';

const releases = 20;
const sick = { kind: 'good', errorRate: 0.01 } as const;

let stack: Stack | undefined;
const stories: Story[] = [];

beforeAll(async () => {
  stack = await startStack();
}, 120_000);

afterAll(async () => {
  await Promise.all(stories.map((story) => story.end()));
  await stack?.stop();
});

async function begin(index: number): Promise<Story> {
  if (stack === undefined) throw new Error('The stack has not started.');
  const story = await beginStory(`good-${index}`, {
    stack,
    stable: sick,
    canary: sick,
    load: { seed: 1_000 + index },
    rps: 100,
    controller: index === 0 ? { everywhere: true } : false,
  });
  stories.push(story);
  return story;
}

describe('a controller for all namespaces', () => {
  it('rolls none of twenty good releases back, though one request in a hundred fails', {
    timeout: 400_000,
  }, async () => {
    for (let index = 0; index < releases; index += 1) await begin(index);
    const [first] = stories;
    await Promise.all(stories.map((story) => story.release({ bake: '4s', 'max-bake': '5m', 'error-margin': '1%' })));

    const ends = await Promise.all(
      stories.map((story) => story.until('an end', ({ status }) => /ed$|Back$/.test(status.phase), 300_000)),
    );

    expect(ends.map(({ status }) => `${status.phase}: ${status.message}`)).toEqual(
      ends.map(() => expect.stringMatching(/^promoted: /)),
    );
    expect(ends.map((end) => String(weightsMoved(end)))).toEqual(ends.map(() => '10,25,50,100'));
    expect(first?.controller().output()).not.toContain('"level":"error"');
  });
});
