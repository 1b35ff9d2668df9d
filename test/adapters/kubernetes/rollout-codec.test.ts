import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRollout } from '../../../src/adapters/kubernetes/rollout-codec.ts';
import { aRollout, aRoute, aStatus, dawn } from '../../support/builders.ts';
import { plans, statuses } from './arbitrary-rollouts.ts';
import { complaintsOf, rolloutSchema } from './crd-schema.ts';
import { type Raw, stored } from './stored-rollout.ts';

const schema = rolloutSchema();

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
