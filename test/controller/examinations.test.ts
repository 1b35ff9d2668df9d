// How long a doctor's findings are good for.
import { describe, expect, it } from 'vitest';
import { freshMs, rememberingDoctor } from '../../src/controller/examinations.ts';
import type { Doctor, Finding } from '../../src/controller/ports.ts';

const finding: Finding = { id: 'permissions', level: 'fine', message: 'The controller may do what it does.' };

function counting(answer: () => Promise<readonly Finding[]> = async () => [finding]) {
  const asked: string[] = [];
  const doctor: Doctor = {
    examine: (namespace, name) => {
      asked.push(`${namespace}/${name}`);
      return answer();
    },
  };
  return { asked, doctor };
}

describe('a doctor that remembers', () => {
  it('examines a Deployment anew only when what it found is ten seconds old', async () => {
    const { asked, doctor } = counting();
    let now = 5_000;
    const remembering = rememberingDoctor(doctor, { now: () => now });

    await remembering.examine('shop', 'checkout');
    now += freshMs - 1;
    const again = await remembering.examine('shop', 'checkout');
    await remembering.examine('shop', 'cart');
    now += 1;
    await remembering.examine('shop', 'checkout');

    expect(again).toEqual([finding]);
    expect(asked).toEqual(['shop/checkout', 'shop/cart', 'shop/checkout']);
  });

  it('asks again after an examination that failed', async () => {
    const { asked, doctor } = counting(() => Promise.reject(new Error('The cluster is gone.')));
    const remembering = rememberingDoctor(doctor, { now: () => 0 });

    await expect(remembering.examine('shop', 'checkout')).rejects.toThrow('The cluster is gone.');
    await expect(remembering.examine('shop', 'checkout')).rejects.toThrow('The cluster is gone.');

    expect(asked).toHaveLength(2);
  });
});
