import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/support/slow-first.ts';
import { slowest } from './test/support/slowest.ts';

// Tests that take many minutes run only when they are asked for: `make test-long`.
const long = {
  test: {
    name: 'long',
    include: ['test/long/**/*.test.ts'],
    sequence: { groupOrder: 4 },
    maxWorkers: 1,
    globalSetup: ['test/support/stack.ts'],
    testTimeout: 30 * 60_000,
    hookTimeout: 120_000,
  },
};

// Stories on the stack of this run. Two files at a time have up to six of them under way: with nine, two cores fall behind.
const onTheStack = {
  globalSetup: ['test/support/stack.ts'],
  testTimeout: 420_000,
  hookTimeout: 120_000,
  maxConcurrency: 3,
};

export default defineConfig({
  test: {
    reporters: ['default', slowest()],
    sequence: { sequencer: SlowFirst },
    // Stories wait for clusters and clocks: two files of them at a time, whatever the machine has.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/contract/**', 'test/e2e/**', 'test/long/**'],
          sequence: { groupOrder: 0 },
          // Some wait for real connections, so that three keep two cores busy.
          maxWorkers: 3,
          // A deadline for what hangs, not for a machine that is busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          // They mostly wait for watches and slots.
          maxWorkers: 4,
          globalSetup: ['test/support/stack.ts'],
          // Longer than `eventually` waits, so that it is the one to say what did not come.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/last/**'],
          sequence: { groupOrder: 2 },
          ...onTheStack,
        },
      },
      {
        test: {
          name: 'last',
          include: ['test/e2e/last/**/*.test.ts'],
          sequence: { groupOrder: 3 },
          ...onTheStack,
        },
      },
      ...(process.env['SERIN_LONG'] === '1' ? [long] : []),
    ],
  },
});
