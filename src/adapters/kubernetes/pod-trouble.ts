// Which pods are in trouble, in the words of their containers.
import { z } from 'zod';
import type { PodTrouble } from '../../controller/ports.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import { instantOf, metadataSchema } from './metadata.ts';

const terminated = z.object({
  exitCode: z.number().default(0),
  reason: z.string().default(''),
  message: z.string().default(''),
});

const state = z
  .object({
    waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).nullish(),
    terminated: terminated.nullish(),
  })
  .nullish();

const containerStatuses = z
  .array(z.object({ name: z.string(), state, lastState: state }))
  .nullish()
  .transform((value) => value ?? []);

/** A pod as far as its troubles go. */
export const podSchema = z.object({
  metadata: metadataSchema,
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
            lastTransitionTime: z.string().nullish(),
          }),
        )
        .nullish()
        .transform((value) => value ?? []),
      containerStatuses,
      initContainerStatuses: containerStatuses,
    })
    .prefault({}),
});

/** A pod that was read. */
export type PodSeen = z.output<typeof podSchema>;

type Container = z.output<typeof containerStatuses>[number];

const imageReasons = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
]);
const startReasons = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

/** Worst first: what the container did comes before what was done to it. */
const order: readonly PodTrouble['kind'][] = ['outOfMemory', 'crashLoop', 'imagePull', 'notStarting', 'unschedulable'];

/** An autoscaler may still bring a node. */
const unschedulableMs: Millis = 10_000;
const longestMessage = 500;

/** The troubles of pods that are there to stay, worst first, then by name; at most one a pod. */
export function troublesOf(pods: readonly PodSeen[], now: Instant): readonly PodTrouble[] {
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined || metadata.deletionTimestamp === null)
    .flatMap((pod) => worst([...containerTroubles(pod), ...schedulingTroubles(pod, now)]))
    .sort((a, b) => rank(a) - rank(b) || (a.pod < b.pod ? -1 : 1));
}

function rank({ kind }: PodTrouble): number {
  return order.indexOf(kind);
}

function worst(troubles: readonly PodTrouble[]): readonly PodTrouble[] {
  return troubles.toSorted((a, b) => rank(a) - rank(b)).slice(0, 1);
}

function containerTroubles({ metadata, status }: PodSeen): readonly PodTrouble[] {
  return [...status.initContainerStatuses, ...status.containerStatuses].flatMap((container) => {
    const trouble = troubleOf(container);
    if (trouble === undefined) return [];
    return [{ pod: metadata.name, kind: trouble.kind, message: trouble.message.slice(0, longestMessage) }];
  });
}

function troubleOf(container: Container): Omit<PodTrouble, 'pod'> | undefined {
  const { name, state: now, lastState: last } = container;
  const { reason = '', message = '' } = now?.waiting ?? {};
  const ends = [now?.terminated, last?.terminated].filter((end) => end !== undefined && end !== null);
  const killed = ends.find((end) => end.reason === 'OOMKilled');
  if (killed !== undefined)
    return {
      kind: 'outOfMemory',
      message: `container ${name} was killed for memory (OOMKilled)${quoted(killed.message)}`,
    };
  if (reason === 'CrashLoopBackOff') return { kind: 'crashLoop', message: crashed(container, message) };
  if (imageReasons.has(reason)) return { kind: 'imagePull', message: `container ${name}: ${reason}${quoted(message)}` };
  if (startReasons.has(reason))
    return { kind: 'notStarting', message: `container ${name}: ${reason}${quoted(message)}` };
  return undefined;
}

/** The container's own last words where it left some; else those of who restarts it. */
function crashed({ name, lastState }: Container, waiting: string): string {
  const end = lastState?.terminated;
  if (end === undefined || end === null) return `container ${name} crashes again and again${quoted(waiting)}`;
  return `container ${name} crashes again and again, last with exit code ${end.exitCode}${quoted(end.message || waiting)}`;
}

function schedulingTroubles({ metadata, status }: PodSeen, now: Instant): readonly PodTrouble[] {
  return status.conditions
    .filter(
      ({ type, status: holds, reason }) => type === 'PodScheduled' && holds === 'False' && reason === 'Unschedulable',
    )
    .filter(({ lastTransitionTime }) => now - instantOf(lastTransitionTime) > unschedulableMs)
    .map(({ message }) => {
      const sentence = `no node takes it${quoted(message)}`;
      return { pod: metadata.name, kind: 'unschedulable' as const, message: sentence.slice(0, longestMessage) };
    });
}

function quoted(text: string): string {
  const words = text.trim();
  return words === '' ? '' : `: ${words}`;
}
