// Which programs outside are told: annotations, or a policy's announce.
import { describe, expect, it } from 'vitest';
import { fieldPath, policySettings, unknownField, wrongType } from '../../src/domain/policy.ts';
import { parseSettings } from '../../src/domain/settings.ts';

function planOf(own: Readonly<Record<string, string>>, policy: Readonly<Record<string, string>> = {}) {
  const annotations = Object.fromEntries(Object.entries(own).map(([key, text]) => [`serin.dev/${key}`, text]));
  const parsed = parseSettings('checkout', { 'serin.dev/canary': 'enabled', ...annotations }, policy);
  if (parsed.kind === 'problems') return parsed.problems.map(({ message }) => message).join(' ');
  if (parsed.kind === 'none') return 'none';
  const { webhook, github } = parsed.settings.plan;
  return { webhook, github };
}

describe('the programs outside', () => {
  it('are those of the annotations', () => {
    const own = { webhook: 'https://hooks.example.com/serin?a=b', github: 'example/checkout', 'github-ref': 'v1.4.2' };

    expect(planOf(own)).toEqual({ webhook: own.webhook, github: { repository: 'example/checkout', ref: 'v1.4.2' } });
    expect(planOf({ github: 'example/checkout' })).toEqual({ github: { repository: 'example/checkout' } });
    expect(planOf({ 'github-ref': 'v1.4.2' })).toEqual({});
  });

  it('are those of the policy where the Deployment names none, with the commit of the Deployment', () => {
    const announce = {
      slack: { channel: 'shop' },
      webhook: { url: 'https://hooks.example.com' },
      github: { repository: 'example/shop' },
    };
    const policy = policySettings({ announce });

    expect(policy).toEqual({ 'slack-channel': 'shop', webhook: 'https://hooks.example.com', github: 'example/shop' });
    expect(planOf({ 'github-ref': 'abc', webhook: 'https://other.example' }, policy)).toEqual({
      webhook: 'https://other.example',
      github: { repository: 'example/shop', ref: 'abc' },
    });
  });

  it.each([
    ['webhook', 'hooks.example.com', 'which is no URL'],
    ['webhook', 'ftp://hooks.example.com', 'which is no URL'],
    ['webhook', 'https://a b', 'which is no URL'],
    ['webhook', 'https://ada:pass@hooks.example.com', 'user name or password'],
    ['webhook', 'https://hooks.example.com/#part', 'after #'],
    ['webhook', `https://hooks.example.com/${'x'.repeat(200)}`, 'more than 200 letters'],
    ['github', 'checkout', 'which is no repository'],
    ['github', 'https://github.com/example/checkout', 'which is no repository'],
    ['github', 'example/..', 'which is no repository'],
    ['github', 'example/checkout/../../user', 'which is no repository'],
    ['github-ref', 'a b', 'which is no commit'],
    ['github-ref', '../main', 'which is no commit'],
    ['github-ref', 'main..next', 'which is no commit'],
  ])('are not found in %s "%s"', (key, text, words) => {
    expect(planOf({ [key]: text })).toContain(`serin.dev/${key} is "${text.slice(0, 200)}", `);
    expect(planOf({ [key]: text })).toContain(words);
  });
});

describe('announce in a policy', () => {
  it('is a field, and its settings are found in it alone', () => {
    expect(unknownField('announce')).toBeUndefined();
    for (const field of ['webhook', 'github', 'githubRef']) expect(unknownField(field)).toContain('is no field');
    expect(['webhook', 'github', 'max-bake'].map(fieldPath)).toEqual([
      ['announce', 'webhook', 'url'],
      ['announce', 'github', 'repository'],
      ['maxBake'],
    ]);
  });

  it.each([
    [{ slack: { channel: 'shop' } }, true],
    [{ webhook: { url: 'https://hooks.example.com' }, github: { repository: 'a/b' } }, true],
    [{}, false],
    ['shop', false],
    [['shop'], false],
    [{ slack: 'shop' }, false],
    [{ slack: { chanel: 'shop' } }, false],
    [{ webhook: { url: 7 } }, false],
    [{ webhook: { url: 'https://hooks.example.com', secret: 'x' } }, false],
    [{ mail: { to: 'ada' } }, false],
  ])('as %j is right: %s', (announce, right) => {
    const wrong = wrongType('announce', announce);

    expect(wrong === undefined).toBe(right);
    if (!right) expect(wrong).toContain('Expected one or several of slack: {channel: ...}');
  });
});
