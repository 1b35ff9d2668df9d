import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRollout } from '../../../src/adapters/kubernetes/rollout-codec.ts';
import type { CustomGate } from '../../../src/domain/gates/custom.ts';
import { happenings } from '../../../src/domain/happening.ts';
import type { Mail } from '../../../src/domain/mail.ts';
import { cleanUps, phases, stages } from '../../../src/domain/rollout.ts';
import { aRollout, aRoute, aStatus, aVerdict, dawn } from '../../support/builders.ts';
import { complaintsOf, rolloutSchema } from './crd-schema.ts';
import { type Raw, stored } from './stored-rollout.ts';

const schema = rolloutSchema();

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

const approvals = fc.oneof(
  fc.record(
    {
      when: fc.constantFrom('before-start' as const, 'before-promotion' as const, 'every-step' as const),
      timeoutMs: millis,
      onTimeout: fc.constantFrom('hold' as const, 'rollback' as const, 'advance' as const),
      byAuthor: fc.constant('allowed' as const),
      author: fc.constantFrom('grace', 'system:serviceaccount:ci:deployer'),
    },
    { requiredKeys: ['when', 'onTimeout', 'byAuthor'] },
  ),
  fc.constant({ when: 'every-step', onTimeout: 'hold', byAuthor: 'refused', author: 'grace' } as const),
);

const plans = fc.record(
  {
    approval: approvals,
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
    slackChannel: fc.constantFrom('releases', 'C024BE91L'),
    webhook: fc.constantFrom('https://hooks.example.com/serin?a=b', 'http://receiver.shop.svc:8080'),
    github: fc.record(
      { repository: fc.constant('example/checkout'), ref: fc.constantFrom('v1.4.2', 'a'.repeat(40)) },
      { requiredKeys: ['repository'] },
    ),
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

const cursors = fc.record(
  {
    told: fc.nat(),
    at: fc.constant('1700'),
    claim: fc.record(
      { by: text(36), until: instant, posting: fc.constant(true as const) },
      { requiredKeys: ['by', 'until'] },
    ),
  },
  { requiredKeys: ['told'] },
);
const mails: fc.Arbitrary<Mail> = fc.record(
  {
    letters: fc.array(
      fc.record({
        number: fc.integer({ min: 1 }),
        time: instant,
        event: fc.constantFrom(...happenings),
        phase: fc.constantFrom(...phases),
        step: fc.nat(20),
        weight: fc.record({ intended: fc.nat(100), observed: fc.option(fc.nat(100)) }),
        reason: text(20),
        message: text(100),
      }),
      { maxLength: 3 },
    ),
    next: fc.integer({ min: 1 }),
    webhook: cursors,
    github: cursors,
  },
  { requiredKeys: ['letters', 'next'] },
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
    const given = fc.record(
      { by: text(60), surface: text(20), time: instant, reason: text(60) },
      { requiredKeys: ['by', 'surface', 'time'] },
    );
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
        approval: fc.record(
          {
            of: fc.constantFrom('start' as const, 'step' as const),
            step: fc.integer({ min: 0, max: 20 }),
            askedAt: instant,
            expiresAt: instant,
            remindedAt: instant,
            warrant,
            given,
          },
          { requiredKeys: ['of', 'step', 'askedAt'] },
        ),
        freezeOverride: given,
        cause: fc.constantFrom('gate' as const, 'person' as const, 'superseded' as const, 'approval' as const),
        warrant,
        fullWarrant: warrant,
        pausedBy: text(50),
        outbox: fc.array(
          fc.record({
            key: text(20),
            time: instant,
            to: fc.constantFrom('nobody' as const, 'thread' as const, 'channel' as const),
            message: text(100),
          }),
          { maxLength: 3 },
        ),
        slack: fc.record(
          {
            channel: fc.constant('C024BE91L'),
            ts: fc.constant('1700000000.000001'),
            shown: text(50),
            claim: fc.record(
              { by: text(36), until: instant, posting: fc.constant(true as const) },
              { requiredKeys: ['by', 'until'] },
            ),
          },
          { requiredKeys: ['channel'] },
        ),
        mail: mails,
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
    expect(rollout.spec.plan).not.toHaveProperty('approval');
    expect(rollout.status).not.toHaveProperty('approval');
    expect(complaintsOf(schema, golden)).toEqual([]);
  });

  it('holds no key that the version before does not know, where nothing new is asked for, so that one can go back to it', () => {
    const { spec, status } = stored(aRollout()) as { readonly spec: { readonly plan: Raw }; readonly status: Raw };
    const news = ['approval', 'approvalTimeout', 'onApprovalTimeout', 'approvalByAuthor', 'author', 'slackChannel'];
    const since = ['approval', 'freezeOverride', 'outbox', 'slack', 'mail'];

    expect(Object.keys(spec.plan).filter((key) => [...news, 'webhook', 'github', 'githubRef'].includes(key))).toEqual(
      [],
    );
    expect(Object.keys(status).filter((key) => since.includes(key))).toEqual([]);
  });

  it('waiting for approval is resumed as it was saved by the first version that asked', () => {
    const golden: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, 'golden', 'v0.1.0-awaiting-approval.json'), 'utf8'),
    );

    const rollout = readRollout(golden);

    expect(rollout).toMatchObject({
      spec: {
        plan: {
          approval: {
            when: 'every-step',
            timeoutMs: 14_400_000,
            onTimeout: 'rollback',
            byAuthor: 'refused',
            author: 'grace',
          },
        },
        requests: [{ verb: 'approve', step: 0 }],
      },
      status: {
        phase: 'awaitingApproval',
        approval: { of: 'step', step: 1, warrant: { kind: 'pass' }, remindedAt: Date.parse('2026-01-05T11:10:00Z') },
        freezeOverride: { by: 'ada', surface: 'serin', reason: 'hotfix' },
      },
    });
    expect(readRollout(stored(rollout)).status).toEqual(rollout.status);
    expect(complaintsOf(schema, golden)).toEqual([]);
  });
});

describe('a request as somebody wrote it by hand', () => {
  // What the API server takes for a date-time is more than what this reads as one.
  it.each(['2026-01-05t09:00:00z', '2026-01-05T09:00:00+99:99', '2026-01-05T09:00:00,5Z', 'soon'])(
    'at %s is read, so that nobody can make a rollout unreadable by it',
    (time) => {
      const object = stored(aRollout());
      const request = { id: 'by-hand', verb: 'abort', actor: 'eve', surface: 'kubectl', time };

      const { spec } = readRollout({ ...object, spec: { ...(object['spec'] as Raw), requests: [request] } });

      expect(spec.requests).toMatchObject([{ id: 'by-hand', verb: 'abort' }]);
      expect(spec.requests[0]?.time).toBeTypeOf('number');
      expect(spec.requests[0]?.time).not.toBeNaN();
    },
  );
});
