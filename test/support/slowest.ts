// A vitest reporter: the ten slowest tests, what failed, and as the very last line how many tests passed and failed.

import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';

/** How a run ended. `failed` counts failed tests, suites and files that could not run, and errors outside of any test. */
interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const shown = 10;

/** The reporter, for vitest's configuration. */
export function slowest(): Reporter {
  let tests: readonly TestCase[] = [];
  let tally: Tally = { passed: 0, failed: 1 }; // a run that never ends has failed

  function end(code: number): void {
    // Vitest knows of failures that no test, suite or error list shows, such as a global set-up that threw.
    const told = tally.failed === 0 && code !== 0 ? { passed: tally.passed, failed: 1 } : tally;
    process.stdout.write(`${[...slowestOf(tests), ...failuresOf(tests), lineOf(told)].join('\n')}\n`);
  }

  return {
    onInit(): void {
      process.once('exit', end);
    },
    onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
      tests = modules.flatMap((module) => [...module.children.allTests()]);
      tally = tallyOf(modules, unhandled.length);
    },
  };
}

function tallyOf(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const results = modules.flatMap((module) => [...module.children.allTests()]).map((test) => test.result().state);
  const suites: readonly (TestModule | TestSuite)[] = modules.flatMap((module) => [
    module,
    ...module.children.allSuites(),
  ]);
  const broken = suites.filter((suite) => suite.errors().length > 0).length;
  const failed = results.filter((state) => state === 'failed').length + broken + unhandledErrors;
  return { passed: results.filter((state) => state === 'passed').length, failed };
}

function lineOf(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed`;
}

/** Failures once more at the very end, because logs are read from there. */
function failuresOf(tests: readonly TestCase[]): readonly string[] {
  const lines = tests.flatMap((test) => {
    const { state, errors } = test.result();
    if (state !== 'failed') return [];
    const why = (errors[0]?.message ?? '').split('\n')[0]?.slice(0, 300) ?? '';
    return [`  ${test.module.relativeModuleId}: ${test.fullName}: ${why}`];
  });
  return lines.length === 0 ? [] : ['Failed:', ...lines, ''];
}

function slowestOf(tests: readonly TestCase[]): readonly string[] {
  const timed = tests.map((test) => ({
    name: `${test.module.relativeModuleId}: ${test.fullName}`,
    ms: test.diagnostic()?.duration ?? 0,
  }));
  const lines = timed
    .sort((one, other) => other.ms - one.ms)
    .slice(0, shown)
    .map(({ name, ms }) => `  ${(ms / 1_000).toFixed(1).padStart(6)} s  ${name}`);
  return lines.length === 0 ? [] : ['', 'The slowest tests:', ...lines, ''];
}
