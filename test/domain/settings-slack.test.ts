// Where people are told of rollouts: the annotation serin.dev/slack-channel, or a policy's announce.slack.channel.
import { describe, expect, it } from 'vitest';
import { policySettings, unknownField } from '../../src/domain/policy.ts';
import { parseSettings } from '../../src/domain/settings.ts';

function channelOf(channel: string | undefined, policy: Readonly<Record<string, string>> = {}): string | undefined {
  const own = channel === undefined ? {} : { 'serin.dev/slack-channel': channel };
  const parsed = parseSettings('checkout', { 'serin.dev/canary': 'enabled', ...own }, policy);
  if (parsed.kind === 'problems') return parsed.problems.map(({ message }) => message).join(' ');
  return parsed.kind === 'settings' ? parsed.settings.plan.slackChannel : undefined;
}

describe('the channel', () => {
  it.each([
    ['C024BE91L', 'C024BE91L'],
    ['#releases', 'releases'],
    ['team-shop_2', 'team-shop_2'],
    ['выпуски', 'выпуски'],
    [undefined, undefined],
  ])('%s is %s', (text, expected) => {
    expect(channelOf(text)).toBe(expected);
  });

  it.each(['Releases', 'a b', '@ada', '', '<!channel>', 'x'.repeat(81)])('is not "%s"', (text) => {
    expect(channelOf(text)).toContain('which is no channel. Expected an id such as "C024BE91L"');
  });

  it('comes from the policy where the Deployment names none', () => {
    const policy = policySettings({ bake: '1m', announce: { slack: { channel: 'shop' } } });

    expect(policy).toEqual({ bake: '1m', 'slack-channel': 'shop' });
    expect(channelOf(undefined, policy)).toBe('shop');
    expect(channelOf('mine', policy)).toBe('mine');
  });

  it('has one name in a policy', () => {
    expect(unknownField('announce')).toBeUndefined();
    expect(unknownField('slackChannel')).toContain('is no field of a CanaryPolicy');
  });
});
