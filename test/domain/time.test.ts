import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatInstant, parseDuration } from '../../src/domain/time.ts';

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['1m500ms', 60_500],
    ['0s', 0],
  ])('of %s is read as %d ms', (text, millis) => {
    expect(parseDuration(text)).toBe(millis);
  });

  it.each(['', '90', 's', '-5s', '5 m', '5m ', '1d', '1e3s', '.5s', '5.s', 'five minutes', 'NaNs', '5M'])(
    'is not found in "%s"',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('too long for a number is none', () => {
    expect(parseDuration(`${'9'.repeat(400)}h`)).toBeUndefined();
  });

  it.each([
    [0, '0s'],
    [-5, '0s'],
    [250, '250ms'],
    [1_500, '1.5s'],
    [90_000, '1m30s'],
    [7_200_000, '2h'],
    [3_661_000, '1h1m1s'],
  ])('of %d ms is written as %s', (millis, text) => {
    expect(formatDuration(millis)).toBe(text);
  });

  it('of any length is read back as it was written', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 1_000_000 }).map((seconds) => seconds * 1_000),
      fc.integer({ min: 0, max: 100_000_000 }),
    );
    fc.assert(fc.property(lengths, (millis) => parseDuration(formatDuration(millis)) === millis));
  });
});

it('writes an instant in UTC as Kubernetes reads it', () => {
  expect(formatInstant(Date.UTC(2026, 0, 5, 9, 0, 0, 7))).toBe('2026-01-05T09:00:00.007Z');
});
