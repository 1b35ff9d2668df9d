import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newRollout, statusBody } from '../../../src/adapters/kubernetes/rollout-bodies.ts';
import { readRollout } from '../../../src/adapters/kubernetes/rollout-codec.ts';
import { sizeOf } from '../../../src/adapters/kubernetes/status-size.ts';
import type { CustomGate } from '../../../src/domain/gates/custom.ts';
import { mostBytes } from '../../../src/domain/gates/custom-settings.ts';
import { writeGate } from '../../../src/domain/gates/custom-writing.ts';
import { type Lanes, longestLanes } from '../../../src/domain/lanes.ts';
import {
  cleanUps,
  phases,
  type Rollout,
  type RolloutSpec,
  type RolloutStatus,
  stages,
} from '../../../src/domain/rollout.ts';
import { formatInstant } from '../../../src/domain/time.ts';
import { aPlan, aRollout, aRoute, aSpec, aStatus, aVerdict, aWarrant, dawn } from '../../support/builders.ts';
import { complaintsOf, rolloutSchema } from './crd-schema.ts';

type Raw = Readonly<Record<string, unknown>>;

const schema = rolloutSchema();

/** As the API server would give it back: created, then its status written. */
function stored(rollout: Rollout): Raw {
  const { id, uid, resourceVersion, generation, createdAt } = rollout;
  const { metadata, ...fresh } = newRollout(id, rollout.spec) as Raw & { readonly metadata: Raw };
  const { status } = statusBody(rollout, rollout.status, [], dawn) as Raw;
  const own = { uid, resourceVersion, generation, creationTimestamp: formatInstant(createdAt) };
  return JSON.parse(JSON.stringify({ ...fresh, metadata: { ...metadata, ...own }, status })) as Raw;
}

const text = (letters: number) => fc.string({ unit: 'grapheme', maxLength: letters });
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
const millis = fc.integer({ min: 1, max: 1_000_000_000 });
const share = fc.integer({ min: 0, max: 1_000_000 }).map((parts) => parts / 1_000_000);
const latency = fc.constantFrom(
  { kind: 'absolute' as const, quantile: 0.99, millis: 500, text: 'p99<500ms' },
  { kind: 'absolute' as const, quantile: 0.5, millis: 1_500, text: 'p50 < 1.5s' },
  { kind: 'relative' as const, quantile: 0.999, factor: 1.25, text: 'p99.9<1.25x' },
);

const port = fc.integer({ min: 1, max: 65_535 });
const lanes = fc.record(
  {
    kind: fc.constant('lanes' as const),
    target: fc.constant('checkout'),
    namespace: fc.constant('shop'),
    hosts: fc.array(fc.constant('checkout.shop.svc.cluster.local'), { maxLength: 3 }),
    objects: fc.array(
      fc.record({ namespace: fc.constant('shop'), name: fc.constantFrom('a', 'b'), made: fc.boolean() }),
      {
        maxLength: 4,
      },
    ),
    originals: fc.array(
      fc.record(
        {
          object: fc.constant('shop/a'),
          protocol: fc.constantFrom('http' as const, 'tls' as const, 'tcp' as const),
          section: text(20),
          index: fc.nat(20),
          host: fc.constant('checkout'),
          subset: fc.constant('v1'),
          port,
          weight: fc.option(fc.nat(100)),
          alone: fc.boolean(),
        },
        { requiredKeys: ['object', 'protocol', 'index', 'host', 'weight', 'alone'] },
      ),
      { maxLength: 6 },
    ),
    names: fc.record(
      { stable: fc.constant('serin-stable-a'), canary: fc.constant('serin-canary-b') },
      { requiredKeys: ['canary'] },
    ),
    made: fc.array(
      fc.record({
        kind: fc.constantFrom('DestinationRule' as const, 'Deployment' as const),
        namespace: fc.constant('shop'),
        name: fc.constant('serin-canary-b-checkout'),
      }),
      { maxLength: 6 },
    ),
    testers: fc.constant('x-canary: true'),
  },
  { requiredKeys: ['kind', 'target', 'namespace', 'hosts', 'objects', 'originals', 'names', 'made'] },
);

const questions: fc.Arbitrary<CustomGate['question']> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('limit' as const),
      query: fc.constant('x{a="{{canary}}"}'),
      min: fc.nat(),
      max: fc.constant(1e10),
    },
    { requiredKeys: ['kind', 'query', 'max'] },
  ),
  fc.record({
    kind: fc.constant('compare' as const),
    canary: fc.constant('x{a="{{canary}}"}'),
    stable: fc.constant('x{\n a="{{stable}}"}'),
    most: fc.record({
      kind: fc.constantFrom('ratio' as const, 'increase' as const),
      value: fc.constantFrom(1.5, 1e-7),
    }),
  }),
);
const gates: fc.Arbitrary<CustomGate> = fc.record(
  {
    name: fc.constantFrom('queue', 'cpu', 'a'.repeat(40)),
    question: questions,
    onNoData: fc.constantFrom('hold' as const, 'pass' as const, 'fail' as const),
    shadow: fc.boolean(),
    windowMs: fc.integer({ min: 1, max: 3_600_000 }),
    intervalMs: fc.integer({ min: 1, max: 3_600_000 }),
    failures: fc.integer({ min: 1, max: 10 }),
  },
  { requiredKeys: ['name', 'question', 'onNoData', 'shadow', 'windowMs', 'failures'] },
);

const plans = fc.record(
  {
    steps: fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 19 })
      .map((steps) => [...steps.toSorted((a, b) => a - b), 100] as unknown as readonly [number, ...number[]]),
    bakeMs: millis,
    maxBakeMs: millis.map((length) => length + 1_000_000_000),
    errorMargin: share,
    maxErrorRate: share,
    maxLatency: fc.array(latency, { maxLength: 4 }),
    minRequests: fc.integer({ min: 1, max: 1_000_000 }),
    onUndecided: fc.constantFrom('hold' as const, 'rollback' as const, 'advance' as const),
    analysis: fc.constantFrom('auto' as const, 'off' as const),
    maxUnmeshed: share,
    falseRollback: fc.integer({ min: 1, max: 500_000 }).map((millionths) => millionths / 1e6),
    testers: fc.constantFrom('x-canary: true', 'cookie: canary=1'),
    gates: fc.uniqueArray(gates, { maxLength: 3, selector: ({ name }) => name }),
  },
  {
    requiredKeys: [
      'steps',
      'bakeMs',
      'maxBakeMs',
      'errorMargin',
      'maxLatency',
      'minRequests',
      'onUndecided',
      'analysis',
      'maxUnmeshed',
      'falseRollback',
      'gates',
    ],
  },
);

describe('a rollout that is stored', () => {
  it('is read as it was written, whatever its plan', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const rollout = aRollout({ spec: { plan } });

        expect(readRollout(stored(rollout))).toEqual(rollout);
      }),
    );
  });

  it('is read as it was written, whatever its status', () => {
    const warrant = fc.record({
      kind: fc.constantFrom('start' as const, 'pass' as const, 'person' as const),
      step: fc.integer({ min: 0, max: 20 }),
      message: text(200),
    });
    const verdict = fc.record({ gate: fc.constantFrom('errors', 'latency'), message: text(200) });
    const statuses = fc.record(
      {
        phase: fc.constantFrom(...phases),
        step: fc.integer({ min: 0, max: 20 }),
        epoch: fc.nat(),
        weight: fc.record({
          intended: fc.integer({ min: 0, max: 100 }),
          observed: fc.option(fc.integer({ min: 0, max: 100 })),
        }),
        since: instant,
        writtenAt: instant,
        bakeSince: instant,
        due: instant,
        finishedAt: instant,
        cleanUp: fc.constantFrom(...cleanUps),
        stage: fc.constantFrom(...stages),
        lanes,
        promotedHash: text(20),
        cause: fc.constantFrom('gate' as const, 'person' as const, 'superseded' as const),
        warrant,
        fullWarrant: warrant,
        pausedBy: text(50),
        verdicts: fc.array(
          verdict.map((parts) => aVerdict('undecided', parts)),
          { maxLength: 6 },
        ),
        evidence: fc.record({
          schema: fc.constant(1 as const),
          through: instant,
          stepStart: instant,
          gates: fc.dictionary(
            fc.constantFrom('errors', 'latency', 'health'),
            fc.record({ version: fc.nat(), state: fc.jsonValue() }),
          ),
        }),
        message: text(300),
      },
      { requiredKeys: ['phase', 'since'] },
    );
    fc.assert(
      fc.property(statuses, fc.option(fc.nat()), fc.option(fc.nat()), (parts, stable, canary) => {
        const rollout = aRollout({ status: { ...parts, route: aRoute({ original: { stable, canary } }) } });

        expect(readRollout(stored(rollout))).toEqual(JSON.parse(JSON.stringify(rollout)));
      }),
    );
  });

  it('says what cannot be read, and where', () => {
    const object = stored(aRollout());

    expect(() => readRollout({ ...object, spec: { ...(object['spec'] as Raw), mode: 'guess' } })).toThrow(
      /CanaryRollout shop\/reviews-v2-two-1 cannot be read:[\s\S]*spec\.mode/,
    );
    expect(() => readRollout({ ...object, status: { phase: 'dreaming' } })).toThrow(/cannot be read:[\s\S]*phase/);
    expect(() => readRollout('nothing')).toThrow('CanaryRollout without a name cannot be read');
  });

  it.each([[undefined], [null], [{}], [{ conditions: [] }]])(
    'is pending since its creation while its status is %j',
    (status) => {
      const read = readRollout({ ...stored(aRollout()), status });

      expect(read.status).toEqual(aStatus({ due: dawn }));
    },
  );

  it('is resumed as the version before saved it', () => {
    const golden: unknown = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', 'v0.1.0-baking.json'), 'utf8'));

    const rollout = readRollout(golden);

    expect(rollout).toMatchObject({
      id: { namespace: 'shop', name: 'reviews-v2-6d97d49595-1' },
      spec: { plan: { steps: [10, 25, 50, 100], bakeMs: 120_000, maxLatency: [{ quantile: 0.99, millis: 500 }] } },
      status: {
        phase: 'baking',
        step: 1,
        epoch: 3,
        weight: { intended: 25, observed: 25 },
        route: { original: { stable: 100, canary: null } },
        evidence: { schema: 1, gates: { errors: { version: 1, state: { counted: { reporters: {} } } } } },
      },
    });
    expect(complaintsOf(schema, golden)).toEqual([]);
  });
});

describe('the size of a stored rollout', () => {
  const letters = (count: number, letter: string): string => letter.repeat(count);
  /** The definition bounds what people write in letters, and in bytes. */
  const within = (bytes: number, text: string): string => Buffer.from(text).subarray(0, bytes).toString();
  /** Who owns which field, which the API server adds; test/contract/crds.test.ts measures it. */
  const fieldOwnersBytes = 4 * 1024;

  /** The largest of everything that the definition lets anybody write, in letters of four bytes. */
  function hostileSpec(letter: string): RolloutSpec {
    const requests = Array.from({ length: 20 }, (_, index) => ({
      id: `${index}`.padEnd(64, 'x'),
      verb: 'promoteFull' as const,
      step: 19,
      actor: within(768, letters(256, letter)),
      surface: letters(40, 's'),
      reason: within(480, letters(160, letter)),
      time: dawn,
    }));
    const images = Array<string>(20).fill(letters(1_000, 'i'));
    const version = { workload: 'w'.repeat(253), hash: 'h'.repeat(10), images };
    return aSpec({
      target: { name: 't'.repeat(253), uid: 'u'.repeat(36) },
      stable: version,
      canary: version,
      requests,
      plan: aPlan({ gates: largestGates(letter) }),
    });
  }

  /** As many bytes of gates as a policy may have. */
  function largestGates(letter: string): readonly CustomGate[] {
    const gateOf = (index: number, count: number): CustomGate => ({
      name: `${index}`.padEnd(40, 'x'),
      question: {
        kind: 'compare',
        canary: letters(count, letter),
        stable: letters(count, letter),
        most: { kind: 'increase', value: 1.2345e-7 },
      },
      onNoData: 'hold',
      shadow: false,
      windowMs: 3_599_999,
      intervalMs: 3_599_999,
      failures: 10,
    });
    const all = (count: number) => Array.from({ length: 8 }, (_, index) => gateOf(index, count));
    const room = mostBytes - sizeOf(all(0).map(writeGate));
    return all(Math.floor(room / 16 / (sizeOf(letter) - 2)));
  }

  /** As many as are let through, and what a promotion and a template taken over add to them later. */
  function longLanes(): Lanes {
    const original = {
      object: `shop/${'o'.repeat(60)}`,
      protocol: 'http' as const,
      section: 's'.repeat(60),
      index: 1,
      host: 'h'.repeat(60),
      weight: 100,
      alone: true,
    };
    const made = { kind: 'DestinationRule' as const, namespace: 'shop', name: 'd'.repeat(75) };
    const bare: Lanes = {
      kind: 'lanes',
      target: 't',
      namespace: 'shop',
      hosts: Array(8).fill('h'.repeat(60)),
      objects: [],
      originals: [],
      names: { canary: 'c' },
      made: Array(17).fill(made),
    };
    const room = Math.floor((longestLanes - sizeOf(bare)) / (sizeOf(original) + 1));
    return { ...bare, originals: Array(room).fill(original), made: Array(34).fill(made) };
  }

  const longRoute = { route: aRoute({ services: Array(30).fill('s'.repeat(253)) }) };

  function hostileStatus(letter: string, requests: number, track: Partial<RolloutStatus> = longRoute): RolloutStatus {
    const message = letters(3_000, letter);
    const warrant = { ...aWarrant(3), message };
    const state = {
      counted: Object.fromEntries(
        Array.from({ length: 400 }, (_, at) => [`series-${at}-${'n'.repeat(60)}`, at * 1.37e9]),
      ),
    };
    return aStatus({
      phase: 'baking',
      reason: letters(300, 'R'),
      message,
      warrant,
      fullWarrant: warrant,
      pausedBy: letters(500, letter),
      stalled: { reason: letters(300, 'R'), message },
      ...track,
      verdicts: Array.from({ length: 30 }, () => aVerdict('fail', { message, query: letters(5_000, '<') })),
      history: Array.from({ length: 80 }, () => ({
        time: dawn,
        phase: 'baking' as const,
        step: 1,
        weight: 10,
        message,
      })),
      answers: Array.from({ length: requests }, (_, at) => ({
        id: `${at}`.padEnd(64, 'x'),
        outcome: 'refused' as const,
        message,
        time: dawn,
      })),
      evidence: {
        schema: 1,
        through: dawn,
        stepStart: dawn,
        gates: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`gate-${at}`, { version: 1, state }])),
      },
    });
  }

  it.each(['x', '<', 'é', '€', '😀'])(
    'stays under 64 KiB and within the bounds of its definition, however it is filled (%s)',
    (letter) => {
      for (const track of [longRoute, { lanes: longLanes() }]) {
        const rollout = aRollout({ spec: hostileSpec(letter), status: hostileStatus(letter, 20, track) });

        const object = stored(rollout);

        expect(sizeOf(object)).toBeLessThan(64 * 1024 - fieldOwnersBytes);
        expect(complaintsOf(schema, object)).toEqual([]);
      }
    },
  );

  it('stays there for anything in between, and keeps where the rollout stands, every request and every answer', () => {
    const word = fc.constantFrom('x', '<', 'é', '😀');
    const amounts = fc.record({
      requests: fc.nat(20),
      history: fc.nat(60),
      verdicts: fc.nat(20),
      gates: fc.nat(20),
      long: fc.nat(3_000),
    });
    fc.assert(
      fc.property(word, amounts, (letter, amount) => {
        const track = amount.gates % 2 === 0 ? longRoute : { lanes: longLanes() };
        const [spec, full] = [hostileSpec(letter), hostileStatus(letter, amount.requests, track)];
        const status = {
          ...full,
          message: letters(amount.long, letter),
          history: full.history.slice(0, amount.history),
          verdicts: full.verdicts
            .slice(0, amount.verdicts)
            .map((one) => ({ ...one, message: letters(amount.long, letter) })),
        };
        const rollout = aRollout({ spec: { ...spec, requests: spec.requests.slice(0, amount.requests) }, status });

        const object = stored(rollout);
        const read = readRollout(object);

        expect(sizeOf(object)).toBeLessThan(64 * 1024 - fieldOwnersBytes);
        expect(complaintsOf(schema, object)).toEqual([]);
        expect(read.spec.requests).toEqual(rollout.spec.requests);
        expect(read.status.answers.map(({ id }) => id)).toEqual(status.answers.map(({ id }) => id));
        expect(read.status).toMatchObject({ phase: 'baking', weight: status.weight, epoch: status.epoch });
      }),
      { numRuns: 50 },
    );
  });

  it('costs an ordinary rollout nothing', () => {
    const gates = { errors: { version: 1, state: { counted: { n: 1 } } } };
    const status = aStatus({
      phase: 'baking',
      verdicts: [aVerdict('pass', { query: 'sum(increase(x[15s]))' })],
      history: Array.from({ length: 50 }, (_, at) => ({
        time: dawn + at,
        phase: 'baking' as const,
        step: 1,
        weight: 10,
        message: 'Baking.',
      })),
      evidence: { schema: 1, through: dawn, stepStart: dawn, gates },
    });

    expect(readRollout(stored(aRollout({ status }))).status).toEqual(status);
  });

  it('makes a gate whose counts do not fit begin anew', () => {
    const rollout = aRollout({ status: hostileStatus('x', 0) });

    const { evidence } = readRollout(stored(rollout)).status;

    expect(evidence).toMatchObject({ through: dawn, stepStart: dawn, gates: { 'gate-0': { version: 1, state: {} } } });
  });
});
