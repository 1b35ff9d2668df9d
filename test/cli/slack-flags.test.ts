// The flags of Slack: which go together, and what is said when they do not.
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addSlackFlags, type SlackWords, slackFlags } from '../../src/cli/slack-flags.ts';

function flags(...words: readonly string[]) {
  const controller = new Command('controller').exitOverride();
  addSlackFlags(controller);
  return slackFlags(controller.parse([...words], { from: 'user' }).opts<SlackWords>());
}

const bot = ['--slack-bot-token-file', 'bot'];
const users = ['--slack-users-file', 'users.yaml'];
const secret = (file: string): readonly string[] => ['--slack-signing-secret-file', file];
const address = ['--slack-address', '127.0.0.1:8086'];

describe('the flags of Slack', () => {
  it('are off unless given, tell alone with a bot token, and listen by Socket Mode or HTTP', () => {
    expect(flags()).toEqual({});
    expect(flags('--cluster-name', 'prod-eu')).toEqual({ clusterName: 'prod-eu' });
    expect(flags(...bot)).toEqual({ slack: { botTokenFile: 'bot' } });
    expect(flags(...bot, ...users, '--slack-app-token-file', 'app')).toEqual({
      slack: { botTokenFile: 'bot', usersFile: 'users.yaml', mode: { kind: 'socket', appTokenFile: 'app' } },
    });
    expect(flags(...bot, ...users, ...address, ...secret('old'), ...secret('new'))).toMatchObject({
      slack: { mode: { kind: 'http', listen: { host: '127.0.0.1', port: 8086 }, secretFiles: ['old', 'new'] } },
    });
  });

  it.each([
    ['a mode without a bot token', ['--slack-app-token-file', 'app'], /takes a bot token/],
    ['a mode without people', [...bot, '--slack-app-token-file', 'app'], /Say who is who: --slack-users-file/],
    ['an address without a secret', [...bot, ...users, ...address], /takes both/],
    ['a secret without an address', [...bot, ...users, ...secret('a')], /takes both/],
    ['both modes', [...bot, ...users, ...address, ...secret('a'), '--slack-app-token-file', 'app'], /Choose one/],
    ['three secrets', [...bot, ...users, ...address, ...secret('a'), ...secret('b'), ...secret('c')], /At most two/],
  ])('say what is wrong with %s', (_name, words, expected) => {
    expect(() => flags(...words)).toThrow(expected);
  });
});
