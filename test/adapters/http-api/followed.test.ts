// A rollout that is read again and again, through an API on a world in memory: told by a stream, and read while there is none.
import { afterEach, describe, expect, it } from 'vitest';
import { apiCalls, type Calls } from '../../../src/adapters/http-api/calls.ts';
import { type ApiRollouts, apiRollouts } from '../../../src/adapters/http-api/rollouts.ts';
import { readRollout } from '../../../src/adapters/kubernetes/rollout-codec.ts';
import { rolloutObject } from '../../../src/adapters/kubernetes/rollout-written.ts';
import type { Rollout, RolloutId } from '../../../src/domain/rollout.ts';
import { type ApiOptions, type ApiScene, apiScene, baking, tokens } from '../../support/api-world.ts';
import { eventually } from '../../support/eventually.ts';
import { runUntil } from '../../support/run.ts';

const long = { bake: '1h', 'max-bake': '2h' };
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Reading {
  readonly api: ApiScene;
  readonly url: string;
  readonly rollouts: ApiRollouts;
  readonly id: RolloutId;
  /** The paths of what was sent and answered with JSON, and of the streams that were asked for. */
  readonly reads: string[];
  readonly streams: string[];
  readonly clock: { now(): number; pass(ms: number): void };
}

async function reading(options: ApiOptions = {}): Promise<Reading> {
  const api = apiScene({ settings: long, parts: { clock: { now: () => Date.now() } }, ...options });
  ends.push(() => api.app.close());
  const { id } = await runUntil(api.scene, baking(0));
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const [reads, streams]: [string[], string[]] = [[], []];
  let skipped = 0;
  const clock = {
    now: () => Date.now() + skipped,
    pass(ms: number): void {
      skipped += ms;
    },
  };
  const calls = counted(
    apiCalls({
      url,
      token: async () => tokens.ada,
      userAgent: 'serin/test',
      proxies: {},
      pause: async () => undefined,
      interrupted: new AbortController().signal,
    }),
    reads,
    streams,
  );
  const rollouts = apiRollouts({ calls, clock, decode: readRollout });
  ends.push(() => calls.close(), rollouts.close);
  return { api, url, rollouts, id, reads, streams, clock };
}

function counted(calls: Calls, reads: string[], streams: string[]): Calls {
  return {
    ...calls,
    send: (call) => {
      reads.push(call.path);
      return calls.send(call);
    },
    open: (path, query, headers) => {
      streams.push(headers['last-event-id'] ?? 'from the beginning');
      return calls.open(path, query, headers);
    },
  };
}

/** Reads until it is as wanted, as whoever follows it does. */
function until(
  { rollouts, id }: Reading,
  what: string,
  wanted: (rollout: Rollout | undefined) => boolean,
): Promise<unknown> {
  return eventually(what, async () => wanted(await rollouts.get(id)) || undefined, { withinMs: 5_000 });
}

/** Reads until a stream tells, so that no read is sent any more. */
function untilTold({ rollouts, id, reads }: Reading): Promise<unknown> {
  return eventually(
    'a stream',
    async () => {
      const before = reads.length;
      await rollouts.get(id);
      return before === reads.length || undefined;
    },
    { withinMs: 5_000 },
  );
}

describe('a rollout that is followed', () => {
  it('is read once by whoever reads it once', async () => {
    const { rollouts, id, reads, streams } = await reading();

    const seen = await rollouts.get(id);

    expect([seen?.id, reads.length, streams.length]).toEqual([id, 1, 0]);
  });

  it('is told by a stream from the second time on, every change of it', async () => {
    const reader = await reading();
    const { api, rollouts, id, reads } = reader;
    await untilTold(reader);
    const before = reads.length;

    await api.scene.ask('promote', { step: 0 });
    await runUntil(api.scene, baking(1));
    api.news.tell(id);
    await until(reader, 'the second step', (rollout) => rollout?.status.step === 1);

    expect(reads).toHaveLength(before);
    expect(await rollouts.get(id)).toEqual(await api.scene.rollout());
  });

  it('is taken up again where a stream has ended, from what was known', async () => {
    const reader = await reading({ limits: { streamMs: 300, heartbeatMs: 100 } });
    const { streams, api, clock } = reader;
    await untilTold(reader);

    await eventually(
      'another stream',
      async () => {
        clock.pass(500);
        await reader.rollouts.get(reader.id);
        return streams.length > 2 || undefined;
      },
      { withinMs: 10_000 },
    );

    expect(new Set(streams)).toEqual(new Set([(await api.scene.rollout())?.resourceVersion]));
  });

  it('is read no more than every three seconds while streams are refused, and every change is still seen', async () => {
    const reader = await reading({ limits: { streams: { total: 0, each: 0 } } });
    const { api, rollouts, id, reads, clock } = reader;
    await rollouts.get(id);
    await rollouts.get(id);
    await eventually(
      'the refusal',
      async () => {
        const before = reads.length;
        await rollouts.get(id);
        return before === reads.length || undefined;
      },
      { withinMs: 5_000 },
    );
    const before = reads.length;

    for (let turn = 0; turn < 30; turn += 1) {
      clock.pass(1_000);
      await rollouts.get(id);
    }
    await api.scene.ask('promote', { step: 0 });
    await runUntil(api.scene, baking(1));
    clock.pass(3_000);
    const after = await rollouts.get(id);

    expect(reads.length - before).toBeLessThanOrEqual(11);
    expect(after?.status.step).toBe(1);
  });

  it('is read again when its stream has been silent for too long', async () => {
    const reader = await reading({ limits: { heartbeatMs: 3_600_000 } });
    const { rollouts, id, reads, clock } = reader;
    await untilTold(reader);
    const before = reads.length;

    clock.pass(41_000);
    await rollouts.get(id);

    expect(reads).toHaveLength(before + 1);
  });

  it('is no more once it was deleted', async () => {
    const reader = await reading();
    const { api, id } = reader;
    await untilTold(reader);

    const rollout = await api.scene.rollout();
    if (rollout === undefined) throw new Error('There is no rollout.');
    await api.scene.world.rollouts.release(rollout);
    await api.scene.world.rollouts.remove(rollout);
    api.news.tell(id);

    await until(reader, 'nothing', (rollout) => rollout === undefined);
    expect(await reader.rollouts.get(id)).toBeUndefined();
  });

  it('is not the newest rollout of a Deployment that has its name', async () => {
    const { rollouts } = await reading();

    expect(await rollouts.get({ namespace: 'shop', name: 'reviews-v2' })).toBeUndefined();
  });
});

describe('a list', () => {
  it('is read page by page, and is in the order of the cluster', async () => {
    const { api, url } = await reading();
    const one = await api.scene.rollout();
    if (one === undefined) throw new Error('There is no rollout.');
    const many = Array.from({ length: 250 }, (_, index) => ({
      ...one,
      uid: `uid-${index}`,
      id: { namespace: 'shop', name: `r-${String((index * 7) % 250).padStart(3, '0')}` },
    }));
    const other = apiScene({ parts: { rollouts: { get: async () => undefined, list: async () => many } } });
    ends.push(() => other.app.close());
    const calls = apiCalls({
      url: await other.app.listen({ host: '127.0.0.1', port: 0 }),
      token: async () => tokens.ada,
      userAgent: 'serin/test',
      proxies: {},
      pause: async () => undefined,
      interrupted: new AbortController().signal,
    });
    ends.push(calls.close);

    const listed = await apiRollouts({ calls, clock: { now: () => 0 }, decode: readRollout }).list('shop');

    expect(url).not.toBe('');
    expect(listed.map(({ id }) => id.name)).toEqual(many.map(({ id }) => id.name).toSorted());
  });

  it.each([
    ['nothing', {}],
    ['another thing', { objects: 'three' }],
  ])('that is %s is a sentence, and what cannot be read is left out', async (_what, body) => {
    const { api } = await reading();
    const one = await api.scene.rollout();
    const answer = (came: unknown): Calls => ({
      send: async () => came,
      open: () => Promise.reject(new Error('No stream.')),
      close: () => undefined,
    });
    const reads = (came: unknown) => apiRollouts({ calls: answer(came), clock: { now: () => 0 }, decode: readRollout });
    const whole = one === undefined ? [] : [rolloutObject(one)];

    await expect(reads(body).list('shop')).rejects.toThrow(
      /^The API answered with something else than was asked for at objects: it is of another version than this command, or none of Serin's\.$/,
    );
    expect(await reads({ objects: [...whole, { kind: 'Newer' }], newer: true }).list('shop')).toEqual([one]);
  });
});
