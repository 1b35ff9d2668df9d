import { describe, expect, it } from 'vitest';
import { memoryGauge } from '../../src/adapters/memory/gauge.ts';
import { gauges } from '../../src/controller/gauges.ts';
import type { Gauge, GaugeAnswer } from '../../src/controller/ports.ts';
import { dawn } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';

const slotMs = 15_000;
const question = { canary: 'x' };

describe('looks through a gauge', () => {
  it('of one moment are asked for once', async () => {
    const gauge = memoryGauge();
    const looks = gauges({ gauge, clock: simulatedClock(), slotMs });
    gauge.reads('x', { kind: 'number', value: 7 });

    const answers = await Promise.all([looks.look(question, dawn), looks.look(question, dawn)]);
    const other = await looks.look(question, dawn + slotMs);

    expect(answers).toEqual([other, other]);
    expect(other).toEqual({ kind: 'look', look: { canary: { kind: 'number', value: 7 } } });
    expect(gauge.asked.map(({ at }) => at)).toEqual([dawn, dawn + slotMs]);
  });

  it('that found it down are made again a slot later', async () => {
    const gauge = memoryGauge();
    const clock = simulatedClock();
    const looks = gauges({ gauge, clock, slotMs });
    gauge.stop('Away.');
    const first = await looks.look(question, dawn);
    gauge.start();
    const soon = await looks.look(question, dawn);
    clock.pass(slotMs);

    const later = await looks.look(question, dawn);

    expect([first, soon]).toMatchObject([
      { kind: 'down', message: 'Away.' },
      { kind: 'down', message: 'Away.' },
    ]);
    expect(later).toMatchObject({ kind: 'look' });
  });

  it('that take long are not waited for, and had by a later call', async () => {
    const { promise, resolve } = Promise.withResolvers<GaugeAnswer>();
    const slow: Gauge = { ask: () => promise, text: () => '' };
    const looks = gauges({ gauge: slow, clock: simulatedClock(), slotMs, patienceMs: 1 });
    const early = await looks.look(question, dawn);
    resolve({ kind: 'look', look: { canary: { kind: 'none' } } });

    const late = await looks.look(question, dawn);

    expect(early).toBeUndefined();
    expect(late).toEqual({ kind: 'look', look: { canary: { kind: 'none' } } });
  });

  it('keep a bounded number of answers, the latest', async () => {
    const gauge = memoryGauge();
    const looks = gauges({ gauge, clock: simulatedClock(), slotMs, kept: 2 });
    for (const at of [0, 1, 2]) await looks.look(question, at);

    await looks.look(question, 2);
    await looks.look(question, 0);

    expect(gauge.asked.map(({ at }) => at)).toEqual([0, 1, 2, 0]);
  });

  it('keep no answer for long', async () => {
    const gauge = memoryGauge();
    const clock = simulatedClock();
    const looks = gauges({ gauge, clock, slotMs });
    await looks.look(question, dawn);
    clock.pass(20 * slotMs);
    await looks.look(question, dawn + slotMs);

    await looks.look(question, dawn);

    expect(gauge.asked.map(({ at }) => at)).toEqual([dawn, dawn + slotMs, dawn]);
  });

  it('survive a gauge that breaks its word', async () => {
    const broken: Gauge = { ask: () => Promise.reject(new Error('x')), text: () => '' };

    const answer = await gauges({ gauge: broken, clock: simulatedClock(), slotMs }).look(question, dawn);

    expect(answer).toMatchObject({ kind: 'down' });
  });
});
