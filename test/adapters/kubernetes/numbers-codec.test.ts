// Numbers as they are stored: JSON that the definition accepts, whatever was computed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbersSchema, writeNumbers } from '../../../src/adapters/kubernetes/numbers-codec.ts';

const aNumber = fc.double({ noNaN: false });
const counted = fc.record({ requests: fc.nat(), failures: fc.nat() });

describe('numbers', () => {
  it('come back from JSON as they were stored, whatever they are', () => {
    const numbers = fc.record({
      canary: counted,
      stable: counted,
      interval: fc.record({ low: aNumber, high: aNumber, level: aNumber }),
      margin: aNumber,
      worse: fc.record({ odds: aNumber, needed: aNumber }),
      progress: fc.record({ have: fc.nat(), need: aNumber, leftMs: aNumber }),
    });

    fc.assert(
      fc.property(numbers, (computed) => {
        const stored = writeNumbers(computed);

        expect(numbersSchema.parse(JSON.parse(JSON.stringify(stored)))).toEqual(JSON.parse(JSON.stringify(stored)));
      }),
    );
  });

  it('leave progress out that is not in sight, and keep odds within reason', () => {
    const stored = writeNumbers({
      canary: { requests: 10, failures: 0 },
      worse: { odds: Number.POSITIVE_INFINITY, needed: 100 },
      progress: { have: 10, need: Number.POSITIVE_INFINITY },
    });

    expect(stored).toEqual({ canary: { requests: 10, failures: 0 }, worse: { odds: 1e12, needed: 100 } });
  });
});
