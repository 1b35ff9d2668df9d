import { defineConfig } from 'vitest/config';
import { slowest } from './test/support/slowest.ts';

// Tests that take many minutes run only when they are asked for: `make test-long`.
const long = {
  test: {
    name: 'long',
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/support/stack.ts'],
    testTimeout: 30 * 60_000,
    hookTimeout: 120_000,
  },
};

export default defineConfig({
  test: {
    reporters: ['default', slowest()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/contract/**', 'test/e2e/**', 'test/long/**'],
          // A deadline for what hangs, not for a machine that is busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/support/stack.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/stack.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxConcurrency: 6,
        },
      },
      ...(process.env['SERIN_LONG'] === '1' ? [long] : []),
    ],
  },
});
