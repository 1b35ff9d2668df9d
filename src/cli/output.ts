// Rollouts in the formats of -o that every verb shares.
import type { Rollout } from '../domain/rollout.ts';
import type { CliParts } from './cluster.ts';
import type { Output } from './options.ts';
import { recordFor, resourceName, rolloutTable } from './render/rollouts.ts';
import { paintFor, textOf } from './terminal.ts';

/** Several rollouts, or the single one that was asked for. */
export type Shown =
  | { readonly kind: 'one'; readonly rollout: Rollout }
  | { readonly kind: 'many'; readonly rollouts: readonly Rollout[] };

/** How to show them. */
export interface OutputFlags {
  readonly output: Output;
  /** Whether rows say their namespace. */
  readonly everywhere: boolean;
}

/** The text of a format; records have the same keys whichever verb gives them. */
export async function textAs(parts: CliParts, shown: Shown, { output, everywhere }: OutputFlags): Promise<string> {
  const rollouts = shown.kind === 'one' ? [shown.rollout] : shown.rollouts;
  switch (output) {
    case 'json':
      return `${JSON.stringify(recordsOf(shown), undefined, 2)}\n`;
    case 'yaml': {
      const { yamlOf } = await import('./render/yaml.ts');
      return yamlOf(recordsOf(shown));
    }
    case 'name':
      return textOf(rollouts.map(resourceName));
    case 'table':
    case 'wide': {
      const columns = { namespace: everywhere, wide: output === 'wide' };
      return textOf(rolloutTable(rollouts, columns, parts.clock.now(), paintFor(parts.terminal)));
    }
  }
}

function recordsOf(shown: Shown): unknown {
  return shown.kind === 'one'
    ? recordFor(shown.rollout)
    : { schema: 'serin.dev/rollouts/v1', rollouts: shown.rollouts.map(recordFor) };
}
