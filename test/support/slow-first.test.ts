import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { slow } from './slow-first.ts';

it('the files that begin first are there', () => {
  const isThere = (name: string): boolean => existsSync(join(import.meta.dirname, '..', 'e2e', `${name}.test.ts`));

  expect(slow.filter((name) => !isThere(name))).toEqual([]);
});
