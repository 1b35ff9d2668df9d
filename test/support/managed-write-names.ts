// What a controller's write is for in a managed story, in a few words, and where the rollout stood when it was made: the same write of
// another run has the same name.
import { z } from 'zod';
import { eventWrite } from './write-names.ts';
import type { SeenWrite, SentWrite } from './write-proxy.ts';

/** Names the writes of one story. */
export interface ManagedNaming {
  /** `status #1 finalizing 1 return 50 written`, `disown (#1 shifting)`; undefined for what changes nothing. */
  nameOf(write: SentWrite): string | undefined;
  /** Takes note of a write that took place. */
  heard(write: SeenWrite): void;
  /** Where the newest rollout was saved to stand, in a word; `none` before there is one. */
  phase(): string;
}

const statusBody = z.object({
  status: z.looseObject({
    phase: z.string(),
    step: z.number(),
    stage: z.string().optional(),
    cleanUp: z.string().optional(),
    writtenAt: z.string().optional(),
    lanes: z.unknown(),
    weight: z.looseObject({ intended: z.number() }),
  }),
});

/**
 * The name without numbers, the object of an Event, and the phase that is told: one for the same write at another step, of another
 * weight, or of a next rollout.
 */
export function plainly(name: string): string {
  if (name.startsWith('tell ')) return 'tell';
  return name
    .replace(/ on \w+$/, '')
    .replaceAll(/ ?#?\b\d+/g, '')
    .replaceAll('( ', '(');
}

/** Whether the write only tells people of the rollout, which does not depend on it. */
export function isTelling(name: string): boolean {
  return name.startsWith('event ') || name.startsWith('tell ');
}

/** A naming for one story; rollouts and hashes are numbered as they come. */
export function managedNaming(): ManagedNaming {
  const rollouts: string[] = [];
  const stems: string[] = [];
  const standing = new Map<string, string>();
  const newest = (): string => `#${rollouts.length} ${phase()}`;
  const phase = (): string => standing.get(rollouts.at(-1) ?? '') ?? 'none';

  function nameOf(write: SentWrite): string | undefined {
    const { path, isDryRun } = write;
    if (isDryRun || path.startsWith('/apis/authorization.k8s.io/')) return undefined;
    if (path.includes('/canaryrollouts')) return rolloutWrite(write, numberOf(rollouts, rolloutOf(write)));
    if (path.includes('/events')) return isCount(write) ? undefined : eventWrite(write.body);
    if (path.includes('/virtualservices')) return `${routeWrite(write)} (${newest()})`;
    if (path.includes('/destinationrules')) return `${ruleWrite(write, stems)} (${newest()})`;
    return `${deploymentWrite(write)} (${newest()})`;
  }

  return {
    nameOf,
    phase,
    heard: (write) => {
      if (write.status === undefined || write.status >= 300 || !write.path.includes('/canaryrollouts/')) return;
      const saved = statusBody.safeParse(write.body);
      if (saved.success) standing.set(rolloutOf(write), saved.data.status.phase);
    },
  };
}

/** From 1, in the order in which they were first named. */
function numberOf(known: string[], name: string): number {
  if (!known.includes(name)) known.push(name);
  return known.indexOf(name) + 1;
}

const named = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

function rolloutOf({ path, method, body }: SentWrite): string {
  return method === 'POST' ? named.parse(body).metadata.name : (path.split('/canaryrollouts/')[1]?.split('/')[0] ?? '');
}

function rolloutWrite({ path, method, body }: SentWrite, number: number): string {
  if (!path.endsWith('/status')) return `${rolloutVerb(method)} rollout #${number}`;
  const { phase, step, stage, cleanUp, writtenAt, lanes, weight } = statusBody.parse(body).status;
  const found = phase === 'pending' && lanes !== undefined ? 'lanes found' : undefined;
  const written = writtenAt === undefined ? undefined : 'written';
  return ['status', `#${number}`, phase, step, stage, cleanUp, weight.intended, written, found]
    .filter((word) => word !== undefined)
    .join(' ');
}

function rolloutVerb(method: string): string {
  if (method === 'POST') return 'create';
  return method === 'DELETE' ? 'remove' : 'release';
}

/** One more of an Event that was written before. */
function isCount({ method }: SentWrite): boolean {
  return method === 'PATCH';
}

const operationsSchema = z.array(z.looseObject({ op: z.string(), path: z.string() }));

function routeWrite({ method, body }: SentWrite): string {
  if (method === 'DELETE') return 'delete route';
  if (method === 'POST') return `create route at ${canaryWeightIn(body)}`;
  const operations = operationsSchema.parse(body);
  if (operations.some(({ path }) => path.startsWith('/metadata/managedFields'))) return 'disown';
  const isLeft = operations.some(({ op, path }) => op === 'remove' && path.startsWith('/metadata/annotations'));
  return isLeft ? 'restore' : `weights ${canaryWeightIn(operations.filter(({ op }) => op !== 'test'))}`;
}

const weighed = z.looseObject({ destination: z.looseObject({ subset: z.string() }), weight: z.number() });

/** The weight beside a canary's subset, wherever in the value that stands. */
function canaryWeightIn(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { data } = weighed.safeParse(value);
  if (data?.destination.subset.startsWith('serin-canary-')) return data.weight;
  for (const part of Object.values(value)) {
    const found = canaryWeightIn(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ruleWrite({ method, path, body }: SentWrite, stems: string[]): string {
  const name = method === 'POST' ? named.parse(body).metadata.name : (path.split('/').at(-1) ?? '');
  const [, kind = 'other', hash = ''] = /^serin-(stable|canary)-([^-]*)/.exec(name) ?? [];
  return `${method === 'POST' ? 'define' : 'undefine'} ${kind} #${numberOf(stems, `${kind} ${hash}`)}`;
}

const deploymentBody = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string().nullable()).default({}) }).prefault({}),
  spec: z.looseObject({ replicas: z.number().optional() }).prefault({}),
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string(), reason: z.string() })) }).optional(),
});

function deploymentWrite({ method, body }: SentWrite): string {
  if (method === 'DELETE') return 'delete copy';
  if (method === 'POST') return 'create copy';
  const { metadata, spec, status } = deploymentBody.parse(body);
  const [condition] = status?.conditions ?? [];
  if (condition !== undefined) return `say ${condition.type} ${condition.reason}`;
  if (spec.replicas !== undefined) return `scale copy to ${spec.replicas}`;
  const { 'serin.dev/held': held, 'serin.dev/phase': phase, ...others } = metadata.annotations;
  if (held !== undefined) return held === null ? 'lift' : 'pause';
  return phase === undefined ? `mark ${Object.keys(others).join(' ')}` : `tell ${phase}`;
}
