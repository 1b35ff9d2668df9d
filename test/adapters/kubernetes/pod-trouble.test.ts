import { describe, expect, it } from 'vitest';
import { podSchema, troublesOf } from '../../../src/adapters/kubernetes/pod-trouble.ts';
import { dawn } from '../../support/builders.ts';

type Raw = Readonly<Record<string, unknown>>;

function pod(status: Raw, metadata: Raw = {}) {
  return podSchema.parse({
    metadata: { namespace: 'shop', name: 'reviews-1', resourceVersion: '1', ...metadata },
    status,
  });
}

const container = (state: Raw, lastState: Raw = {}): Raw => ({ name: 'app', state, lastState });
const waiting = (reason: string, message = ''): Raw => ({ waiting: { reason, message } });
const ended = (parts: Raw): Raw => ({ terminated: { exitCode: 1, ...parts } });

type Row = readonly [what: string, seen: Raw, kind: string, message: string];

describe('troubles of pods', () => {
  it.each<Row>([
    [
      'a crash loop in the words of the container',
      container(waiting('CrashLoopBackOff', 'back-off 10s'), ended({ exitCode: 3, message: 'panic: no config\n' })),
      'crashLoop',
      'container app crashes again and again, last with exit code 3: panic: no config',
    ],
    [
      'a crash loop of a container that said nothing in the words of the kubelet',
      container(waiting('CrashLoopBackOff', 'back-off 10s'), ended({ exitCode: 3 })),
      'crashLoop',
      'container app crashes again and again, last with exit code 3: back-off 10s',
    ],
    [
      'a kill for memory before the crash loop that follows it',
      container(waiting('CrashLoopBackOff', 'back-off 10s'), ended({ exitCode: 137, reason: 'OOMKilled' })),
      'outOfMemory',
      'container app was killed for memory (OOMKilled)',
    ],
    [
      'a kill for memory that just happened',
      container(ended({ exitCode: 137, reason: 'OOMKilled', message: 'heap full' })),
      'outOfMemory',
      'container app was killed for memory (OOMKilled): heap full',
    ],
    ...['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'].map(
      (reason): Row => [
        reason,
        container(waiting(reason, 'manifest unknown')),
        'imagePull',
        `container app: ${reason}: manifest unknown`,
      ],
    ),
    ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'].map(
      (reason): Row => [
        reason,
        container(waiting(reason, 'secret "x" not found')),
        'notStarting',
        `container app: ${reason}: secret "x" not found`,
      ],
    ),
  ])('are told: %s', (_what, seen, kind, message) => {
    expect(troublesOf([pod({ containerStatuses: [seen] })], dawn)).toEqual([{ pod: 'reviews-1', kind, message }]);
  });

  it.each([
    ['a container that is being created', container(waiting('ContainerCreating'))],
    ['a container that runs', container({ running: {} })],
    ['a container that failed once and is not yet restarted', container(ended({ exitCode: 1 }))],
    [
      'a container that failed before and runs now',
      container({ running: {} }, ended({ exitCode: 1, message: 'oops' })),
    ],
  ])('are not: %s', (_what, seen) => {
    expect(troublesOf([pod({ containerStatuses: [seen] })], dawn)).toEqual([]);
  });

  it('are those of init containers too', () => {
    const status = { initContainerStatuses: [container(waiting('ErrImagePull', 'no such host'))] };

    expect(troublesOf([pod(status)], dawn)).toMatchObject([{ kind: 'imagePull' }]);
  });

  it('do not count pods that are going', () => {
    const status = { containerStatuses: [container(waiting('CrashLoopBackOff'))] };

    expect(troublesOf([pod(status, { deletionTimestamp: '2026-01-05T09:00:00Z' })], dawn)).toEqual([]);
  });

  it('come worst first, one a pod', () => {
    const crash = container(waiting('CrashLoopBackOff'));
    const image = { ...container(waiting('ErrImagePull')), name: 'sidecar' };
    const pods = [
      pod({ containerStatuses: [image] }, { name: 'c' }),
      pod({ containerStatuses: [image, crash] }, { name: 'b' }),
      pod({ containerStatuses: [crash] }, { name: 'a' }),
    ];

    expect(troublesOf(pods, dawn).map((trouble) => `${trouble.pod} ${trouble.kind}`)).toEqual([
      'a crashLoop',
      'b crashLoop',
      'c imagePull',
    ]);
  });

  it('wait ten seconds for a node', () => {
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes are available: 3 Insufficient cpu.',
      lastTransitionTime: new Date(dawn).toISOString(),
    };
    const unscheduled = pod({ conditions: [condition] });

    expect(troublesOf([unscheduled], dawn + 10_000)).toEqual([]);
    expect(troublesOf([unscheduled], dawn + 10_001)).toEqual([
      {
        pod: 'reviews-1',
        kind: 'unschedulable',
        message: 'no node takes it: 0/3 nodes are available: 3 Insufficient cpu.',
      },
    ]);
  });

  it('are cut short', () => {
    const [trouble] = troublesOf(
      [pod({ containerStatuses: [container(waiting('ErrImagePull', 'x'.repeat(5_000)))] })],
      dawn,
    );

    expect(trouble?.message).toHaveLength(500);
  });
});
