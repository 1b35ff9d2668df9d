// Plans and statuses of every kind, for what holds of all of them.
import fc from 'fast-check';
import type { CustomGate } from '../../../src/domain/gates/custom.ts';
import { happenings } from '../../../src/domain/happening.ts';
import type { Mail } from '../../../src/domain/mail.ts';
import { cleanUps, phases, stages } from '../../../src/domain/rollout.ts';
import { aVerdict } from '../../support/builders.ts';

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

/** Any plan that can be asked for. */
export const plans = fc.record(
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
/** Any status but for its route. */
export const statuses = fc.record(
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
