// The HTTP API over a world in memory, listening on loopback, with a controller that ticks while it is asked.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { rolloutObject } from '../../src/adapters/kubernetes/rollout-written.ts';
import { type MemoryCallers, memoryCallers } from '../../src/adapters/memory/callers.ts';
import type { Fields, Log } from '../../src/controller/log.ts';
import { type RolloutNews, type RolloutTeller, rolloutNews } from '../../src/controller/news.ts';
import { rights } from '../../src/domain/permission.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import { apiApp } from '../../src/http/api/app.ts';
import { type ApiParts, type Limits, ordinaryLimits } from '../../src/http/api/parts.ts';
import { round, type Scene } from './run.ts';
import { type MemoryWorld, memoryWorld, type WorldOptions } from './world.ts';

/** The tokens that the API knows at first: `ada` may do everything in namespace shop, `bob` only read there. */
export const tokens = { ada: 'token-of-ada', bob: 'token-of-bob', carol: 'token-of-carol' } as const;

/** An API, and what a test does to it. */
export interface ApiScene {
  readonly app: FastifyInstance;
  readonly scene: MemoryWorld;
  readonly callers: MemoryCallers;
  /** What wakes those who wait, and how many do. */
  readonly news: RolloutTeller & { listeners(): number };
  /** Everything that was logged, for searching. */
  logged(): string;
  /** Ticks the controller until the work is done, and gives what that gave. Time stands still meanwhile. */
  whileTicking<T>(work: Promise<T>): Promise<T>;
  /** The same, and time passes. */
  whileRunning<T>(work: Promise<T>): Promise<T>;
}

/** How an API begins. */
export interface ApiOptions extends WorldOptions {
  readonly parts?: Partial<ApiParts>;
  readonly limits?: Partial<Limits>;
}

/** An API over a memory world, not listening. The caller owes it a close. */
export function apiScene({ parts, limits, ...options }: ApiOptions = {}): ApiScene {
  const scene = memoryWorld(options);
  const callers = memoryCallers();
  for (const [name, token] of Object.entries(tokens)) callers.know(token, { name, groups: ['people'] });
  callers.allow('ada', rights, 'shop');
  callers.allow('bob', ['get', 'list'], 'shop');
  const told = rolloutNews();
  let listening = 0;
  const news: RolloutNews = {
    subscribe(namespace, onChange) {
      const leave = told.subscribe(namespace, onChange);
      listening += 1;
      return () => {
        listening -= 1;
        leave();
      };
    },
  };
  const lines: string[] = [];
  const app = apiApp({
    callers,
    rollouts: scene.world.rollouts,
    objectOf: rolloutObject,
    workloads: scene.world.workloads,
    policies: scene.world.policies,
    adopted: async () => [],
    desk: scene.desk,
    ...(scene.world.freezes === undefined ? {} : { freezes: scene.world.freezes }),
    news,
    clock: scene.world.clock,
    log: logInto(lines),
    newId: randomUUID,
    version: '0.0.0',
    limits: { ...ordinaryLimits, answerWithinMs: 5_000, lookEveryMs: 50, ...limits },
    ...parts,
  });
  return {
    app,
    scene,
    callers,
    news: { ...told, listeners: () => listening },
    logged: () => lines.join('\n'),
    whileTicking: (work) => ticking(scene, work, 0),
    whileRunning: (work) => ticking(scene, work, 1_000),
  };
}

async function ticking<T>(scene: Scene, work: Promise<T>, passes: number): Promise<T> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  // Whoever awaits it hears of its failure.
  ended.catch(() => undefined);
  while (!done) {
    await round(scene);
    if (passes > 0) scene.pass(passes);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return ended;
}

function logInto(lines: string[]): Log {
  const write = (message: string, fields?: Fields, error?: unknown): void =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {})} ${error instanceof Error ? error.message : ''}`);
  return { info: write, warn: write, error: write, child: () => logInto(lines) };
}

/** Headers of somebody who asks. */
export function as(who: keyof typeof tokens): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${tokens[who]}` };
}

/** Whether a rollout bakes at this step, counted from 0. */
export function baking(step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === 'baking' && status.step === step;
}
