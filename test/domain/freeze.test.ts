// Freezes as pure values: when a window holds, until when, on the days on which clocks change too.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FreezeWindow, frozenAt, windowEnd } from '../../src/domain/freeze.ts';
import { readFreezes } from '../../src/domain/freeze-settings.ts';
import { instantOf, offsetAt, wallClock } from '../../src/domain/wall-clock.ts';

// Of the later ones clocks change at midnight, or by half an hour.
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia', 'Australia/Lord_Howe'];
zones.push('America/Havana', 'Asia/Beirut', 'America/Santiago', 'Atlantic/Azores');
const hourMs = 3_600_000;
const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });
const zone = fc.constantFrom(...zones);

/** When clocks were or will be changed, from 2024 on. */
const changes = fc.constantFrom(...zones.flatMap((timeZone) => changesOf(timeZone).map((at) => ({ at, timeZone }))));

describe('a window of the week', () => {
  const weekend = [
    { name: 'weekend', timeZone: 'Europe/Berlin', from: 'Fri 16:00', to: 'Mon 08:00', reason: 'nobody is here' },
  ];

  it.each([
    ['2026-01-09T14:59:59Z', undefined],
    ['2026-01-09T15:00:00Z', '2026-01-12T07:00:00.000Z'],
    ['2026-01-12T06:59:59Z', '2026-01-12T07:00:00.000Z'],
    ['2026-01-12T07:00:00Z', undefined],
  ])('at %s holds until %s', (at, until) => {
    expect(untilOf(weekend, at)).toBe(until);
  });

  it('is as long as the clock on the wall says when clocks are put forward, and back', () => {
    // Berlin: forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00.
    expect(untilOf(weekend, '2026-03-28T12:00:00Z')).toBe('2026-03-30T06:00:00.000Z');
    expect(untilOf(weekend, '2026-10-24T12:00:00Z')).toBe('2026-10-26T07:00:00.000Z');
  });

  it('that begins in the hour that is skipped begins right after it, one that ends in the hour that comes twice ends the second time', () => {
    const night = [{ name: 'night', timeZone: 'Europe/Berlin', days: ['Sun'], from: '02:30', to: '03:15' }];
    const short = [{ name: 'short', timeZone: 'Europe/Berlin', days: ['Sun'], from: '02:30', to: '02:45' }];

    expect(untilOf(short, '2026-10-25T00:30:00Z')).toBe('2026-10-25T01:45:00.000Z');
    expect(untilOf(short, '2026-10-25T01:44:59Z')).toBe('2026-10-25T01:45:00.000Z');
    expect(untilOf(night, '2026-03-29T00:59:59Z')).toBeUndefined();
    expect(untilOf(night, '2026-03-29T01:00:00Z')).toBe('2026-03-29T01:15:00.000Z');
    expect(untilOf(short, '2026-03-29T01:00:00Z')).toBeUndefined();
    expect(untilOf(short, '2026-03-29T01:30:00Z')).toBeUndefined();
  });

  it('is never missed: whenever the clock on the wall shows a time within it, it holds, also on days on which clocks change', () => {
    const near = fc.oneof(fc.integer({ min: -120, max: 180 }), fc.integer({ min: -1_500, max: 1_500 }));
    const [from, to] = [fc.integer({ min: 0, max: 1_438 }), fc.integer({ min: 1, max: 1_440 })];
    fc.assert(
      fc.property(changes, near, from, to, ({ at, timeZone }, off, a, b) => {
        fc.pre(a < b);
        const now = at + off * 60_000;
        const wall = new Date(now + offsetAt(now, timeZone));
        const minutes = wall.getUTCHours() * 60 + wall.getUTCMinutes();
        const spans = [{ day: wall.getUTCDay(), from: a, days: 0, to: b }];
        fc.pre(minutes >= a && minutes < b);

        expect(windowEnd({ name: 'd', timeZone, span: { kind: 'weekly', spans } }, now)).toBeGreaterThan(now);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of days alone is the whole of each, and days that follow each other are one', () => {
    expect(untilOf([{ name: 'w', days: ['Sat', 'Sun'] }], '2026-01-10T10:00:00Z')).toBe('2026-01-12T00:00:00.000Z');
    expect(untilOf([{ name: 'w', days: ['Sat'] }], '2026-01-11T00:00:00Z')).toBeUndefined();
  });

  it('of times alone is every night, past midnight', () => {
    const nights = [{ name: 'nights', timeZone: 'America/New_York', from: '22:00', to: '06:00' }];

    expect(untilOf(nights, '2026-01-06T04:00:00Z')).toBe('2026-01-06T11:00:00.000Z');
    expect(untilOf(nights, '2026-01-06T12:00:00Z')).toBeUndefined();
  });

  it('holds exactly when the clock on the wall is within it, in every zone and at every time', () => {
    fc.assert(
      fc.property(instant, zone, fc.integer({ min: 0, max: 6 }), (at, timeZone, day) => {
        const window = {
          name: 'd',
          timeZone,
          span: { kind: 'weekly', spans: [{ day, from: 540, days: 0, to: 1_020 }] },
        } as const;
        const wall = new Date(at + offsetAt(at, timeZone));
        const minutes = wall.getUTCHours() * 60 + wall.getUTCMinutes();
        const isWithin = wall.getUTCDay() === day && minutes >= 540 && minutes < 1_020;

        expect(windowEnd(window, at) !== undefined).toBe(isWithin);
      }),
      { numRuns: 500 },
    );
  });

  it('ends in the future, and its end does not belong to it', () => {
    const clock = fc.integer({ min: 0, max: 1_439 });
    const spans = fc.record({
      day: fc.integer({ min: 0, max: 6 }),
      from: clock,
      days: fc.integer({ min: 1, max: 6 }),
      to: clock,
    });
    fc.assert(
      fc.property(instant, zone, spans, (at, timeZone, span) => {
        const window: FreezeWindow = { name: 'd', timeZone, span: { kind: 'weekly', spans: [span] } };
        const end = windowEnd(window, at);
        fc.pre(end !== undefined);

        expect(end).toBeGreaterThan(at);
        expect(end - at).toBeLessThanOrEqual(8 * 24 * hourMs);
        expect(windowEnd(window, end)).toBeUndefined();
        expect(windowEnd(window, end - 1)).toBe(end);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the clock on the wall', () => {
  it('shows at the instant found what was looked for, or, of a time that it skips, up to a day-light hour more', () => {
    fc.assert(
      fc.property(instant, zone, (at, timeZone) => {
        const wall = Math.floor((at + offsetAt(at, timeZone)) / 60_000) * 60_000;

        const [earlier, later] = [instantOf(wall, timeZone, 'earlier'), instantOf(wall, timeZone, 'later')];

        expect(earlier).toBeLessThanOrEqual(later);
        expect(earlier + offsetAt(earlier, timeZone)).toBe(wall);
        expect([earlier, later]).toContain(Math.floor(at / 60_000) * 60_000);
      }),
      { numRuns: 500 },
    );
  });

  it('is worded with its zone', () => {
    expect(wallClock(Date.UTC(2026, 0, 12, 7), 'Europe/Berlin')).toBe('Mon 2026-01-12 08:00 Europe/Berlin');
  });
});

describe('frozen', () => {
  it('until the first moment that no window covers, whosever they are', () => {
    const declared = [
      readFreezes('shop/usual', [{ name: 'a', from: '2026-01-05T10:00:00Z', to: '2026-01-05T12:00:00Z' }], undefined),
      readFreezes(
        'serin-system/cluster',
        [{ name: 'b', from: '2026-01-05T12:00:00Z', to: '2026-01-05T13:00:00+01:00' }],
        undefined,
      ),
      readFreezes('shop/other', [{ name: 'c', from: '2026-01-05T11:00:00Z', to: '2026-01-05T15:00:00Z' }], undefined),
    ];

    const frozen = frozenAt(declared, Date.parse('2026-01-05T10:30:00Z'));

    expect(declared.flatMap(({ problems }) => problems)).toHaveLength(1);
    expect(frozen?.message).toContain('A freeze cannot be read');
    expect(
      frozenAt(
        [declared[0], declared[2]].filter((one) => one !== undefined),
        Date.parse('2026-01-05T10:30:00Z'),
      ),
    ).toEqual({
      until: Date.parse('2026-01-05T15:00:00Z'),
      message: 'Frozen until Mon 2026-01-05 15:00 UTC by "a" of CanaryPolicy shop/usual.',
    });
  });

  it('by a stop for ever, whatever the windows say', () => {
    const declared = [readFreezes('serin-system/cluster', [{ name: 'a', days: ['Sat'] }], 'incident 4711')];

    expect(frozenAt(declared, 0)).toEqual({
      message:
        'Everything is stopped by CanaryPolicy serin-system/cluster: incident 4711. To lift it: kubectl patch canarypolicy cluster ' +
        `-n serin-system --type=merge -p '{"spec":{"stop":null}}'`,
    });
  });

  it('by nothing where nothing is declared', () => {
    expect(frozenAt([], 0)).toBeUndefined();
    expect(frozenAt([readFreezes('shop/usual', undefined, undefined)], 0)).toBeUndefined();
    expect(frozenAt([readFreezes('shop/usual', [], '')], 0)).toBeUndefined();
  });
});

describe('what is wrong with a window is said with its place', () => {
  it.each([
    [{ name: 'w', days: ['Sat'], timeZone: 'Europe/Berln' }, 'has the time zone "Europe/Berln", which is unknown'],
    [{ name: 'w', day: ['Sat'] }, 'has a field "day". Did you mean days?'],
    [{ name: 'w', days: ['Caturday'] }, 'which make no window. Expected days such as [Sat, Sun]'],
    [{ name: 'w', days: [] }, 'which make no window'],
    [{ name: 'w' }, 'has days absent, from absent, to absent, which make no window'],
    [{ name: 'w', from: '18:00' }, 'which make no window'],
    [{ name: 'w', from: '25:00', to: '26:00' }, 'which make no window'],
    [{ name: 'w', from: 'Fri 16:00', to: '08:00' }, 'which make no window'],
    [{ name: 'w', from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'which make no window'],
    [{ name: 'w', from: '2026-01-02', to: '2026-01-03' }, 'which make no window'],
    ['weekends', 'is no window'],
    [{ days: ['Sat'] }, 'has no name. Give it one'],
    [{ name: 'w', from: '20:00', to: '20:00' }, 'is the whole week, so that it never ends. Write spec.stop'],
    [{ name: 'w', from: 'Fri 16:00', to: 'Fri 16:00' }, 'is the whole week'],
  ])('%j', (entry, sentence) => {
    const { windows, problems } = readFreezes('shop/usual', [entry], undefined);

    expect(windows).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^spec\.freeze\[0\] of CanaryPolicy shop\/usual (has|is) /);
    expect(problems[0]).toContain(sentence);
  });

  it('and nothing at all is thrown for, whatever is written', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), instant, (freeze, stop, at) => {
        const read = readFreezes('shop/usual', freeze, stop);

        expect(() => frozenAt([read], at)).not.toThrow();
      }),
    );
  });
});

/** Until when windows hold at an instant. */
function untilOf(freeze: unknown, at: string): string | undefined {
  const declared = readFreezes('shop/usual', freeze, undefined);
  expect(declared.problems).toEqual([]);
  const until = frozenAt([declared], Date.parse(at))?.until;
  return until === undefined ? undefined : new Date(until).toISOString();
}

/** The hours of four years at whose end the clocks of a zone are ahead of UTC by another time than at their beginning. */
function changesOf(timeZone: string): readonly number[] {
  const days = Array.from({ length: 4 * 365 }, (_, day) => Date.UTC(2024, 0, 1 + day));
  const changing = days.filter((day) => offsetAt(day, timeZone) !== offsetAt(day + 24 * hourMs, timeZone));
  return changing.flatMap((day) =>
    Array.from({ length: 24 }, (_, hour) => day + hour * hourMs).filter(
      (at) => offsetAt(at, timeZone) !== offsetAt(at + hourMs, timeZone),
    ),
  );
}

describe('names of windows', () => {
  it('are each for one window alone', () => {
    const windows = [
      { name: 'w', days: ['Sat'] },
      { name: 'w', days: ['Sun'] },
    ];

    expect(readFreezes('shop/usual', windows, undefined).problems).toEqual([
      expect.stringContaining('has two windows "w". Give each a name of its own.'),
    ]);
  });
});
