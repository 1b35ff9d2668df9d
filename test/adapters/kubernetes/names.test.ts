import { describe, expect, it } from 'vitest';
import { labelValue } from '../../../src/adapters/kubernetes/label-value.ts';
import { selectorText } from '../../../src/adapters/kubernetes/selector.ts';

describe('a name as a label value', () => {
  it('is the name itself while it fits', () => {
    expect(labelValue('reviews.v2')).toBe('reviews.v2');
    expect(labelValue('r'.repeat(63))).toBe('r'.repeat(63));
  });

  it('is cut and told apart by a hash when it does not', () => {
    const [one, other] = [
      labelValue(`${'r'.repeat(53)}-${'1'.repeat(100)}`),
      labelValue(`${'r'.repeat(53)}-${'2'.repeat(100)}`),
    ];

    expect(one).toMatch(/^r{53}-[0-9a-f]{8}$/);
    expect(one.length).toBeLessThanOrEqual(63);
    expect(other).not.toBe(one);
  });
});

describe('a selector as text', () => {
  it('joins labels and expressions', () => {
    const selector = {
      matchLabels: { app: 'reviews', version: 'v2' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'zone', operator: 'NotIn', values: ['c'] },
        { key: 'old', operator: 'DoesNotExist' },
        { key: 'new', operator: 'Exists' },
      ],
    };

    expect(selectorText(selector)).toBe('app=reviews,version=v2,tier in (a,b),zone notin (c),!old,new');
  });

  it('is empty for one that says nothing', () => {
    expect(selectorText({ matchLabels: null })).toBe('');
  });
});
