import { describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  test('gives the first answer that is neither undefined nor false, also 0 and the empty text', async () => {
    const answers = [undefined, false, 0, 1] as const;
    let asked = 0;

    const answer = await eventually('a number', async () => answers[asked++], { withinMs: 5_000 });

    expect(answer).toBe(0);
    expect(asked).toBe(3);
  });

  test('takes an error for "not yet"', async () => {
    let asked = 0;

    const answer = await eventually(
      'a second attempt',
      async () => {
        asked += 1;
        if (asked === 1) throw new Error('refused');
        return 'there';
      },
      { withinMs: 5_000 },
    );

    expect(answer).toBe('there');
  });

  test('fails at the deadline with the sentence and what was seen last', async () => {
    const never = eventually('the pods to be ready', async () => false, { withinMs: 1 });
    const refused = eventually('the port to open', () => Promise.reject(new Error('ECONNREFUSED')), { withinMs: 1 });
    const silent = eventually('an answer', () => new Promise<string>(() => undefined), { withinMs: 1 });

    await expect(never).rejects.toThrow('Waited 0.001 s for the pods to be ready. The last answer was false.');
    await expect(refused).rejects.toThrow('Waited 0.001 s for the port to open. The last attempt failed: ECONNREFUSED');
    await expect(silent).rejects.toThrow('Waited 0.001 s for an answer. The last attempt did not come back.');
  });
});
