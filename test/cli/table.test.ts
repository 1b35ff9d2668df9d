import { describe, expect, it } from 'vitest';
import { age, table } from '../../src/cli/render/table.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('an age', () => {
  it.each([
    [-5 * second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [3 * minute + 20 * second, '3m20s'],
    [42 * minute, '42m'],
    [179 * minute, '179m'],
    [5 * hour + 10 * minute, '5h10m'],
    [8 * hour, '8h'],
    [47 * hour, '47h'],
    [3 * day + 4 * hour, '3d4h'],
    [8 * day, '8d'],
    [400 * day, '400d'],
  ])('of %i ms is spelt %s, as kubectl does', (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});

describe('a table', () => {
  it('is as wide as its widest cells, colours not counted, with no blanks at the end of a line', () => {
    expect(
      table(
        ['A', 'LONG', 'C'],
        [
          ['\u001b[34mwide\u001b[0m', 'x', ''],
          ['y', '', 'z'],
        ],
      ),
    ).toEqual(['A      LONG   C', '\u001b[34mwide\u001b[0m   x', 'y             z']);
  });
});
