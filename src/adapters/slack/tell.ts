// Telling people in Slack: the port Announcements over the Web API.
import { webApi } from '@slack/bolt';
import { type Announcements, type MessagePlace, type Spoken, speakMs } from '../../controller/announcements.ts';
import { type Drawn, drawNotice } from './render.ts';
import { fitted } from './text.ts';

/** How Slack's Web API is reached. */
export interface SlackOptions {
  /** Asked anew for each call, so that a rotated token takes effect. */
  readonly token: () => Promise<string>;
  /** Where the Web API answers; Slack's own address without it. */
  readonly url?: string;
}

/** A client that tries once: repeating is the business of whoever knows what is still worth saying. */
export function slackClient({ url }: Pick<SlackOptions, 'url'>): webApi.WebClient {
  return new webApi.WebClient(undefined, {
    ...(url === undefined ? {} : { slackApiUrl: url }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: speakMs - 500,
    allowAbsoluteUrls: false,
    logger: silent,
  });
}

/** Slack's own log may quote what was sent; what went wrong is told by the outcome. */
export const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => 'error' as never,
  setName: () => undefined,
};

/** What is posted: the message of a rollout, or a line beneath it. */
type Message = Drawn & { readonly channel: string } & (
    | { readonly thread_ts?: never; readonly reply_broadcast?: never }
    | { readonly thread_ts: string; readonly reply_broadcast: boolean }
  );

/** Announcements by `chat.postMessage` and `chat.update`. */
export function slackAnnouncements(options: SlackOptions): Announcements {
  const client = slackClient(options);

  function post(message: Message): Promise<Spoken> {
    return spoken(async () => {
      const token = await options.token();
      return placeOf(await client.chat.postMessage({ ...message, token, unfurl_links: false, unfurl_media: false }));
    });
  }

  return {
    post: (channel, notice) => post({ channel, ...drawNotice(notice) }),
    edit: ({ channel, ts }, notice) =>
      spoken(async () => {
        const token = await options.token();
        return placeOf(await client.chat.update({ token, channel, ts, ...drawNotice(notice) }));
      }),
    reply: ({ channel, ts }, words, broadcast) =>
      post({ channel, thread_ts: ts, text: fitted(words, 3_000), blocks: [], reply_broadcast: broadcast }),
  };
}

function placeOf({ channel, ts }: { readonly channel?: string; readonly ts?: string }): MessagePlace | undefined {
  return channel === undefined || ts === undefined ? undefined : { channel, ts };
}

async function spoken(call: () => Promise<MessagePlace | undefined>): Promise<Spoken> {
  try {
    const place = await call();
    return place === undefined ? { kind: 'unsure' } : { kind: 'told', place };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** The message is no more, or nobody may edit it any more: another one has to take its place. */
const goneErrors = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
  'cannot_reply_to_message',
]);
/** Slack's own troubles, which pass. What it answers in words was not done. */
const passingErrors = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

/** What an error of the client means. Only its code and Slack's own word are looked at: the rest may hold what was sent. */
function outcomeOf(error: unknown): Spoken {
  if (error instanceof webApi.WebAPIRateLimitedError) return { kind: 'later', afterMs: error.retryAfter * 1_000 };
  if (error instanceof webApi.WebAPIPlatformError) return platformOutcome(error.data.error);
  if (error instanceof webApi.WebAPIHTTPError) return httpOutcome(error.statusCode);
  return { kind: 'unsure' };
}

function platformOutcome(word: string): Spoken {
  if (goneErrors.has(word)) return { kind: 'gone' };
  if (word === 'ratelimited' || word === 'rate_limited') return { kind: 'later', afterMs: 30_000 };
  if (passingErrors.has(word)) return { kind: 'unsure' };
  return { kind: 'refused', message: refusals[word] ?? `Slack says ${word}. See docs/slack.md.` };
}

function httpOutcome(status: number): Spoken {
  if (status >= 500) return { kind: 'unsure' };
  return { kind: 'refused', message: `Slack answered with HTTP status ${status}. See docs/slack.md.` };
}

const refusals: Readonly<Record<string, string>> = {
  channel_not_found:
    'Slack knows no such channel, or it is private and the app is not in it. Correct serin.dev/slack-channel, or invite the app: /invite @serin',
  not_in_channel: 'The app is not in the channel. Invite it: /invite @serin',
  is_archived: 'The channel is archived. Name another in serin.dev/slack-channel.',
  invalid_auth: 'Slack does not take the bot token. Put a valid one into the file of --slack-bot-token-file.',
  not_authed: 'The file of --slack-bot-token-file is empty. Put a bot token (xoxb-...) into it.',
  token_revoked: 'The bot token was revoked. Put a valid one into the file of --slack-bot-token-file.',
  account_inactive: 'The app was removed from the workspace. Install it again.',
  missing_scope: 'The app lacks the scope chat:write. Install it again by the manifest in deploy/slack.',
};
