import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { phases } from '../../src/domain/rollout.ts';
import { diagramFile, machinePage } from '../../tools/diagram.ts';

describe('docs/machine.md', () => {
  it('is what `node tools/diagram.ts` draws today', () => {
    expect(readFileSync(diagramFile, 'utf8')).toBe(machinePage());
  });

  it('shows every phase, begins with the first and ends with the two ends', () => {
    const arrows = [...machinePage().matchAll(/^ {4}(\S+) --> ([^\s:]+)/gm)].map(([, from, to]) => [from, to]);

    expect(new Set(arrows.flat())).toEqual(new Set(['[*]', ...phases]));
    expect(arrows[0]).toEqual(['[*]', 'pending']);
    expect(arrows.filter(([, to]) => to === '[*]').map(([from]) => from)).toEqual(['promoted', 'rolledBack']);
  });

  it('says under which condition an arrow is taken', () => {
    expect(machinePage()).toContain('baking --> promoting: ADVANCE [warranted and last]');
  });
});
