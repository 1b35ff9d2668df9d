// What the demo shows of Slack: the very blocks that Serin posts, as text.
import { describe, expect, it } from 'vitest';
import { drawNotice } from '../../src/adapters/slack/render.ts';
import { widthOf } from '../../src/cli/width.ts';
import { noticeOf } from '../../src/domain/announcement.ts';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { boxOf, buttonsOf, gistOf, standingOf } from '../../tools/demo/slack-box.ts';
import { aRollout } from '../support/builders.ts';

function posted(status: Partial<RolloutStatus>, edits = 0) {
  const { blocks } = drawNotice(noticeOf(aRollout({ status }), 'demo'));
  return { channel: 'releases', blocks, texts: Array.from({ length: edits + 1 }, () => '') };
}

const asking = {
  phase: 'awaitingApproval',
  step: 3,
  weight: { intended: 100, observed: 100 },
  message: `Step 4 of 4 has passed, and the promotion waits for approval. ${'It waits <for ever> & a day. '.repeat(5)}`,
} as const;

describe('a message of Slack as text', () => {
  it('is a box with the sentence and the buttons, every line as wide as the others', () => {
    const box = boxOf(posted(asking, 3));

    expect(new Set(box.map(widthOf))).toEqual(new Set([98]));
    expect(box[0]).toMatch(/^╭─ #releases · serin ─+ edited 3 times ─╮$/);
    expect(box).toContainEqual(
      expect.stringMatching(/^│ ✋ Needs you {2}Waiting for approval, step 4\/4, 100% of traffic +│$/),
    );
    expect(box.join('\n')).toContain('It waits <for ever> & a day.');
    expect(box.at(-2)).toMatch(/^│ \[ Approve \] {2}\[ Pause \] {2}\[ Abort \] {2}\[ Details \] +│$/);
  });

  it('gives its buttons as they are pressed', () => {
    expect(buttonsOf(posted(asking)).get('approve')).toMatchObject({
      action_id: 'serin:approve',
      confirm: { confirm: { text: 'Approve' } },
    });
    expect([...buttonsOf(posted({ phase: 'promoted' })).keys()]).toEqual(['details']);
  });

  it('is another in the main where it stands otherwise, and not where a number in its sentence moved', () => {
    const [one, other, next] = [
      posted({ phase: 'baking', message: '1 of 10.' }),
      posted({ phase: 'baking', message: '2 of 20.' }),
      posted(asking),
    ] as const;

    expect(gistOf(one)).toBe(gistOf(other));
    expect(gistOf(one)).not.toBe(gistOf(next));
    expect(standingOf(other)).toMatch(/^⏳ Running {2}Baking, .*\. 2 of 20\.$/);
  });
});
