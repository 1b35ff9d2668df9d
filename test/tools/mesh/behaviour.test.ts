import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Draws, GOOD, replyOf } from '../../../tools/mesh/behaviour.ts';
import { type BehaviourInput, behaviourSchema, type Load } from '../../../tools/mesh/control.ts';
import { draw, normalDraw } from '../../../tools/mesh/draw.ts';

const LUCKY: Draws = { fault: 0.99, error: 0.99, tail: 0.99, normal: 0 };

function reply(behaviour: BehaviourInput, protocol: Load['protocol'], draws: Partial<Draws> = {}): unknown {
  return replyOf(behaviourSchema.parse(behaviour), protocol, { ...LUCKY, ...draws });
}

function drawsOf(n: number): Draws {
  const [fault, error, tail] = [draw(3, n, 'fault'), draw(3, n, 'error'), draw(3, n, 'tail')];
  return { fault, error, tail, normal: normalDraw(3, n) };
}

/** Durations of the first 20,000 requests, sorted. */
function durations(behaviour: BehaviourInput): number[] {
  const parsed = behaviourSchema.parse(behaviour);
  return Array.from({ length: 20_000 }, (_, n) => replyOf(parsed, 'http', drawsOf(n)))
    .map((given) => (given.kind === 'refuse' ? 0 : given.durationMs))
    .toSorted((a, b) => a - b);
}

describe('replyOf', () => {
  it.each<[BehaviourInput, Load['protocol'], number, string]>([
    [{ kind: 'good' }, 'http', 200, ''],
    [{ kind: 'good' }, 'grpc', 200, '0'],
    [{ kind: '5xx', rate: 1, code: 503 }, 'http', 503, ''],
    [{ kind: '5xx', rate: 1, code: 503 }, 'grpc', 200, '14'],
    [{ kind: '5xx', rate: 1 }, 'grpc', 200, '2'],
    [{ kind: '403' }, 'http', 403, ''],
    [{ kind: '403' }, 'grpc', 200, '7'],
    [{ kind: 'grpc-failures', rate: 1, status: 13 }, 'grpc', 200, '13'],
    [{ kind: 'grpc-failures', rate: 1 }, 'http', 200, ''],
    [{ kind: 'good', errorRate: 1 }, 'http', 500, ''],
    [{ kind: 'slow', factor: 2, errorRate: 1 }, 'grpc', 200, '13'],
    [{ kind: 'silent' }, 'http', 200, ''],
  ])('answers %j over %s with code %i and gRPC status "%s"', (behaviour, protocol, code, grpcStatus) => {
    expect(reply(behaviour, protocol, { fault: 0.5, error: 0.5 })).toMatchObject({
      kind: 'answer',
      answer: { code, grpcStatus },
    });
  });

  it('refuses connections when unreachable and cuts streams when reset, both by share', () => {
    expect(reply({ kind: 'unreachable' }, 'http')).toEqual({ kind: 'refuse' });
    expect(reply({ kind: 'unreachable', share: 0.5 }, 'http', { fault: 0.6 })).toMatchObject({ kind: 'answer' });
    expect(reply({ kind: 'reset', share: 0.5 }, 'http', { fault: 0.4 })).toMatchObject({ kind: 'cut' });
    expect(reply({ kind: 'reset', share: 0.5 }, 'http', { fault: 0.6 })).toMatchObject({ kind: 'answer' });
  });

  it('fails exactly the requests whose draw is under the rate', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(rate, fc.double({ min: 0, max: 0.999, noNaN: true }), (chosen, fault) => {
        const code = fault < chosen ? 500 : 200;

        expect(reply({ kind: '5xx', rate: chosen }, 'http', { fault })).toMatchObject({ answer: { code } });
      }),
    );
  });

  it('has a log-normal latency with median 20 ms and sigma 0.5', () => {
    const sorted = durations(GOOD);

    expect(sorted[10_000]).toBeCloseTo(20, 0);
    // The 97.7th percentile lies two sigmas up.
    expect(Math.log((sorted[19_545] ?? 0) / 20)).toBeCloseTo(1, 1);
  });

  it('makes every answer slower by the factor of slow, and only a share of them by slow-tail', () => {
    const good = durations(GOOD);
    const slow = durations({ kind: 'slow', factor: 3 });
    const tail = durations({ kind: 'slow-tail', share: 0.05, ms: 900 });

    expect((slow[10_000] ?? 0) / (good[10_000] ?? 1)).toBeCloseTo(3, 5);
    expect(tail[10_000]).toBeCloseTo(20.5, 0);
    expect(tail.filter((ms) => ms === 900).length / 20_000).toBeCloseTo(0.05, 2);
  });
});
