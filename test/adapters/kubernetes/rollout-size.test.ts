// A stored rollout stays small, whatever anybody writes into it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRollout } from '../../../src/adapters/kubernetes/rollout-codec.ts';
import { sizeOf } from '../../../src/adapters/kubernetes/status-size.ts';
import type { CustomGate } from '../../../src/domain/gates/custom.ts';
import { mostBytes } from '../../../src/domain/gates/custom-settings.ts';
import { writeGate } from '../../../src/domain/gates/custom-writing.ts';
import { type Lanes, longestLanes } from '../../../src/domain/lanes.ts';
import type { Mail } from '../../../src/domain/mail.ts';
import type { RolloutSpec, RolloutStatus } from '../../../src/domain/rollout.ts';
import { aPlan, aRollout, aRoute, aSpec, aStatus, aVerdict, aWarrant, dawn } from '../../support/builders.ts';
import { complaintsOf, rolloutSchema } from './crd-schema.ts';
import { stored } from './stored-rollout.ts';

const schema = rolloutSchema();

describe('the size of a stored rollout', () => {
  const letters = (count: number, letter: string): string => letter.repeat(count);
  /** The definition bounds what people write in letters, and in bytes. */
  const within = (bytes: number, text: string): string => Buffer.from(text).subarray(0, bytes).toString();
  /** Who owns which field, which the API server adds; test/contract/crds.test.ts measures it. */
  const fieldOwnersBytes = 4 * 1024;

  const longestOutside = {
    webhook: `https://hooks.example.com/${letters(174, 'x')}`,
    github: { repository: `${letters(39, 'o')}/${letters(100, 'r')}`, ref: letters(200, 'f') },
  };

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
      plan: aPlan({ gates: largestGates(letter), ...longestOutside }),
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

  function longMail(message: string): Mail {
    const claim = { by: letters(36, 'b'), until: dawn, posting: true as const };
    const cursor = { told: 1, at: letters(20, '7'), claim };
    const letter = { time: dawn, event: 'approvalRequested', phase: 'awaitingApproval', step: 20 } as const;
    const weight = { intended: 100, observed: 100 };
    const all = Array.from({ length: 20 }, (_, index) => ({ ...letter, number: 1_000_000 + index, weight }));
    const worded = all.map((each) => ({ ...each, reason: letters(300, 'R'), message }));
    return { letters: worded, next: 1_000_021, webhook: cursor, github: cursor };
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
    const said = { time: dawn, to: 'channel' as const, message };
    return aStatus({
      phase: 'baking',
      outbox: Array.from({ length: 20 }, (_, index) => ({ ...said, key: `${index}`.padEnd(120, 'k') })),
      slack: {
        channel: letters(80, 'C'),
        ts: letters(32, '1'),
        shown: letters(200, 's'),
        claim: { by: letters(36, 'b'), until: dawn, posting: true },
      },
      mail: longMail(message),
      reason: letters(300, 'R'),
      message,
      warrant,
      fullWarrant: warrant,
      pausedBy: letters(500, letter),
      approval: {
        of: 'step',
        step: 1,
        askedAt: dawn,
        expiresAt: dawn,
        remindedAt: dawn,
        warrant,
        given: { by: letters(300, letter), surface: letters(50, letter), time: dawn, reason: message },
      },
      freezeOverride: { by: letters(300, letter), surface: letters(50, letter), time: dawn, reason: message },
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
