import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPlan } from '../../src/domain/plan.ts';
import { concerns, type ParsedSettings, parseSettings, policyOf } from '../../src/domain/settings.ts';
import { type SettingProblem, settingKeys } from '../../src/domain/settings-keys.ts';

describe('settings', () => {
  it('are none where nothing is annotated', () => {
    expect(parseSettings('reviews-v2', { 'app.kubernetes.io/name': 'reviews' })).toEqual({ kind: 'none' });
  });

  it('are none where only Serin has written', () => {
    const marks = { 'serin.dev/phase': 'promoted', 'serin.dev/rollout': 'reviews-v2-two-1', 'serin.dev/last': 'x' };

    expect(parseSettings('reviews-v2', marks)).toEqual({ kind: 'none' });
    expect(concerns(marks)).toBe(false);
  });

  it('are the defaults where only the stable Deployment is named', () => {
    expect(parse({})).toEqual({
      kind: 'settings',
      settings: { mode: 'pair', stable: 'reviews-v1', plan: defaultPlan, route: {} },
    });
  });

  it('are read from every annotation', () => {
    const parsed = parse({
      steps: '5, 50,100',
      bake: '90s',
      'max-bake': '1h',
      'error-margin': '0.25%',
      'max-error-rate': '2%',
      'max-latency': 'p99<500ms, p95<1.2x',
      'min-requests': '50',
      'on-undecided': 'rollback',
      'false-rollback': '0.5%',
      'virtual-service': 'mesh/reviews',
      route: 'main',
      analysis: 'off',
    });

    expect(parsed).toEqual({
      kind: 'settings',
      settings: {
        mode: 'pair',
        stable: 'reviews-v1',
        plan: {
          steps: [5, 50, 100],
          bakeMs: 90_000,
          maxBakeMs: 3_600_000,
          errorMargin: 0.0025,
          maxErrorRate: 0.02,
          maxLatency: [
            { kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' },
            { kind: 'relative', quantile: 0.95, factor: 1.2, text: 'p95<1.2x' },
          ],
          minRequests: 50,
          onUndecided: 'rollback',
          analysis: 'off',
          maxUnmeshed: 0.01,
          falseRollback: 0.005,
          gates: [],
        },
        route: { namespace: 'mesh', object: 'reviews', section: 'main' },
      },
    });
  });

  it('come from the annotation first, then from the policy, then from the defaults', () => {
    const annotations = { 'serin.dev/canary-of': 'reviews-v1', 'serin.dev/policy': 'careful', 'serin.dev/bake': '30s' };

    const parsed = parseSettings('reviews-v2', annotations, { bake: '5m', 'max-bake': '20m' });

    expect(parsed).toMatchObject({
      settings: { plan: { bakeMs: 30_000, maxBakeMs: 1_200_000, minRequests: defaultPlan.minRequests } },
    });
    expect(policyOf(annotations)).toBe('careful');
  });

  it('judge a policy as strictly as an annotation', () => {
    const parsed = parseSettings('reviews-v2', { 'serin.dev/canary-of': 'reviews-v1' }, { steps: '50,20' });

    expect(problemsOf(parsed).map(({ key }) => key)).toEqual(['steps']);
  });

  it('do not start a rollout from a policy alone', () => {
    expect(parseSettings('reviews-v2', { 'serin.dev/policy': 'careful' }, { 'canary-of': 'reviews-v1' })).toEqual({
      kind: 'none',
    });
  });
});

describe('a wrong setting', () => {
  it.each([
    ['canary-of', 'reviews-v2', ['the Deployment itself', 'Name the Deployment that serves now']],
    ['canary-of', 'Deployment/reviews', ['no name of a Deployment', '"reviews-v1"']],
    ['steps', '10,25,25,100', ['25 does not rise above 25', '"10,25,50,100"']],
    ['steps', '50,20,100', ['20 does not rise above 50']],
    ['steps', '10,25,50', ['ends in 50', 'end in 100']],
    ['steps', '10,x,100', ['no whole number']],
    ['steps', '10,12.5,100', ['no whole number']],
    ['steps', '', ['no whole number']],
    ['steps', '0x10,100', ['no whole number']],
    ['steps', '1e1,100', ['no whole number']],
    ['steps', '10,,100', ['no whole number']],
    ['steps', '0,100', ['leaves 1 to 100']],
    ['steps', '10,110', ['leaves 1 to 100']],
    ['steps', Array.from({ length: 21 }, (_, n) => n + 1).join(','), ['21 steps', 'At most 20']],
    ['bake', '120', ['no duration', 'Did you mean "120s"?']],
    ['bake', '0s', ['no duration above zero']],
    ['bake', 'two minutes', ['no duration', '"90s" or "5m"']],
    ['error-margin', '0.5', ['no percentage', 'Did you mean "0.5%"?']],
    ['error-margin', '150%', ['from 0% to 100%']],
    ['error-margin', '0%', ['no canary could ever be shown to keep', 'least that makes sense is 0.01%', '0.5%']],
    ['error-margin', '0.005%', ['no canary could ever be shown to keep']],
    ['max-error-rate', '-1%', ['no percentage']],
    ['max-latency', 'p99=500ms', ['not understood', 'Did you mean "p99<500ms"?']],
    ['max-latency', 'p95<1.2, p99 <= 500', ['not understood', 'Did you mean "p95<1.2x,p99<500ms"?']],
    ['max-latency', 'p0<500ms', ['not understood', 'at most 4, comma-separated.']],
    ['max-latency', 'p99<0.5x', ['not understood']],
    ['max-latency', 'p99<500', ['not understood', 'Did you mean "p99<500ms"?']],
    ['min-requests', '0', ['from 1 to 1000000']],
    ['min-requests', '1e3', ['no whole number']],
    ['on-undecided', 'rolback', ['none of hold, rollback, advance', 'Did you mean "rollback"?']],
    ['analysis', 'on', ['none of auto, off', 'Did you mean "auto"?']],
    ['analysis', 'false', ['none of auto, off', 'Did you mean "off"?']],
    ['analysis', 'strict', ['none of auto, off.']],
    ['virtual-service', 'a/b/c', ['names no object', '"namespace/name"']],
    ['route', '  ', ['is empty']],
  ])('%s: "%s" is named with what was expected', (key, value, phrases) => {
    const problems = problemsOf(parse({ [key]: value }));

    expect(problems.map((problem) => problem.key)).toEqual([key]);
    for (const phrase of [`serin.dev/${key}`, ...phrases]) expect(problems[0]?.message).toContain(phrase);
    expect(problems[0]?.message).toContain(`"${value.trim()}"`);
  });

  it.each([
    {
      key: 'max-latency',
      value: Array.from({ length: 8 }, () => 'p99<500000000000000000000000ms').join(','),
      expected: 'more than 200 letters',
    },
    { key: 'max-bake', value: '721h', expected: 'more than 720h' },
    { key: 'bake', value: `${'9'.repeat(30)}h`, expected: 'more than 720h' },
  ])('$key that no object has room for is refused: $expected', ({ key, value, expected }) => {
    const parsed = parse({ [key]: value });

    expect(parsed.kind === 'problems' ? parsed.problems.map(({ message }) => message).join(' ') : '').toContain(
      expected,
    );
  });

  it('max-bake shorter than bake is named with both values', () => {
    const [problem] = problemsOf(parse({ bake: '10m', 'max-bake': '5m' }));

    expect(problem).toEqual({
      key: 'max-bake',
      value: '5m',
      message: 'serin.dev/max-bake is "5m", less than serin.dev/bake "10m". Make max-bake at least as long as bake.',
    });
  });

  it('a max-bake in which nothing can be counted is refused where its end rolls back, and there alone', () => {
    const short = { bake: '10s', 'max-bake': '45s' };

    expect(problemsOf(parse({ ...short, 'on-undecided': 'rollback' }))).toEqual([
      {
        key: 'max-bake',
        value: '45s',
        message:
          'serin.dev/max-bake is "45s", and serin.dev/on-undecided is "rollback": what a step counts is there a minute after it began, so that ' +
          'every release would be rolled back unseen. Make max-bake 1m at least, better the 12m of the default.',
      },
    ]);
    for (const fine of [
      { ...short, 'on-undecided': 'hold' },
      { ...short, 'on-undecided': 'rollback', analysis: 'off' },
      { ...short, 'on-undecided': 'rollback', 'max-bake': '1m' },
    ])
      expect(parse(fine).kind).toBe('settings');
  });

  it('bake longer than the default max-bake is named too', () => {
    expect(problemsOf(parse({ bake: '20m' }))).toEqual([
      {
        key: 'bake',
        value: '20m',
        message:
          'serin.dev/bake is "20m", more than serin.dev/max-bake, which is 12m unless written. Write a max-bake at least as long as bake.',
      },
    ]);
  });

  it('max-bake shorter than the default bake is named too', () => {
    expect(problemsOf(parse({ 'max-bake': '1m' }))).toEqual([
      {
        key: 'max-bake',
        value: '1m',
        message:
          'serin.dev/max-bake is "1m", less than serin.dev/bake, which is 2m unless written. Make max-bake at least as long as bake.',
      },
    ]);
  });

  it.each([
    ['step', 'Did you mean serin.dev/steps?'],
    ['canaryof', 'Did you mean serin.dev/canary-of?'],
    ['max_bake', 'Did you mean serin.dev/max-bake?'],
    ['virtualservice', 'Did you mean serin.dev/virtual-service?'],
    ['min-request', 'Did you mean serin.dev/min-requests?'],
    ['colour', 'The known ones are'],
  ])('key serin.dev/%s is met with "%s"', (key, hint) => {
    const problems = problemsOf(parse({ [key]: 'x' }));

    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(`serin.dev/${key} is not a setting of Serin.`);
    expect(problems[0]?.message).toContain(hint);
  });

  it('key is told even where nothing asks for a rollout', () => {
    const annotations = { 'serin.dev/canari-of': 'reviews-v1' };

    expect(problemsOf(parseSettings('reviews-v2', annotations))[0]?.message).toContain('serin.dev/canary-of?');
    expect(concerns(annotations)).toBe(true);
  });

  it('does not hide the others', () => {
    const problems = problemsOf(
      parse({ steps: '10', bake: '5', 'min-requests': 'many', analysis: 'of', colour: 'red' }),
    );

    expect(problems.map(({ key }) => key)).toEqual(['colour', 'steps', 'bake', 'min-requests', 'analysis']);
  });

  it('never throws and never gives a plan that breaks its promises', () => {
    const texts = fc.dictionary(
      fc.constantFrom(...settingKeys),
      fc.oneof(fc.string(), fc.constantFrom('10,100', '1m', '5m', '1%', 'p99<1s', '7', 'off', 'hold', 'a/b')),
    );
    fc.assert(
      fc.property(texts, (written) => {
        const parsed = parse(written);
        if (parsed.kind !== 'settings') return parsed.kind === 'problems';
        const { steps, bakeMs, maxBakeMs } = parsed.settings.plan;
        const rising = steps.every((step, at) => step > (steps[at - 1] ?? 0));
        return rising && steps.at(-1) === 100 && bakeMs > 0 && maxBakeMs >= bakeMs;
      }),
    );
  });
});

function parse(settings: Readonly<Record<string, string>>): ParsedSettings {
  const annotations = Object.entries(settings).map(([key, value]) => [`serin.dev/${key}`, value] as const);
  return parseSettings('reviews-v2', { 'serin.dev/canary-of': 'reviews-v1', ...Object.fromEntries(annotations) });
}

function problemsOf(parsed: ParsedSettings): readonly SettingProblem[] {
  return parsed.kind === 'problems' ? parsed.problems : [];
}
