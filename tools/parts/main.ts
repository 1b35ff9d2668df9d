// Prepares all real parts and prints where each came from: `node tools/parts/main.ts`.
// With names as arguments only those: `node tools/parts/main.ts control-plane kwok`.

import { dirname } from 'node:path';
import { obtainControlPlane } from './control-plane.ts';
import { obtainIstioCrds } from './istio-crds.ts';
import { obtainKwok } from './kwok.ts';
import { MissingPart, type Obtained, type Say } from './obtain.ts';
import { obtainPrometheus, obtainPromtool } from './prometheus.ts';
import { obtainRedis } from './redis.ts';

const parts = {
  'control-plane': async (say: Say) => {
    const { part, from } = await obtainControlPlane(say);
    return { part: dirname(part['kube-apiserver']), from };
  },
  kwok: obtainKwok,
  'istio-crds': obtainIstioCrds,
  redis: obtainRedis,
  prometheus: obtainPrometheus,
  promtool: obtainPromtool,
} satisfies Record<string, (say: Say) => Promise<Obtained<string>>>;

/** Prepares the parts one after another, prints a line for each, and gives the exit code: 1 when one is missing, 2 when a name is unknown. */
async function prepare(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no part called ${unknown.join(', ')}. The parts are: ${Object.keys(parts).join(', ')}.\n`,
    );
    return 2;
  }
  let code = 0;
  for (const [name, obtainPart] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes(name)) continue;
    code = Math.max(code, await prepareOne(name, obtainPart));
  }
  return code;
}

async function prepareOne(name: string, obtainPart: (say: Say) => Promise<Obtained<string>>): Promise<number> {
  try {
    const { part, from } = await obtainPart((line) => process.stdout.write(`${line}\n`));
    process.stdout.write(`${name.padEnd(14)} ${part}  (${from})\n`);
    return 0;
  } catch (cause) {
    process.stderr.write(
      `${cause instanceof MissingPart ? cause.message : `${name}: ${cause instanceof Error ? cause.message : String(cause)}`}\n`,
    );
    return 1;
  }
}

process.exitCode = await prepare(process.argv.slice(2));
