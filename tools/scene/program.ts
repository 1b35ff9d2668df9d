// Which `serin` is run where demo, tests and benchmarks start one.
import { join } from 'node:path';

const sources = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** The file that Node.js runs: the sources, or what SERIN_PROGRAM names, such as the built command. */
export function serinProgram(): string {
  return process.env['SERIN_PROGRAM'] ?? sources;
}
