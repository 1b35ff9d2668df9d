// Prometheus and promtool.

import { fromApt } from './debian.ts';
import { amongPath, namedBy } from './executable.ts';
import { type Obtained, obtain, type Say } from './obtain.ts';

/** Finds or installs Prometheus and gives the path of its program. Throws `MissingPart` when there is none. */
export async function obtainPrometheus(say: Say): Promise<Obtained<string>> {
  const ways = [namedBy('PROMETHEUS_BIN'), amongPath('prometheus'), fromApt('prometheus', 'prometheus', say)];
  return obtain('Prometheus', ways, 'install prometheus, or set PROMETHEUS_BIN to its path.');
}

/** Finds or installs promtool, which comes with Prometheus, and gives its path. Throws `MissingPart` when there is none. */
export async function obtainPromtool(say: Say): Promise<Obtained<string>> {
  const ways = [namedBy('PROMTOOL_BIN'), amongPath('promtool'), fromApt('prometheus', 'promtool', say)];
  return obtain('promtool', ways, 'install prometheus, or set PROMTOOL_BIN to the path of its promtool.');
}
