import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/domain/decide.ts';
import { aVerdict, aWarrant } from '../support/builders.ts';
import { type Bake, decide, minute, numbersUpTo, unhealthy, withinFive } from './bakes.ts';

describe('a bake', () => {
  const table: readonly (readonly [string, Bake, Decision])[] = [
    [
      'goes on while nothing has been judged',
      {},
      { kind: 'stay', reason: 'Baking', message: 'Nothing has been judged yet.', stalled: false },
    ],
    [
      'goes on for the rest of bake after a pass, and says for how long',
      { verdicts: [aVerdict('pass')], bakedMs: 30_500 },
      {
        kind: 'stay',
        reason: 'Baking',
        message: 'The errors gate says pass. The bake goes on for 1m30s.',
        stalled: false,
      },
    ],
    [
      'ends with the warrant of a pass once bake is over',
      { verdicts: [aVerdict('pass')], bakedMs: 2 * minute },
      { kind: 'advance', warrant: { kind: 'pass', step: 1, message: 'The errors gate says pass.' } },
    ],
    [
      'waits for the gate that says least',
      { verdicts: [aVerdict('pass'), aVerdict('undecided', { gate: 'latency' })], bakedMs: 3 * minute },
      { kind: 'stay', reason: 'TooFewRequests', message: 'The errors gate says undecided.', stalled: false },
    ],
    [
      'says that there is no data',
      { verdicts: [aVerdict('noData')], bakedMs: 3 * minute },
      { kind: 'stay', reason: 'NoRequests', message: 'The errors gate says noData.', stalled: false },
    ],
    [
      'goes back on a fail at once',
      { verdicts: [aVerdict('pass'), aVerdict('fail')] },
      { kind: 'rollBack', cause: 'gate', reason: 'ErrorRateWorse', message: 'The errors gate says fail.' },
    ],
    [
      'goes back for the pods, quoting them',
      { verdicts: [aVerdict('pass'), unhealthy] },
      { kind: 'rollBack', cause: 'health', reason: 'PodsFailing', message: 'Pod reviews-v2-x: panic.' },
    ],
    [
      'stalls while the source is down, for however long',
      { verdicts: [aVerdict('sourceDown')], bakedMs: 600 * minute, plan: { onUndecided: 'rollback' } },
      { kind: 'stay', reason: 'SourceUnreachable', message: 'The errors gate says sourceDown.', stalled: true },
    ],
    [
      'holds when max-bake is over and the plan says hold, and says what to do',
      { verdicts: [withinFive], bakedMs: 12 * minute, plan: { onUndecided: 'hold' } },
      {
        kind: 'stay',
        reason: 'TooFewRequests',
        message:
          'Held: max-bake (12m) is over at weight 25% without a verdict. The errors gate says undecided. It goes on by itself when the ' +
          'evidence suffices; or go on with "serin promote reviews-v2 -n shop" or back with "serin abort reviews-v2 -n shop".',
        stalled: true,
      },
    ],
    [
      'goes back when max-bake is over and the plan says rollback',
      { verdicts: [aVerdict('noData')], bakedMs: 12 * minute, plan: { onUndecided: 'rollback' } },
      {
        kind: 'rollBack',
        cause: 'undecided',
        reason: 'Undecided',
        message: 'max-bake (12m) is over at weight 25% and on-undecided says rollback. The errors gate says noData.',
      },
    ],
    [
      'goes on when max-bake is over, the plan says nothing else and harm beyond five times the margin is excluded',
      { verdicts: [withinFive], bakedMs: 12 * minute },
      {
        kind: 'advance',
        warrant: {
          kind: 'undecided',
          step: 1,
          message:
            'max-bake (12m) is over at weight 25% and on-undecided says advance: harm beyond five times the margin is excluded. The errors gate says undecided.',
        },
      },
    ],
    [
      'stays for the last millisecond of max-bake, whatever is excluded',
      { verdicts: [withinFive], bakedMs: 12 * minute - 1, plan: { onUndecided: 'advance' } },
      { kind: 'stay', reason: 'TooFewRequests', message: 'The errors gate says undecided.', stalled: false },
    ],
    [
      'is held when the plan says advance but more harm than five times the margin is possible',
      {
        verdicts: [aVerdict('undecided', { numbers: numbersUpTo(0.06) })],
        bakedMs: 12 * minute,
        plan: { onUndecided: 'advance' },
      },
      {
        kind: 'stay',
        reason: 'TooFewRequests',
        message:
          'Held: max-bake (12m) is over at weight 25% and on-undecided says advance, but only once the errors gate excludes harm beyond 5%, five times the margin; ' +
          'up to 6% is still possible. The errors gate says undecided. It goes on by itself when the evidence suffices; or go on with ' +
          '"serin promote reviews-v2 -n shop" or back with "serin abort reviews-v2 -n shop".',
        stalled: true,
      },
    ],
    [
      'is held when the plan says advance but more harm than the margin is shown, though not five times as much',
      {
        verdicts: [
          aVerdict('undecided', {
            numbers: { ...numbersUpTo(0.04), interval: { low: 0.02, high: 0.04, level: 0.95 } },
          }),
        ],
        bakedMs: 12 * minute,
        plan: { onUndecided: 'advance' },
      },
      {
        kind: 'stay',
        reason: 'TooFewRequests',
        message: expect.stringContaining('but the errors gate shows more harm than its margin (1%): 2% at least.'),
        stalled: true,
      },
    ],
    [
      'is held when the plan says advance but the odds are already against the canary',
      {
        verdicts: [aVerdict('undecided', { numbers: { ...numbersUpTo(0.04), worse: { odds: 48.2, needed: 200 } } })],
        bakedMs: 12 * minute,
        plan: { onUndecided: 'advance' },
      },
      {
        kind: 'stay',
        reason: 'TooFewRequests',
        message: expect.stringContaining('but the errors gate holds the canary for worse, at odds of 48 to 1.'),
        stalled: true,
      },
    ],
    [
      'is held when the plan says advance but what was seen contradicts itself',
      {
        verdicts: [
          aVerdict('undecided', { numbers: { ...numbersUpTo(0.01), interval: { low: 0.1, high: 0.01, level: 0.95 } } }),
        ],
        bakedMs: 12 * minute,
        plan: { onUndecided: 'advance' },
      },
      {
        kind: 'stay',
        reason: 'TooFewRequests',
        message: expect.stringContaining(
          'but the errors gate has seen too different things to say where the harm lies.',
        ),
        stalled: true,
      },
    ],
    [
      'is held when the plan says advance but nothing was compared',
      { verdicts: [aVerdict('noData')], bakedMs: 12 * minute, plan: { onUndecided: 'advance' } },
      {
        kind: 'stay',
        reason: 'NoRequests',
        message:
          'Held: max-bake (12m) is over at weight 25% and on-undecided says advance, but the errors gate has not passed. The errors gate says noData. ' +
          'It goes on by itself when the evidence suffices; or go on with "serin promote reviews-v2 -n shop" or back with "serin abort reviews-v2 -n shop".',
        stalled: true,
      },
    ],
    [
      'is held when the plan says advance but a custom gate has not passed, however much the others exclude',
      {
        verdicts: [withinFive, aVerdict('undecided', { gate: 'custom/queue', message: 'One good look of two.' })],
        bakedMs: 40 * minute,
        plan: { onUndecided: 'advance' },
      },
      {
        kind: 'stay',
        reason: 'TooFewRequests',
        message:
          'Held: max-bake (12m) is over at weight 25% and on-undecided says advance, but the custom/queue gate has not passed. One good look of two. ' +
          'It goes on by itself when the evidence suffices; or go on with "serin promote reviews-v2 -n shop" or back with "serin abort reviews-v2 -n shop".',
        stalled: true,
      },
    ],
    [
      'goes on when the plan says advance and every custom gate has passed, but for one in shadow',
      {
        verdicts: [
          withinFive,
          aVerdict('pass', { gate: 'custom/queue' }),
          aVerdict('undecided', { gate: 'custom/cpu', shadow: true }),
        ],
        bakedMs: 12 * minute,
        plan: { onUndecided: 'advance' },
      },
      {
        kind: 'advance',
        warrant: {
          kind: 'undecided',
          step: 1,
          message:
            'max-bake (12m) is over at weight 25% and on-undecided says advance: harm beyond five times the margin is excluded. The errors gate says undecided.',
        },
      },
    ],
    [
      'stays while paused, though everything passes',
      { verdicts: [aVerdict('pass')], bakedMs: 5 * minute, spec: { paused: true } },
      { kind: 'stay', reason: 'Paused', message: 'Paused at weight 25%. The errors gate says pass.', stalled: false },
    ],
    [
      'goes on at once with a full promotion, in the name of the present step',
      { verdicts: [aVerdict('undecided')], status: { fullWarrant: aWarrant(0, 'person') } },
      { kind: 'advance', warrant: { ...aWarrant(0, 'person'), step: 1 } },
    ],
    [
      'waits for approval',
      { verdicts: [aVerdict('pass')], bakedMs: 5 * minute, status: { phase: 'awaitingApproval' } },
      {
        kind: 'stay',
        reason: 'AwaitingApproval',
        message:
          'Step 2 of 4 (25%) has passed, and the step to 50% waits for approval: serin approve reviews-v2 -n shop, or refuse it with ' +
          'serin abort reviews-v2 -n shop. It waits for ever. The errors gate says pass.',
        stalled: false,
      },
    ],
    [
      'counts down on time alone when analysis is off',
      { plan: { analysis: 'off' }, bakedMs: 30_000 },
      {
        kind: 'stay',
        reason: 'BakingOnTimeAlone',
        message: 'Analysis is off: weight 25% bakes on time alone, 1m30s left.',
        stalled: false,
      },
    ],
    [
      'keeps the last millisecond of the bake when analysis is off',
      { plan: { analysis: 'off' }, bakedMs: 2 * minute - 1 },
      {
        kind: 'stay',
        reason: 'BakingOnTimeAlone',
        message: 'Analysis is off: weight 25% bakes on time alone, 1s left.',
        stalled: false,
      },
    ],
    [
      'ends on time alone when analysis is off, and says that nothing was judged',
      { plan: { analysis: 'off' }, bakedMs: 2 * minute },
      {
        kind: 'advance',
        warrant: {
          kind: 'time',
          step: 1,
          message: 'Analysis is off: weight 25% was kept for 2m and nothing was judged.',
        },
      },
    ],
  ];

  it.each(table)('%s', (_name, bake, decision) => {
    expect(decide(bake)).toEqual(decision);
  });
});
