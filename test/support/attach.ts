// The stack of this test run, as a test uses it.

import { inject } from 'vitest';
import { attach, type Stack } from '../../tools/stack/description.ts';
import type {} from './stack.ts';

let attached: Stack | undefined;

/** The real parts that this test run started. Whoever stops a part starts it again: other tests use it too. */
export function stackOfThisRun(): Stack {
  attached ??= attach(inject('stack'));
  return attached;
}
