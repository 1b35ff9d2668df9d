import { describe, expect, it } from 'vitest';
import { claimIn, claimKey, claimText } from '../../../src/adapters/istio/claim.ts';

describe('a claim', () => {
  it('is read as it was written', () => {
    const claim = { rollout: 'shop/reviews-v2-5d4f-1', epoch: 12 };

    expect(claimIn({ team: 'shop', [claimKey]: claimText(claim) })).toEqual(claim);
  });

  it.each([
    ['nothing', undefined],
    ['other annotations', { team: 'shop' }],
    ['no epoch', { [claimKey]: 'shop/reviews' }],
    ['no namespace', { [claimKey]: 'reviews@3' }],
    ['a negative epoch', { [claimKey]: 'shop/reviews@-3' }],
    ['words', { [claimKey]: 'mine, hands off' }],
  ])('is not seen in %s', (_what, annotations) => {
    expect(claimIn(annotations)).toBeUndefined();
  });
});
