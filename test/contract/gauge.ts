// What every gauge keeps, in memory as in Prometheus.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gauge } from '../../src/controller/ports.ts';
import type { Sample } from '../../src/domain/gates/custom.ts';
import type { Instant } from '../../src/domain/time.ts';

/** What each query gives, of two series `depth{d="one"}` of 3 and `depth{d="two"}` of 4. */
export const depths: Readonly<Record<string, Sample>> = {
  'depth{d="one"}': { kind: 'number', value: 3 },
  'depth{d="two"}': { kind: 'number', value: 4 },
  'depth{d="none"}': { kind: 'none' },
  depth: { kind: 'several', count: 2 },
  'depth{d="one"} / 0': { kind: 'notNumber', text: '+Inf' },
  '-depth{d="one"} / 0': { kind: 'notNumber', text: '-Inf' },
  '0 * (depth{d="one"} / 0)': { kind: 'notNumber', text: 'NaN' },
};

/** A gauge over the two series. */
export interface GaugeWorld {
  readonly gauge: Gauge;
  /** A moment at which the series have their values. */
  readonly at: Instant;
  stop(): Promise<void>;
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** The suite. */
export function gaugeContract(name: string, make: () => Promise<GaugeWorld>): void {
  describe(`a gauge (${name})`, () => {
    let world: GaugeWorld;

    beforeAll(async () => {
      world = await make();
    });

    afterAll(() => world.dispose());

    it.each(Object.entries(depths))('tells what a query gives: %s', async (query, sample) => {
      const answer = await world.gauge.ask({ canary: query }, world.at);

      expect(answer).toEqual({ kind: 'look', look: { canary: sample } });
    });

    it.each([
      ['depth{d="one"}', 'depth{d="two"}'],
      ['depth{d="one"}', 'depth{d="none"}'],
      ['depth{d="none"}', 'depth'],
      ['depth{d="one"}', 'depth{d="one"}'],
      ['depth{d="one"} / 0', '0 * (depth{d="one"} / 0)'],
    ])('keeps two apart: %s and %s', async (canary, stable) => {
      const answer = await world.gauge.ask({ canary, stable }, world.at);

      expect(answer).toEqual({ kind: 'look', look: { canary: depths[canary], stable: depths[stable] } });
    });

    it('is down with a sentence while its source is, and reads on when it is back', async () => {
      await world.stop();
      const away = await world.gauge.ask({ canary: 'depth{d="one"}' }, world.at);
      await world.start();
      const back = await world.gauge.ask({ canary: 'depth{d="one"}' }, world.at);

      expect(away).toEqual({ kind: 'down', message: expect.stringMatching(/\.$/), refused: false });
      expect(back.kind).toBe('look');
    });

    it('shows what it asks', () => {
      expect(world.gauge.text({ canary: 'depth' })).toBe('depth');
      expect(world.gauge.text({ canary: 'a', stable: 'b' })).toContain('b');
    });
  });
}
