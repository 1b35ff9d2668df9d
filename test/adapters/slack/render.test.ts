// How a rollout's message is drawn: phase by phase, within Slack's limits whatever the texts are.
import type { types } from '@slack/bolt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPress } from '../../../src/adapters/slack/press.ts';
import { drawNotice } from '../../../src/adapters/slack/render.ts';
import { clipped, fitted } from '../../../src/adapters/slack/text.ts';
import { noticeOf } from '../../../src/domain/announcement.ts';
import { phases, type RolloutSpec, type RolloutStatus } from '../../../src/domain/rollout.ts';
import { aRequest, aRollout, aVerdict, dawn } from '../../support/builders.ts';

function drawn(status: Partial<RolloutStatus>, spec: Partial<RolloutSpec> = {}) {
  return drawNotice(noticeOf(aRollout({ status, spec }), 'prod-eu'));
}

/** The message as people read it: one line for each text, buttons in brackets. */
function readable({ blocks }: { readonly blocks: types.KnownBlock[] }): readonly string[] {
  return blocks.flatMap((block) => {
    if (block.type === 'header') return [block.text.text];
    if (block.type === 'section') return (block.text?.text ?? '').split('\n');
    if (block.type === 'context')
      return block.elements.map((element) => ('text' in element ? String(element.text) : ''));
    return block.type === 'actions'
      ? [
          buttonsOf(block)
            .map(({ text, style }) => `[${text.text}${style === undefined ? '' : `: ${style}`}]`)
            .join(' '),
        ]
      : [];
  });
}

function buttonsOf(block: types.ActionsBlock): readonly types.Button[] {
  return block.elements.flatMap((element) => (element.type === 'button' ? [element] : []));
}

describe('the message of a rollout', () => {
  it('while it bakes', () => {
    const verdicts = [
      aVerdict('undecided', {
        message: 'Error rate 1.9% against 0.4% of stable <limit +0.5 points> & 310 of 1,000 requests.',
      }),
    ];

    expect(
      readable(drawn({ phase: 'baking', step: 1, weight: { intended: 25, observed: 25 }, verdicts })),
    ).toMatchInlineSnapshot(`
      [
        "reviews-v2 · prod-eu/shop",
        "reviews:1 → reviews:2",
        ":hourglass_flowing_sand: *Running*  Baking, step 2/4, 25% of traffic",
        "Error rate 1.9% against 0.4% of stable &lt;limit +0.5 points&gt; &amp; 310 of 1,000 requests.",
        "[Promote: primary] [Pause] [Abort: danger] [Details]",
      ]
    `);
  });

  it('while it is paused', () => {
    expect(
      readable(drawn({ phase: 'baking', pausedBy: 'ada', weight: { intended: 10, observed: 10 } })),
    ).toMatchInlineSnapshot(`
      [
        "reviews-v2 · prod-eu/shop",
        "reviews:1 → reviews:2",
        ":double_vertical_bar: *Paused*  Baking (paused), step 1/4, 10% of traffic",
        "Looking whether anything stands in the way.",
        "[Resume] [Abort: danger] [Details]",
      ]
    `);
  });

  it('while it waits for approval', () => {
    const status = { phase: 'awaitingApproval', step: 3, weight: { intended: 100, observed: 100 } } as const;

    expect(readable(drawn({ ...status, message: 'Waiting for approval to promote.' }))).toMatchInlineSnapshot(`
      [
        "reviews-v2 · prod-eu/shop",
        "reviews:1 → reviews:2",
        ":raising_hand: *Needs you*  Waiting for approval, step 4/4, 100% of traffic",
        "Waiting for approval to promote.",
        "[Approve: primary] [Pause] [Abort: danger] [Details]",
      ]
    `);
  });

  it('has the buttons of its phase', () => {
    const lines = phases.map((phase) =>
      readable(drawn({ phase, message: '-' })).filter((_line, at) => at === 2 || at > 3),
    );

    expect(lines.map((line) => line.join(' '))).toMatchInlineSnapshot(`
      [
        ":hourglass_flowing_sand: *Running*  Waiting to start, step 1/4, 0% of traffic [Pause] [Abort: danger] [Details]",
        ":hourglass_flowing_sand: *Running*  Preparing, step 1/4, 0% of traffic [Pause] [Abort: danger] [Details]",
        ":hourglass_flowing_sand: *Running*  Shifting traffic, step 1/4, 0% of traffic [Pause] [Abort: danger] [Details]",
        ":hourglass_flowing_sand: *Running*  Baking, step 1/4, 0% of traffic [Promote: primary] [Pause] [Abort: danger] [Details]",
        ":raising_hand: *Needs you*  Waiting for approval, step 1/4, 0% of traffic [Approve: primary] [Pause] [Abort: danger] [Details]",
        ":hourglass_flowing_sand: *Running*  Promoting, step 1/4, 0% of traffic [Details]",
        ":hourglass_flowing_sand: *Running*  Finalizing, step 1/4, 0% of traffic [Details]",
        ":raising_hand: *Needs you*  Held, step 1/4, 0% of traffic [Retry] [Details]",
        ":rewind: *Rolling back* [Details]",
        ":white_check_mark: *Promoted* [Details]",
        ":x: *Rolled back* [Retry] [Details]",
      ]
    `);
  });

  it('while a request waits for its answer', () => {
    const requests = [aRequest('promote', { step: 0, surface: 'slack', reason: 'looks good' })];

    expect(readable(drawn({ phase: 'baking', message: 'Baking.' }, { requests }))).toMatchInlineSnapshot(`
      [
        "reviews-v2 · prod-eu/shop",
        "reviews:1 → reviews:2",
        ":hourglass_flowing_sand: *Running*  Baking, step 1/4, 0% of traffic",
        "Baking.",
        "Promote of step 1 by ada from slack at 09:00 UTC: looks good, not answered yet",
        "[Details]",
      ]
    `);
  });

  it('once it is rolled back', () => {
    const answers = [{ id: 'abort-1', outcome: 'done' as const, message: 'Aborted by ada.', time: dawn }];
    const status = {
      phase: 'rolledBack',
      cause: 'person',
      message: 'Aborted by ada from slack: errors.',
      answers,
    } as const;

    expect(
      readable(drawn(status, { requests: [aRequest('abort', { surface: 'slack', reason: 'errors' })] })),
    ).toMatchInlineSnapshot(`
      [
        "reviews-v2 · prod-eu/shop",
        "reviews:1 → reviews:2",
        ":x: *Rolled back*  (aborted by a person)",
        "Aborted by ada from slack: errors.",
        "Abort by ada from slack at 09:00 UTC: errors",
        "[Retry] [Details]",
      ]
    `);
  });

  it('names the effect of each button before it is pressed', () => {
    const { blocks } = drawn({ phase: 'baking', weight: { intended: 10, observed: 10 } });
    const actions = blocks.find(({ type }) => type === 'actions');
    const buttons = actions?.type === 'actions' ? buttonsOf(actions) : [];

    expect(
      buttons.map(({ confirm }) => (confirm === undefined ? '-' : `${confirm.title?.text} ${confirm.text.text}`)),
    ).toMatchInlineSnapshot(`
      [
        "Promote this step? shop/reviews-v2 goes on to step 2 of 4: 25% of its traffic meets reviews:2. The evidence still missing is not waited for. A gate that fails still rolls it back.",
        "Pause? shop/reviews-v2 stays at 10% until somebody resumes it. A gate that fails still rolls it back.",
        "Abort? All traffic of shop/reviews-v2 goes back to reviews:1 at once, and this version is rejected.",
        "-",
      ]
    `);
    expect(buttons.map(({ action_id, value }) => readPress(action_id ?? '', value))).toMatchObject([
      { verb: 'promote', namespace: 'shop', rollout: 'reviews-v2-two-1', uid: 'uid-rollout-0a1', step: 0, asked: 0 },
      { verb: 'pause' },
      { verb: 'abort' },
      { verb: 'details' },
    ]);
  });

  it('stays within the limits of Slack, whatever the texts are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4_000 }),
      fc.constant('<&>'.repeat(1_500)),
      fc.constant('🐤'.repeat(2_000)),
    );
    const name = fc.string({ minLength: 1, maxLength: 253 });
    const phase = fc.constantFrom(...phases);
    fc.assert(
      fc.property(text, name, phase, fc.array(text, { maxLength: 9 }), (message, target, now, images) => {
        const requests = images.map((reason, index) => aRequest('pause', { id: `${index}`, reason, actor: target }));
        const answers = requests.map(({ id }) => ({ id, outcome: 'done' as const, message, time: dawn }));
        const verdicts = [aVerdict('fail', { message })];
        const { text: plain, blocks } = drawn(
          { phase: now, message, verdicts, answers },
          { target: { name: target, uid: 'u' }, canary: { workload: target, hash: 'h', images }, requests },
        );

        expect(plain.length).toBeLessThanOrEqual(3_000);
        expect(blocks.length).toBeLessThanOrEqual(50);
        for (const block of blocks) expectWithinLimits(block);
      }),
      { numRuns: 150 },
    );
  });
});

function expectWithinLimits(block: types.KnownBlock): void {
  if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
  if (block.type === 'section') {
    expect(block.text?.text.length).toBeGreaterThan(0);
    expect(block.text?.text.length).toBeLessThanOrEqual(3_000);
  }
  if (block.type === 'context')
    for (const element of block.elements) expect(JSON.stringify(element).length).toBeLessThan(12_100);
  if (block.type === 'context') expect(block.elements.length).toBeLessThanOrEqual(10);
  if (block.type !== 'actions') return;
  expect(block.elements.length).toBeLessThanOrEqual(25);
  expect(new Set(buttonsOf(block).map(({ action_id: id }) => id)).size).toBe(block.elements.length);
  for (const { text, value, action_id, confirm } of buttonsOf(block)) {
    expect(text.text.length).toBeLessThanOrEqual(75);
    expect(value?.length).toBeLessThanOrEqual(2_000);
    expect(action_id?.length).toBeLessThanOrEqual(255);
    expect(confirm?.title?.text.length ?? 0).toBeLessThanOrEqual(100);
    expect(confirm?.text.text.length ?? 0).toBeLessThanOrEqual(300);
    expect(confirm?.confirm?.text.length ?? 0).toBeLessThanOrEqual(30);
    expect(confirm?.deny?.text.length ?? 0).toBeLessThanOrEqual(30);
  }
}

describe('a text for Slack', () => {
  it('mentions nobody and links nowhere', () => {
    expect(fitted('<!channel> <@U1> a & b', 100)).toBe('&lt;!channel&gt; &lt;@U1&gt; a &amp; b');
  });

  it('is cut between letters and never within an escape', () => {
    expect(fitted('a<b>c', 6)).toBe('a&lt;…');
    expect(fitted('🐤🐤🐤', 5)).toBe('🐤🐤…');
    expect(clipped('🐤🐤🐤', 5)).toBe('🐤🐤…');
    expect(clipped('short', 5)).toBe('short');
  });
});

describe('what a button carries', () => {
  it.each([
    ['of another app', 'other:promote', '{}'],
    ['of no known verb', 'serin:promoteFull', '{"n":"shop","r":"a","u":"u","s":0,"a":0}'],
    ['that is no JSON', 'serin:promote', 'promote'],
    ['without a step', 'serin:promote', '{"n":"shop","r":"a","u":"u","a":0}'],
    ['with a step that is none', 'serin:promote', '{"n":"shop","r":"a","u":"u","s":-1,"a":0}'],
    ['with nothing', 'serin:promote', undefined],
  ])('is not read %s', (_name, action, value) => {
    expect(readPress(action, value)).toBeUndefined();
  });
});
