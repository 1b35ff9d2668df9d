// What people press and type in Slack, over Bolt: acknowledged at once, done afterwards, answered to whoever asked.
import { App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { z } from 'zod';
import type { Caller } from '../../domain/permission.ts';
import type { Press } from '../../domain/press.ts';
import type { Identified, SlackPerson } from './people.ts';
import { actionPrefix, readPress } from './press.ts';
import { type SlackOptions, silent, slackClient } from './tell.ts';
import { fitted } from './text.ts';

/** Whom Slack is handed on to. */
export interface SlackListeners {
  identify(person: SlackPerson): Promise<Identified>;
  press(speaker: { readonly caller: Caller; readonly id: string }, press: Press): Promise<string | undefined>;
  command(speaker: { readonly caller: Caller; readonly id: string }, words: string, id: string): Promise<string>;
  readonly trouble: (message: string, error?: unknown) => void;
}

/** How Slack is listened to. */
export interface ListenOptions extends SlackOptions {
  readonly receiver: Receiver;
}

/** A running app. */
export interface SlackListening {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const actionSchema = z.object({
  user: z.object({ id: z.string(), team_id: z.string().optional() }),
  channel: z.object({ id: z.string() }).optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
});

const commandSchema = z.object({
  user_id: z.string(),
  team_id: z.string().optional(),
  text: z.string().default(''),
  trigger_id: z.string().min(1),
  response_url: z.string(),
});

const failedText =
  'That could not be done now: the cluster or Slack does not answer. Try again, or use the command: serin status';
const respondMs = 5_000;

/** Slack's Socket Mode with an app token. */
export function socketReceiver({ url, appToken }: { readonly url?: string; readonly appToken: string }): Receiver {
  const clientOptions = {
    ...(url === undefined ? {} : { slackApiUrl: url }),
    retryConfig: { retries: 100, maxTimeout: 30_000 },
  };
  return new SocketModeReceiver({ appToken, logger: silent, installerOptions: { clientOptions } });
}

/** Listens to buttons and to `/serin`. Nothing it is handed is trusted before it was identified. */
export function slackListening(options: ListenOptions, listeners: SlackListeners): SlackListening {
  const client = slackClient(options);
  const app = new App({
    receiver: options.receiver,
    authorize: async () => ({ botToken: await options.token() }),
    logger: silent,
    convoStore: false,
    ignoreSelf: false,
  });

  async function whisper(channel: string | undefined, user: string, text: string): Promise<void> {
    if (channel === undefined) return;
    const token = await options.token();
    await client.chat.postEphemeral({ token, channel, user, text: fitted(text, 3_000) });
  }

  /** What went wrong is told to whoever asked, in general words. */
  function behind(work: () => Promise<void>, sorry: (text: string) => Promise<void>): void {
    work()
      .catch((error: unknown) => {
        listeners.trouble('What was asked in Slack could not be done', error);
        return sorry(failedText);
      })
      .catch((error: unknown) => listeners.trouble('Nobody could be told in Slack', error));
  }

  async function pressed(body: unknown): Promise<void> {
    const { user, channel, actions } = actionSchema.parse(body);
    const [action] = actions;
    const press = action === undefined ? undefined : readPress(action.action_id, action.value);
    if (press === undefined) return;
    const said = await saidTo(user.id, user.team_id, (caller) => listeners.press({ caller, id: user.id }, press));
    if (said !== undefined) await whisper(channel?.id, user.id, said);
  }

  async function saidTo(
    id: string,
    team: string | undefined,
    work: (caller: Caller) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const identified = await listeners.identify({ id, ...(team === undefined ? {} : { team }) });
    return identified.kind === 'refused' ? identified.message : work(identified.caller);
  }

  async function typed(command: z.output<typeof commandSchema>): Promise<void> {
    const { user_id: user, team_id: team, text, trigger_id: trigger, response_url: url } = command;
    const id = `slack-${trigger.replaceAll(/[^\w.-]/g, '').slice(-56)}`;
    const said = await saidTo(user, team, (caller) => listeners.command({ caller, id: user }, text, id));
    await respond(url, said ?? '');
  }

  async function respond(url: string, text: string): Promise<void> {
    if (!isSlacks(url, options.url)) throw new Error('Slack named an address to answer to that is not its own.');
    const body = JSON.stringify({ response_type: 'ephemeral', text: fitted(text, 3_000) });
    const signal = AbortSignal.timeout(respondMs);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'error' });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`Slack took no answer: HTTP status ${answer.status}.`);
  }

  app.action({ action_id: new RegExp(`^${actionPrefix}`) }, async ({ ack, body }) => {
    await ack();
    const asker = actionSchema.safeParse(body).data;
    behind(
      () => pressed(body),
      (text) => whisper(asker?.channel?.id, asker?.user.id ?? '', text),
    );
  });
  app.command(/^\/serin/, async ({ ack, body }) => {
    await ack();
    const command = commandSchema.parse(body);
    behind(
      () => typed(command),
      (text) => respond(command.response_url, text),
    );
  });
  app.error(async (error) => listeners.trouble('Something from Slack could not be read', error));

  return {
    start: async () => {
      await app.start();
    },
    stop: async () => {
      await app.stop();
    },
  };
}

/** Answers go to Slack alone, wherever a request says they should. */
function isSlacks(url: string, api: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { origin } = new URL(url);
  return origin === (api === undefined ? 'https://hooks.slack.com' : new URL(api).origin);
}
