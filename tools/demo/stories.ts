// The stories the demo plays, each in a namespace of its own.
import type { BehaviourInput } from '../mesh/control.ts';

/** How a story is meant to end. */
export type Ending = { readonly phase: 'promoted' } | { readonly phase: 'rolledBack'; readonly cause: string };

/** One release, from its annotation to its end. */
export interface Story {
  readonly name: string;
  readonly namespace: string;
  readonly stable: string;
  readonly canary: string;
  /** What the story shows, in one sentence. */
  readonly about: string;
  /** Requests per second to the service; 0 is a service that nobody calls. */
  readonly rps: number;
  readonly behaviour: BehaviourInput;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether a person aborts once the rollout is held. */
  readonly abortWhenHeld: boolean;
  readonly ending: Ending;
}

const short = { bake: '5s', 'max-bake': '60s', 'min-requests': '25' };

/** Played side by side. */
export const stories: readonly Story[] = [
  {
    name: 'good',
    namespace: 'demo-good',
    stable: 'v1',
    canary: 'v2',
    about: 'reviews-v2 is as good as reviews-v1: 0.5% of the requests fail in both',
    rps: 120,
    behaviour: { kind: 'good', errorRate: 0.005 },
    settings: short,
    abortWhenHeld: false,
    ending: { phase: 'promoted' },
  },
  {
    name: 'bad',
    namespace: 'demo-bad',
    stable: 'v2',
    canary: 'v3',
    about: 'reviews-v3 answers 20% of its requests with 500',
    rps: 120,
    behaviour: { kind: '5xx', rate: 0.2 },
    settings: short,
    abortWhenHeld: false,
    ending: { phase: 'rolledBack', cause: 'gate' },
  },
  {
    name: 'quiet',
    namespace: 'demo-quiet',
    stable: 'v1',
    canary: 'v2',
    about: 'nobody calls the service, so there is nothing to judge',
    rps: 0,
    behaviour: { kind: 'good' },
    settings: { ...short, bake: '3s', 'max-bake': '12s' },
    abortWhenHeld: true,
    ending: { phase: 'rolledBack', cause: 'person' },
  },
];
