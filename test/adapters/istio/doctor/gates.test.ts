import { describe, expect, it } from 'vitest';
import type { TriedGate } from '../../../../src/adapters/istio/doctor/facts.ts';
import { gather } from '../../../../src/adapters/istio/doctor/gather.ts';
import type { GaugeAnswer } from '../../../../src/controller/ports.ts';
import type { CustomGate, GaugeQuestion, Sample } from '../../../../src/domain/gates/custom.ts';
import { readGates } from '../../../../src/domain/gates/custom-settings.ts';
import { defaultPlan, type Plan } from '../../../../src/domain/plan.ts';
import { finding, managed } from './facts.ts';

function gateOf(parts: Readonly<Record<string, unknown>> = {}): CustomGate {
  const [gate] = readGates([{ name: 'queue', query: 'queue{d="{{canary}}"}', max: 100, ...parts }]).gates;
  if (gate === undefined) throw new Error('This is no gate.');
  return gate;
}

function tried(canary: Sample, parts: Readonly<Record<string, unknown>> = {}): TriedGate {
  return { gate: gateOf(parts), answer: { kind: 'look', look: { canary } } };
}

function down(refused: boolean, parts: Readonly<Record<string, unknown>> = {}): TriedGate {
  return { gate: gateOf(parts), answer: { kind: 'down', message: 'Prometheus answered 400.', refused } };
}

const good: Sample = { kind: 'number', value: 3 };
const off: Partial<Plan> = { analysis: 'off' };

describe('of custom gates the doctor finds', () => {
  it.each<[string, readonly TriedGate[], Partial<Plan>, string, string]>([
    ['none', [], {}, 'fine', 'No policy adds'],
    ['those that have a value', [tried(good)], {}, 'fine', 'Every custom gate has a value for checkout: queue.'],
    [
      'a query that is refused',
      [tried(good), down(true)],
      {},
      'blocking',
      'Prometheus refuses queue: Prometheus answered 400',
    ],
    ['a query that is refused in shadow', [down(true, { shadow: true })], {}, 'warning', 'refuses queue'],
    ['a query that is refused where nothing is judged', [down(true)], off, 'warning', 'refuses queue'],
    ['a source that is away', [down(false)], {}, 'unknown', 'could not be tried'],
    ['no sample', [tried({ kind: 'none' })], {}, 'warning', 'queue finds no sample for checkout'],
    ['no sample where that passes', [tried({ kind: 'none' }, { onNoData: 'pass' })], {}, 'fine', 'queue'],
    ['several samples', [tried({ kind: 'several', count: 4 })], {}, 'warning', 'finds 4 samples'],
    ['no number', [tried({ kind: 'notNumber', text: 'NaN' })], {}, 'warning', 'finds NaN'],
  ])('%s', (_what, triedGates, plan, level, words) => {
    const facts = managed({ sources: { triedGates }, examined: { plan: { ...defaultPlan, ...plan } } });

    const found = finding('custom-gates', facts);

    expect(found.level).toBe(level);
    expect(found.message).toContain(words);
  });

  it('nothing without the address of Prometheus', () => {
    expect(finding('custom-gates', managed({ unread: ['triedGates'] })).level).toBe('unknown');
  });
});

describe('the try of a gate', () => {
  const silent = { request: async () => ({ status: 404, body: {} }) };
  const { examined } = managed({ examined: { plan: { ...defaultPlan, gates: [gateOf()] } } });

  it("asks with stable's name in the canary's place", async () => {
    const asked: GaugeQuestion[] = [];
    async function gauge(question: GaugeQuestion): Promise<GaugeAnswer> {
      asked.push(question);
      return { kind: 'look', look: { canary: good } };
    }

    const { sources } = await gather(silent, examined, { gauge });

    expect(asked).toEqual([{ canary: 'queue{d="checkout"}' }]);
    expect(sources.triedGates).toMatchObject({ kind: 'read', value: [{ gate: { name: 'queue' } }] });
  });

  it('is not made without a source, and none is needed without gates', async () => {
    const none = managed().examined;

    const [without, unneeded] = await Promise.all([gather(silent, examined, {}), gather(silent, none, {})]);

    expect(without.sources.triedGates.kind).toBe('unread');
    expect(unneeded.sources.triedGates).toEqual({ kind: 'read', value: [] });
  });
});
