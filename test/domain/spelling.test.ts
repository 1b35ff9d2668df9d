import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/domain/spelling.ts';

const verbs = ['get', 'status', 'wait', 'promote', 'abort', 'pause', 'resume', 'retry', 'plan', 'uninstall'];

describe('the nearest word', () => {
  it.each([
    ['promot', 'promote'],
    ['promtoe', 'promote'],
    ['PROMOTE', 'promote'],
    ['abrot', 'abort'],
    ['stats', 'status'],
    ['uninst', 'uninstall'],
    ['gt', 'get'],
  ])('of %s is %s', (word, expected) => {
    expect(nearest(word, verbs)).toBe(expected);
  });

  it.each(['rollback', 'x', '', 'deploy', 'p'])('is none for %j, which resembles nothing', (word) => {
    expect(nearest(word, verbs)).toBeUndefined();
  });

  it('counts two swapped letters as one edit', () => {
    expect(nearest('wiat', ['wait'])).toBe('wait');
    expect(nearest('baek', ['bake', 'back'])).toBe('bake');
  });

  it('is none for a start that fits several candidates', () => {
    expect(nearest('max', ['max-bake', 'max-latency'])).toBeUndefined();
  });

  it('is the first of two equally near ones', () => {
    expect(nearest('reviews-v3', ['reviews-v1', 'reviews-v2'])).toBe('reviews-v1');
  });

  it('is the word itself whenever it is a candidate', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), fc.nat(), (words, pick) => {
        const word = words[pick % words.length] ?? '';
        expect(nearest(word, words)).toBe(word);
      }),
    );
  });

  it('finds a word of four letters or more with any one letter lost', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(), (word, where) => {
        const index = where % word.length;
        expect(nearest(word.slice(0, index) + word.slice(index + 1), [word])).toBe(word);
      }),
    );
  });
});
