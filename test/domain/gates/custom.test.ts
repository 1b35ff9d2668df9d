import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CustomGate,
  type CustomState,
  closeCustom,
  dueLooks,
  type Look,
  openCustom,
  questionOf,
  type Sample,
  sayCustom,
  sayCustomDown,
} from '../../../src/domain/gates/custom.ts';
import { dawn } from '../../support/builders.ts';

const slotMs = 15_000;
const context = { weight: 10, now: dawn + 60_000 };
const none: Sample = { kind: 'none' };

function aGate(parts: Partial<CustomGate> = {}): CustomGate {
  const question = { kind: 'limit' as const, query: 'queue{d="{{canary}}"}', max: 100 };
  return { name: 'queue', question, onNoData: 'hold', shadow: false, windowMs: 60_000, failures: 2, ...parts };
}

function comparing(kind: 'ratio' | 'increase', value: number, parts: Partial<CustomGate> = {}): CustomGate {
  return aGate({ question: { kind: 'compare', canary: 'a', stable: 'b', most: { kind, value } }, ...parts });
}

function number(value: number): Sample {
  return { kind: 'number', value };
}

/** The verdicts of looks in a row, one a slot. */
function verdicts(gate: CustomGate, looks: readonly Look[], weight = 10) {
  let state = openCustom(undefined, dawn);
  return looks.map((look, index) => {
    const at = dawn + (index + 1) * slotMs;
    const [next, verdict] = sayCustom(gate, state, { weight, now: at }, { at, look });
    state = openCustom(JSON.parse(JSON.stringify(closeCustom(next))), dawn);
    return verdict;
  });
}

function words(gate: CustomGate, looks: readonly Look[], weight?: number): readonly string[] {
  return verdicts(gate, looks, weight).map(({ verdict }) => verdict);
}

const values = (...numbers: number[]): readonly Look[] => numbers.map((value) => ({ canary: number(value) }));

describe('a limit', () => {
  it.each<[string, CustomGate['question'], number, string, string]>([
    ['at most', { kind: 'limit', query: 'x', max: 100 }, 100, 'pass', 'queue is 100; at most 100 is allowed.'],
    ['at least', { kind: 'limit', query: 'x', min: 1 }, 1, 'pass', 'queue is 1; at least 1 is allowed.'],
    ['both', { kind: 'limit', query: 'x', min: 1, max: 2 }, 1.5, 'pass', 'at least 1 and at most 2 is allowed'],
    ['above', { kind: 'limit', query: 'x', max: 100 }, 100.5, 'undecided', 'queue is 100.5, above its limit of 100'],
    ['below', { kind: 'limit', query: 'x', min: 1 }, 0, 'undecided', 'queue is 0, below its limit of 1'],
  ])('%s is held against the value', (_which, question, value, verdict, sentence) => {
    const [said] = verdicts(aGate({ question }), values(value));

    expect(said).toMatchObject({ gate: 'custom/queue', verdict });
    expect(said?.message).toContain(sentence);
  });

  it('is not broken by one bad look', () => {
    expect(words(aGate(), values(3, 140, 3, 140, 3))).toEqual(['pass', 'undecided', 'pass', 'undecided', 'pass']);
  });

  it('is broken by bad looks in a row, and the sentence says how many', () => {
    const said = verdicts(aGate({ failures: 3 }), values(140, 141, 142));

    expect(said.map(({ verdict }) => verdict)).toEqual(['undecided', 'undecided', 'fail']);
    expect(said.map(({ message }) => message)).toEqual([
      'queue is 140, above its limit of 100, in 1 of the 3 looks in a row that roll back.',
      'queue is 141, above its limit of 100, in 2 of the 3 looks in a row that roll back.',
      'queue is 142, above its limit of 100, in 3 looks in a row.',
    ]);
  });

  it('is broken at once where one look is enough', () => {
    expect(words(aGate({ failures: 1 }), values(140))).toEqual(['fail']);
  });

  it('in shadow is said and marked', () => {
    const said = verdicts(aGate({ shadow: true }), values(140, 140));

    expect(said[1]).toMatchObject({ verdict: 'fail', shadow: true });
    expect(said[1]?.message).toMatch(/^In shadow, not judged: queue is 140/);
  });
});

describe('what is no single number', () => {
  it.each<[string, Sample, string, string]>([
    ['no sample', none, 'NoSample', 'queue has no sample at '],
    ['several samples', { kind: 'several', count: 3 }, 'SeveralSamples', 'has 3 samples where one is meant'],
    ['NaN', { kind: 'notNumber', text: 'NaN' }, 'NotANumber', 'gave NaN, which is no number'],
    ['an infinity', { kind: 'notNumber', text: '+Inf' }, 'NotANumber', 'gave +Inf, which is no number'],
  ])('%s holds, passes or fails as the gate says, and is said', (_what, canary, reason, sentence) => {
    const twice = [{ canary }, { canary }];

    const held = verdicts(aGate(), twice);
    const passed = verdicts(aGate({ onNoData: 'pass' }), twice);
    const failed = verdicts(aGate({ onNoData: 'fail' }), twice);

    expect(held.map(({ verdict }) => verdict)).toEqual(['noData', 'noData']);
    expect(passed.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    expect(failed.map(({ verdict }) => verdict)).toEqual(['undecided', 'fail']);
    for (const said of [...held, ...passed, ...failed]) {
      expect(said.reason).toBe(reason);
      expect(said.message).toContain(sentence);
    }
  });

  it('ends a row of bad looks unless it counts as one', () => {
    const looks = [...values(140), { canary: none }, ...values(140)];

    expect(words(aGate(), looks)).toEqual(['undecided', 'noData', 'undecided']);
    expect(words(aGate({ onNoData: 'fail' }), looks)).toEqual(['undecided', 'fail', 'fail']);
  });
});

describe('a comparison', () => {
  const pair = (canary: number, stable: number): Look => ({ canary: number(canary), stable: number(stable) });

  it.each<[string, CustomGate, Look, string, string]>([
    ['a ratio within', comparing('ratio', 1.5), pair(3, 2), 'pass', '3 on the canary and 2 on stable: 1.5 times'],
    ['a ratio beyond', comparing('ratio', 1.5), pair(4, 2), 'undecided', '2 times, at most 1.5 times is allowed'],
    ['nothing on both sides', comparing('ratio', 1.5), pair(0, 0), 'pass', '1 times'],
    ['a ratio to nothing', comparing('ratio', 1.5), pair(1, 0), 'noData', 'of which there is no ratio'],
    ['a ratio below zero', comparing('ratio', 1.5), pair(1, -2), 'noData', 'of which there is no ratio'],
    ['an increase within', comparing('increase', 5), pair(6, 1), 'pass', '+5, at most +5 is allowed'],
    ['an increase beyond', comparing('increase', 5), pair(7, 1), 'undecided', '+6, at most +5 is allowed'],
    ['a decrease', comparing('increase', 0), pair(-3, 1), 'pass', '-4, at most +0 is allowed'],
    ['no canary', comparing('ratio', 2), { canary: none, stable: number(1) }, 'noData', 'no sample for the canary'],
    ['no stable', comparing('ratio', 2), { canary: number(1), stable: none }, 'noData', 'no sample for stable'],
  ])('of %s', (_what, gate, look, verdict, sentence) => {
    const [said] = verdicts(gate, [look]);

    expect(said?.verdict).toBe(verdict);
    expect(said?.message).toContain(sentence);
  });

  it('takes the last number of stable once all traffic has left it, and says how old it is', () => {
    const gate = comparing('ratio', 1.5);
    const alone: Look = { canary: number(3), stable: none };
    const [state] = sayCustom(gate, openCustom(undefined, dawn), context, { at: dawn + slotMs, look: pair(2, 2) });
    const later = openCustom(closeCustom(state), dawn + 300_000);

    const idle: Look = { canary: number(3), stable: number(0) };
    const [, partly] = sayCustom(gate, later, { weight: 50, now: dawn + 315_000 }, { at: dawn + 315_000, look: alone });
    const [, fully] = sayCustom(gate, later, { weight: 100, now: dawn + 315_000 }, { at: dawn + 315_000, look: alone });

    const [, zero] = sayCustom(gate, later, { weight: 100, now: dawn + 315_000 }, { at: dawn + 315_000, look: idle });

    expect(partly.verdict).toBe('noData');
    expect(zero).toEqual(fully);
    expect(fully.verdict).toBe('pass');
    expect(fully.message).toContain('was 2 on stable 5m ago, before all traffic left it');
  });

  it('has nothing to go by at full weight where stable was never seen', () => {
    const idle: Look = { canary: number(3), stable: number(0) };

    expect(words(comparing('ratio', 1.5), [{ canary: number(3), stable: none }, idle], 100)).toEqual([
      'noData',
      'noData',
    ]);
    expect(words(comparing('increase', 1), [idle], 100)).toEqual(['noData']);
  });
});

describe('looks', () => {
  const fresh = openCustom(undefined, dawn);

  it('are due at the end of each slot of the step', () => {
    expect(dueLooks(aGate(), fresh, dawn, slotMs)).toEqual([]);
    expect(dueLooks(aGate(), fresh, dawn + 30_000, slotMs)).toEqual([dawn + 15_000, dawn + 30_000]);
  });

  it('keep the interval, in whole slots', () => {
    const gate = aGate({ intervalMs: 40_000 });

    const due = dueLooks(gate, fresh, dawn + 120_000, slotMs);

    expect(due).toEqual([dawn + 15_000, dawn + 60_000, dawn + 105_000]);
  });

  it('wait for the window where the query looks back over it', () => {
    const question = { kind: 'limit' as const, query: 'rate(x[{{window}}])', max: 1 };

    expect(dueLooks(aGate({ question }), fresh, dawn + 75_000, slotMs)).toEqual([dawn + 60_000, dawn + 75_000]);
    const [, said] = sayCustom(aGate({ question }), fresh, { weight: 10, now: dawn + 20_000 });
    expect(said).toMatchObject({ verdict: 'undecided', reason: 'NotAsked' });
    expect(said.message).toContain('for the first time in 40s');
  });

  it('that were missed are made up for, the latest few of them', () => {
    const due = dueLooks(aGate(), fresh, dawn + 3_600_000, slotMs);

    expect(due).toHaveLength(8);
    expect(due.at(-1)).toBe(dawn + 3_600_000);
  });

  it('come to the same however they are cut by saving', () => {
    const samples = fc.constantFrom<Sample>(number(1), number(140), none, { kind: 'several', count: 2 });
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 12 }), fc.nat(12), (all, cut) => {
        const gate = aGate({ failures: 3, onNoData: 'fail' });
        const run = (from: CustomState, part: readonly Sample[], first: number) =>
          part.reduce<CustomState>((state, canary, index) => {
            const at = dawn + (first + index + 1) * slotMs;
            return sayCustom(gate, state, context, { at, look: { canary } })[0];
          }, from);

        const half = run(openCustom(undefined, dawn), all.slice(0, cut), 0);
        const saved: unknown = JSON.parse(JSON.stringify(closeCustom(half)));
        const rest = run(
          openCustom(saved as ReturnType<typeof closeCustom>, dawn),
          all.slice(cut),
          Math.min(cut, all.length),
        );

        expect(rest).toEqual(run(openCustom(undefined, dawn), all, 0));
      }),
    );
  });
});

describe('a source that is down', () => {
  it('is that, of this gate', () => {
    const said = sayCustomDown(aGate(), openCustom(undefined, dawn), context, 'Prometheus is away.');

    expect(said).toEqual({
      gate: 'custom/queue',
      verdict: 'sourceDown',
      reason: 'SourceUnreachable',
      message: 'queue: Prometheus is away.',
    });
  });

  it('takes back no failure that was proven', () => {
    const [state] = sayCustom(aGate({ failures: 1 }), openCustom(undefined, dawn), context, {
      at: dawn + slotMs,
      look: { canary: number(140) },
    });

    expect(sayCustomDown(aGate({ failures: 1 }), state, context, 'Away.').verdict).toBe('fail');
  });
});

describe('a saved state', () => {
  it.each([
    undefined,
    { version: 9, state: { stepStart: dawn, bad: 1 } },
    { version: 1, state: {} },
    { version: 1, state: null },
    {
      version: 1,
      state: { stepStart: dawn, bad: 1, last: { at: dawn, look: { canary: { kind: 'number', value: 'x' } } } },
    },
    { version: 1, state: { stepStart: dawn - 1, bad: 1 } },
  ])('that cannot be read or is of another step begins anew: %j', (saved) => {
    expect(openCustom(saved, dawn)).toEqual({ stepStart: dawn, bad: 0 });
  });
});

it('asks with the names, the step and the weight', () => {
  const around = { canary: 'new', stable: 'old', namespace: 'shop', step: 1, weight: 10 };
  const question = {
    kind: 'compare' as const,
    canary: 'a{x="{{canary}}"}',
    stable: 'a{x="{{stable}}"}',
    most: { kind: 'ratio' as const, value: 2 },
  };

  expect(questionOf(aGate(), around)).toEqual({ canary: 'queue{d="new"}' });
  expect(questionOf(aGate({ question }), around)).toEqual({ canary: 'a{x="new"}', stable: 'a{x="old"}' });
});
