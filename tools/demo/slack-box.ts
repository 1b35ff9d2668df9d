// A message of Slack as text: the box that people see in the channel, buttons included.
import { z } from 'zod';

const textSchema = z.object({ text: z.string() });
const buttonSchema = z.object({
  action_id: z.string(),
  value: z.string(),
  text: textSchema,
  confirm: z.object({ title: textSchema, text: textSchema, confirm: textSchema }).optional(),
});
const blockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('header'), text: textSchema }),
  z.object({ type: z.literal('section'), text: textSchema }),
  z.object({ type: z.literal('context'), elements: z.array(textSchema) }),
  z.object({ type: z.literal('actions'), elements: z.array(buttonSchema) }),
]);
const blocksSchema = z.array(blockSchema);

/** A button of a message, with what it carries and what it asks before it is pressed. */
export type Button = z.output<typeof buttonSchema>;

/** A message as it stands. */
export interface Posted {
  readonly channel: string;
  readonly blocks: unknown;
  /** Every text it has had. */
  readonly texts: readonly string[];
}

const width = 96;
const signs: Readonly<Record<string, string>> = {
  ':hourglass_flowing_sand:': '⏳',
  ':raising_hand:': '✋',
  ':double_vertical_bar:': '⏸',
  ':rewind:': '⏪',
  ':white_check_mark:': '✅',
  ':x:': '❌',
};

/** The message in a box. Throws when its blocks are not those of a rollout's message. */
export function boxOf(message: Posted): readonly string[] {
  const edits = message.texts.length - 1;
  const title = ` #${message.channel} · serin `;
  const state = edits === 0 ? ' posted ' : ` edited ${edits === 1 ? 'once' : `${edits} times`} `;
  const rule = '─'.repeat(width - 2 - title.length - state.length);
  const lines = blocksSchema.parse(message.blocks).flatMap(linesOf).flatMap(wrapped);
  return [
    `╭─${title}${rule}${state}─╮`,
    ...lines.map((line) => `│ ${line}${' '.repeat(Math.max(0, width - 2 - columnsOf(line)))} │`),
    `╰${'─'.repeat(width)}╯`,
  ];
}

/** The buttons of a message, by the verb they ask for. */
export function buttonsOf({ blocks }: Pick<Posted, 'blocks'>): ReadonlyMap<string, Button> {
  const buttons = blocksSchema.parse(blocks).flatMap((block) => (block.type === 'actions' ? block.elements : []));
  return new Map(buttons.map((button) => [button.action_id.split(':').at(-1) ?? '', button]));
}

/** What a message says besides numbers and sentences: how it stands, who did what, and what can be pressed. */
export function gistOf({ blocks }: Pick<Posted, 'blocks'>): string {
  const parts = blocksSchema.parse(blocks).map((block) => {
    if (block.type === 'section') return /\*[^*\n]+\*/.exec(block.text.text)?.[0] ?? '';
    return linesOf(block).join(' ');
  });
  return parts.join(' | ');
}

/** How a message says its rollout stands, in its own words. */
export function standingOf({ blocks }: Pick<Posted, 'blocks'>): string {
  const sections = blocksSchema.parse(blocks).flatMap((block) => (block.type === 'section' ? [block.text.text] : []));
  return readable(sections.at(-1) ?? '').replace('\n', '. ');
}

/** A text of Slack's as people read it. */
export function readable(text: string): string {
  const shown = Object.entries(signs).reduce((all, [name, sign]) => all.replaceAll(name, sign), text);
  const plain = shown.replaceAll(/\*([^*\n]+)\*/g, '$1');
  return plain.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function linesOf(block: z.output<typeof blockSchema>): readonly string[] {
  switch (block.type) {
    case 'header':
      return [block.text.text];
    case 'section':
      return readable(block.text.text).split('\n');
    case 'context':
      return block.elements.map(({ text }) => `· ${readable(text)}`);
    case 'actions':
      return ['', block.elements.map(({ text }) => `[ ${text.text} ]`).join('  ')];
  }
}

/** Broken between words to the width of a box; the messages of the demo have no longer ones. */
export function wrapped(line: string): readonly string[] {
  const rows = [''];
  for (const word of line.split(' ')) {
    const row = rows.at(-1) ?? '';
    if (row === '') rows[rows.length - 1] = word === '' ? ' ' : word;
    else if (columnsOf(row) + 1 + columnsOf(word) > width - 2) rows.push(word);
    else rows[rows.length - 1] = `${row} ${word}`;
  }
  return rows;
}

function columnsOf(text: string): number {
  return Array.from(text).reduce((all, letter) => all + (/\p{Emoji_Presentation}/u.test(letter) ? 2 : 1), 0);
}
