// What Slack hands to an app when somebody presses a button or types a command.
import type { FakeSlack } from './fake-slack.ts';

/** A button as it stands in a message. */
export interface Pressed {
  readonly action_id: string;
  readonly value: string;
}

/** Who does it, by the id in Slack, and where; from the fake's own workspace where no other is named. */
export interface Actor {
  readonly user: string;
  readonly team?: string;
  readonly channel: { readonly id: string; readonly name: string };
}

const home = 'T1';
let triggers = 0;

/** A press. */
export function pressFrom({ user, team = home, channel }: Actor, { action_id, value }: Pressed) {
  return {
    type: 'block_actions',
    team: { id: home, domain: 'example' },
    user: { id: user, team_id: team, username: user.toLowerCase() },
    api_app_id: 'A1',
    trigger_id: nextTrigger(),
    channel,
    container: { type: 'message', message_ts: '1700000000.000001', channel_id: channel.id },
    actions: [{ type: 'button', block_id: 'b', action_ts: (Date.now() / 1_000).toFixed(6), action_id, value }],
  };
}

/** A `/serin` command. Each has a trigger of its own: one that is handed over twice is the same object twice. */
export function commandFrom({ url }: Pick<FakeSlack, 'url'>, { user, team = home, channel }: Actor, text: string) {
  return {
    command: '/serin',
    text,
    user_id: user,
    team_id: team,
    channel_id: channel.id,
    trigger_id: nextTrigger(),
    response_url: new URL('respond', url).href,
  };
}

let envelopes = 0;

/** Hands it over in Socket Mode, and gives the id of the envelope: a new one, unless it is named. */
export function handOver(
  { socket }: Pick<FakeSlack, 'socket'>,
  type: 'interactive' | 'slash_commands',
  payload: unknown,
  envelope?: string,
): string {
  envelopes += 1;
  const id = envelope ?? `envelope-${envelopes}`;
  socket.send({ envelope_id: id, type, payload });
  return id;
}

function nextTrigger(): string {
  triggers += 1;
  return `${Date.now()}.738474920.${triggers}`;
}
