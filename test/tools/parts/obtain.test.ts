import { describe, expect, test } from 'vitest';
import { found, MissingPart, missing, obtain, type Way } from '../../../tools/parts/obtain.ts';

function way(name: string, outcome: ReturnType<typeof found<string>>): Way<string> {
  return { name, find: async () => outcome };
}

describe('obtaining a part', () => {
  test('the first way that has it wins, and later ways are not asked', async () => {
    const never: Way<string> = {
      name: 'build',
      async find() {
        throw new Error('asked');
      },
    };

    const obtained = await obtain(
      'KWOK',
      [way('KWOK_BIN', missing('not set')), way('cache', found('/somewhere/kwok')), never],
      'install it.',
    );

    expect(obtained).toEqual({ part: '/somewhere/kwok', from: 'cache' });
  });

  test('a part that no way has ends with a message that names it, what was tried, and what to do', async () => {
    const ways = [way('REDIS_SERVER_BIN', missing('not set')), way('redis-server on PATH', missing('not there'))];

    const failure = await obtain('Redis', ways, 'install redis-server.').catch((cause: unknown) => cause);

    expect(failure).toBeInstanceOf(MissingPart);
    expect(failure).toHaveProperty(
      'message',
      [
        'Redis is missing on this machine.',
        '  Tried, in this order:',
        '    REDIS_SERVER_BIN: not set',
        '    redis-server on PATH: not there',
        '  What to do: install redis-server.',
      ].join('\n'),
    );
  });
});
