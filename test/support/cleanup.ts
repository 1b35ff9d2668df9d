// Things a test begins and owes an end, whatever happens.
import type { TestContext } from 'vitest';
import { beginStory, type Story, type StoryOptions } from './story.ts';

/** The part of a test's context that is told what to end; tests that run side by side each have their own. */
export type Cleanup = Pick<TestContext, 'onTestFinished'>;

/** Begins a story that ends with the test. */
export async function storyOf(context: Cleanup, name: string, options: StoryOptions = {}): Promise<Story> {
  const begun = await beginStory(name, options);
  context.onTestFinished(() => begun.end());
  return begun;
}
