// The channel, watched: each message as it is posted and edited, what is said beneath it, and what one person alone is told.
import { setTimeout as pause } from 'node:timers/promises';
import type { FakeMessage, FakeSlack } from '../slack/fake-slack.ts';
import type { Printer } from './print.ts';
import { boxOf, gistOf, readable, standingOf, wrapped } from './slack-box.ts';
import { channelName } from './slack-people.ts';

/** The channel, printed as it changes, until it is left. */
export interface Channel {
  /** The first message that is as wanted, be it in the channel or in a thread; undefined when there is none in time. */
  message(wanted: (message: FakeMessage) => boolean): Promise<FakeMessage | undefined>;
  /** Does something, and gives what is whispered next; undefined when nothing is in time. */
  whispered(act: () => void): Promise<string | undefined>;
  leave(): Promise<void>;
}

/** The story's name in front of each line. */
const story = 'slack';
const lookMs = 50;
const messageMs = 180_000;
const whisperMs = 30_000;

/** Begins to print what happens in the channel. */
export function followChannel(slack: FakeSlack, out: Printer): Channel {
  const drawn = new Map<string, { readonly edits: number; readonly gist: string }>();
  const leaving = new AbortController();
  let heard = 0;

  function look(): void {
    for (const message of slack.messages) {
      if (drawn.get(message.ts)?.edits === message.texts.length) continue;
      if (message.thread === undefined) show(message);
      else say(`↳ in the thread${message.broadcast ? ', and to the channel' : ''}: `, message.text);
      drawn.set(message.ts, { edits: message.texts.length, gist: message.thread === undefined ? gistOf(message) : '' });
    }
    for (; heard < slack.whispers.length; heard += 1)
      say('(only you can see this) ', slack.whispers[heard]?.text ?? '');
  }

  /** As a box where something else than its sentence has changed. */
  function show(message: FakeMessage): void {
    if (drawn.get(message.ts)?.gist === gistOf(message)) say('✎ the message is edited: ', standingOf(message));
    else out.said(story, boxOf({ ...message, channel: channelName }).join('\n'));
  }

  function say(before: string, text: string): void {
    const lines = `${before}${readable(text)}`.split('\n').flatMap(wrapped);
    out.said(story, lines.map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`)).join('\n'));
  }

  async function watch(): Promise<void> {
    while (!leaving.signal.aborted) {
      look();
      await pause(lookMs);
    }
    look();
  }
  const watching = watch();

  async function until<T>(find: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      look();
      const found = find();
      if (found !== undefined || Date.now() >= deadline) return found;
      await pause(lookMs);
    }
  }

  return {
    message: (wanted) => until(() => slack.messages.find(wanted), messageMs),
    whispered(act) {
      const before = slack.whispers.length;
      act();
      return until(() => slack.whispers[before]?.text, whisperMs);
    },
    leave: async () => {
      leaving.abort();
      await watching;
    },
  };
}
