import { describe, expect, it } from 'vitest';
import { defaultPlan } from '../../src/domain/plan.ts';
import { concerns, type ParsedSettings, parseSettings, settingsWith } from '../../src/domain/settings.ts';
import type { SettingProblem } from '../../src/domain/settings-keys.ts';

describe('settings of a managed Deployment', () => {
  it('are the defaults where canaries are enabled and nothing else is said', () => {
    expect(parseManaged({})).toEqual({ kind: 'settings', settings: { mode: 'managed', plan: defaultPlan } });
  });

  it('have keys of their own', () => {
    const parsed = parseManaged({ 'max-unmeshed': '25%', testers: 'X-Canary:  true', steps: '100' });

    const plan = { ...defaultPlan, steps: [100], maxUnmeshed: 0.25, testers: 'x-canary: true' };
    expect(parsed).toEqual({ kind: 'settings', settings: { mode: 'managed', plan } });
  });

  it.each([
    ['x-canary: true', 'x-canary: true'],
    ['Cookie: canary=1', 'cookie: canary=1'],
    ['X_Team:a: b', 'x_team: a: b'],
  ])('know testers by "%s"', (text, testers) => {
    expect(parseManaged({ testers: text })).toMatchObject({ settings: { plan: { testers } } });
  });

  it.each([
    ['canary', 'true', 'serin.dev/canary is "true", where only "enabled" is known.'],
    ['canary', 'true', 'Did you mean "enabled"?'],
    ['canary', 'enable', 'Did you mean "enabled"?'],
    ['canary', 'false', 'Write that, or remove the annotation.'],
    ['canary', '', 'serin.dev/canary is "", where only "enabled" is known. Write that'],
    ['max-unmeshed', '2', 'Did you mean "2%"?'],
    ['testers', 'x-canary', 'serin.dev/testers is "x-canary", which is no header and value.'],
    ['testers', 'x-canary:', 'which is no header and value.'],
    ['testers', ':authority: a', 'which is no header and value.'],
    ['testers', 'cookie: canary', 'which is not one cookie and its value. Expected one such as "x-canary: true"'],
    ['testers', 'cookie: a=1; b=2', 'which is not one cookie and its value.'],
  ])('%s: "%s" is named with what was expected', (key, value, sentence) => {
    const problems = problemsOf(parseManaged({ [key]: value }));

    expect(problems.map((problem) => problem.key)).toEqual([key]);
    expect(problems[0]?.message).toContain(sentence);
  });

  it('are not mixed up with a pair: one of the two is to be chosen', () => {
    expect(problemsOf(parseManaged({ 'canary-of': 'checkout' })).map(({ message }) => message)).toEqual([
      'serin.dev/canary-of is "checkout", and serin.dev/canary is there too. Choose one: serin.dev/canary to have each change of ' +
        'this Deployment released, or serin.dev/canary-of to release this Deployment as the canary of another one. Remove the other.',
    ]);
  });

  it.each(['virtual-service', 'route'])('refuse serin.dev/%s, which is for pairs', (key) => {
    const problems = problemsOf(parseManaged({ [key]: 'main' }));

    expect(problems.map(({ message }) => message)).toEqual([
      `serin.dev/${key} is "main", but it means nothing beside serin.dev/canary: it goes with serin.dev/canary-of. Remove one of the two.`,
    ]);
  });

  it.each([
    ['max-unmeshed', '5%'],
    ['testers', 'x-canary: true'],
  ])('are refused for a pair: serin.dev/%s', (key, value) => {
    expect(problemsOf(parsePair({ [key]: value })).map(({ message }) => message)).toEqual([
      `serin.dev/${key} is "${value}", but it means nothing beside serin.dev/canary-of: it goes with serin.dev/canary. Remove one of the two.`,
    ]);
  });

  it('in a policy that pairs share are passed over for a pair', () => {
    const pair = parseSettings('reviews-v2', { 'serin.dev/canary-of': 'reviews-v1' }, { testers: 'x-canary: true' });
    const managed = parseSettings('reviews', { 'serin.dev/canary': 'enabled' }, { testers: 'x-canary: true' });

    expect(pair).toMatchObject({ settings: { plan: defaultPlan } });
    expect(managed).toMatchObject({ settings: { plan: { testers: 'x-canary: true' } } });
  });

  it('are no settings where only Serin has written', () => {
    const marks = { 'serin.dev/stable': '5c5b46c844', 'serin.dev/held': 'true', 'serin.dev/phase': 'baking' };

    expect(concerns(marks)).toBe(false);
    expect(parseSettings('checkout', marks)).toEqual({ kind: 'none' });
  });
});

describe('settings with a policy', () => {
  const asking = {
    namespace: 'shop',
    name: 'checkout',
    annotations: { 'serin.dev/canary': 'enabled', 'serin.dev/policy': 'careful' },
  };

  it('are those of the policy where it says more', () => {
    expect(settingsWith(asking, { bake: '5m' })).toMatchObject({ settings: { plan: { bakeMs: 300_000 } } });
  });

  it('are a problem where there is no such policy', () => {
    expect(problemsOf(settingsWith(asking, undefined))).toEqual([
      {
        key: 'policy',
        value: 'careful',
        message:
          'serin.dev/policy is "careful", but namespace shop has no CanaryPolicy of that name. Create it or remove the annotation.',
      },
    ]);
  });

  it('need none where none is named', () => {
    const annotations = { 'serin.dev/canary': 'enabled' };

    expect(settingsWith({ ...asking, annotations }, undefined)).toMatchObject({ kind: 'settings' });
  });
});

function parseManaged(settings: Readonly<Record<string, string>>): ParsedSettings {
  return parseSettings('checkout', { 'serin.dev/canary': 'enabled', ...annotated(settings) });
}

function parsePair(settings: Readonly<Record<string, string>>): ParsedSettings {
  return parseSettings('reviews-v2', { 'serin.dev/canary-of': 'reviews-v1', ...annotated(settings) });
}

function annotated(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`serin.dev/${key}`, value] as const));
}

function problemsOf(parsed: ParsedSettings): readonly SettingProblem[] {
  return parsed.kind === 'problems' ? parsed.problems : [];
}
