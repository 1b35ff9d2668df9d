import { describe, expect, it } from 'vitest';
import { whyNot } from '../../src/domain/unread.ts';

describe('why a file cannot be read', () => {
  it.each([
    [
      'what the system says of it',
      Object.assign(new Error("EACCES: open 'x'"), { code: 'EACCES' }),
      'you have no right to',
    ],
    [
      'a code that has no words here',
      Object.assign(new Error('EMFILE: too many'), { code: 'EMFILE' }),
      'EMFILE: too many',
    ],
    ['an error without a code, its full stop left to the sentence', new Error('It is torn.'), 'It is torn'],
    ['what is no error', 'torn', 'torn'],
  ])('is told for %s', (_what, error, words) => {
    expect(whyNot(error)).toBe(words);
  });
});
