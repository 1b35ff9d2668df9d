// A notice as Block Kit. Limits of Slack: 50 blocks, 3000 letters of text, 150 in a header, 75 on a button, 2000 in its value,
// 100 and 300 in a confirm dialogue.
import type { types } from '@slack/bolt';
import type { Notice, NoticeButton, Standing } from '../../domain/announcement.ts';
import { actionPrefix, pressValue } from './press.ts';
import { clipped, fitted } from './text.ts';

/** A message as the Web API takes it: blocks, and the text of notifications and screen readers. */
export interface Drawn {
  readonly text: string;
  readonly blocks: types.KnownBlock[];
}

const signs: Readonly<Record<Standing, string>> = {
  running: ':hourglass_flowing_sand:',
  needsYou: ':raising_hand:',
  paused: ':double_vertical_bar:',
  goingBack: ':rewind:',
  promoted: ':white_check_mark:',
  rolledBack: ':x:',
};

const words: Readonly<Record<Standing, string>> = {
  running: 'Running',
  needsYou: 'Needs you',
  paused: 'Paused',
  goingBack: 'Rolling back',
  promoted: 'Promoted',
  rolledBack: 'Rolled back',
};

/** Draws the message of a rollout. */
export function drawNotice(notice: Notice): Drawn {
  const { service, place, from, to, standing, progress, sentence, deeds, buttons } = notice;
  const rest = progress.startsWith(words[standing]) ? progress.slice(words[standing].length).trimStart() : progress;
  const change = `${fitted(from, 600)} → ${fitted(to, 600)}`;
  const blocks: types.KnownBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: clipped(`${service} · ${place}`, 150), emoji: false } },
    section(change),
    section(`${`${signs[standing]} *${words[standing]}*  ${fitted(rest, 300)}`.trimEnd()}\n${fitted(sentence, 2_500)}`),
    ...deeds.map(
      (deed): types.KnownBlock => ({
        type: 'context',
        elements: [{ type: 'mrkdwn', text: fitted(deed, 1_500) }],
      }),
    ),
  ];
  if (buttons.length > 0) blocks.push({ type: 'actions', elements: buttons.map((each) => drawButton(notice, each)) });
  return { text: fitted(`${words[standing]}: ${service} in ${place}. ${progress}. ${sentence}`, 3_000), blocks };
}

function section(text: string): types.KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

function drawButton(notice: Notice, { verb, label, look, confirm }: NoticeButton): types.Button {
  return {
    type: 'button',
    action_id: `${actionPrefix}${verb}`,
    text: { type: 'plain_text', text: clipped(label, 75), emoji: false },
    value: pressValue(notice),
    ...(look === 'plain' ? {} : { style: look }),
    ...(confirm === undefined ? {} : { confirm: drawConfirm(confirm, look) }),
  };
}

function drawConfirm(
  confirm: NonNullable<NoticeButton['confirm']>,
  look: NoticeButton['look'],
): types.ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: clipped(confirm.title, 100), emoji: false },
    text: { type: 'plain_text', text: clipped(confirm.text, 300), emoji: false },
    confirm: { type: 'plain_text', text: clipped(confirm.yes, 30), emoji: false },
    deny: { type: 'plain_text', text: 'Cancel', emoji: false },
    ...(look === 'plain' ? {} : { style: look }),
  };
}
