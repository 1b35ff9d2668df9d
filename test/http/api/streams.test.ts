// Server-sent events: every change of a rollout, taken up again where they were left.
import { describe, expect, it } from 'vitest';
import { rolloutSchema } from '../../../src/http/api/record.ts';
import { type ApiScene, apiScene, as, baking, tokens } from '../../support/api-world.ts';
import { eventually } from '../../support/eventually.ts';
import { runUntil } from '../../support/run.ts';

const long = { bake: '1h', 'max-bake': '2h' };
const path = '/v1/rollouts/shop/reviews-v2/events';

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

interface Listening {
  /** Everything that came. */
  text(): string;
  events(): readonly Event[];
  /** Whether the server has ended it. */
  ended(): boolean;
  leave(): void;
}

function eventOf(block: string): Event {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return { id: field('id'), event: field('event'), data: JSON.parse(field('data')) };
}

async function listen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Listening> {
  const leaving = new AbortController();
  const answer = await fetch(url + path, { headers: { ...as('ada'), ...headers }, signal: leaving.signal });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  let text = '';
  let ended = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
  })();
  reading
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return {
    text: () => text,
    events: () =>
      text
        .split('\n\n')
        .filter((block) => block.includes('event: '))
        .map(eventOf),
    ended: () => ended,
    leave: () => leaving.abort(),
  };
}

/** An API that listens, over a rollout that bakes at its first step. It ends with `app.close()`. */
async function begun(
  limits: Parameters<typeof apiScene>[0] = {},
): Promise<{ readonly api: ApiScene; readonly url: string }> {
  const api = apiScene({ settings: long, parts: { clock: { now: () => Date.now() } }, ...limits });
  await runUntil(api.scene, baking(0));
  return { api, url: await api.app.listen({ host: '127.0.0.1', port: 0 }) };
}

async function resourceVersion(api: ApiScene): Promise<string> {
  return (await api.scene.rollout())?.resourceVersion ?? '';
}

describe('a stream of events', () => {
  it('begins with the rollout as it is, and brings every change', async () => {
    const { api, url } = await begun();
    const heard = await listen(url);
    await eventually('the first event', async () => heard.events().length === 1, { withinMs: 5_000 });

    await api.scene.ask('promote', { step: 0 });
    const after = await runUntil(api.scene, baking(1));
    api.news.tell(after.id);
    await eventually('the last change', async () => heard.events().at(-1)?.id === after.resourceVersion, {
      withinMs: 5_000,
    });
    await api.app.close();

    const rollouts = heard.events().map(({ event, id, data }) => ({ event, id, rollout: rolloutSchema.parse(data) }));
    expect(rollouts.map(({ event }) => event)).toEqual(rollouts.map(() => 'rollout'));
    expect(rollouts.every(({ id, rollout }) => rollout.resourceVersion === id)).toBe(true);
    expect(rollouts[0]?.rollout).toMatchObject({ phase: 'baking', step: 1 });
    expect(rollouts.at(-1)?.rollout).toMatchObject({ phase: 'baking', step: 2 });
    expect(heard.text()).toMatch(/^retry: 3000\n\n/);
  });

  it('taken up with the last id tells what was missed, and nothing when nothing was', async () => {
    const { api, url } = await begun({ limits: { heartbeatMs: 50 } });
    const last = await resourceVersion(api);

    const current = await listen(url, { 'last-event-id': last });
    await eventually('a heartbeat', async () => current.text().includes(': still here'), { withinMs: 5_000 });
    const told = current.events();
    current.leave();
    await api.scene.ask('promote', { step: 0 });
    const after = await runUntil(api.scene, baking(1));
    const behind = await listen(url, { 'last-event-id': last });
    await eventually('what was missed', async () => behind.events().length > 0, { withinMs: 5_000 });
    await api.app.close();

    expect(told).toEqual([]);
    expect(behind.events()[0]).toMatchObject({ id: after.resourceVersion, data: { step: 2 } });
    const history = rolloutSchema.parse(behind.events()[0]?.data).history;
    expect(history.map(({ phase, weight }) => `${phase} ${weight}`)).toContain('shifting 25');
  });

  it('ends when the reader may not read any more', async () => {
    const { api, url } = await begun({ limits: { heartbeatMs: 50 } });
    const heard = await listen(url);

    api.callers.forbid('ada');
    await eventually('the end', async () => heard.ended(), { withinMs: 5_000 });
    await api.app.close();

    expect(heard.text()).not.toContain('problem');
  });

  it('ends when the token is nobody’s any more', async () => {
    const { api, url } = await begun({ limits: { heartbeatMs: 50 } });
    const heard = await listen(url);

    api.callers.know(tokens.ada, undefined);
    await eventually('the end', async () => heard.ended(), { withinMs: 5_000 });
    await api.app.close();
  });

  it('outlives a cluster that does not answer', async () => {
    const { api, url } = await begun({ limits: { heartbeatMs: 50, lookEveryMs: 50 } });
    const heard = await listen(url);
    await eventually('the first event', async () => heard.events().length === 1, { withinMs: 5_000 });
    let isDown = true;
    const before = { ...api.callers };
    api.callers.may = async (...asked) => {
      if (isDown) throw new Error('connect ECONNREFUSED');
      return before.may(...asked);
    };
    const heardBefore = heard.text().length;
    await eventually('two heartbeats', async () => heard.text().slice(heardBefore).split('still here').length > 2, {
      withinMs: 5_000,
    });
    isDown = false;

    await api.scene.ask('promote', { step: 0 });
    await runUntil(api.scene, baking(1));
    await eventually('the change', async () => heard.events().at(-1)?.id === (await resourceVersion(api)), {
      withinMs: 5_000,
    });
    const ended = heard.ended();
    await api.app.close();

    expect(ended).toBe(false);
  });

  it('says when the rollout is no more, and ends', async () => {
    const { api, url } = await begun({ limits: { heartbeatMs: 50 } });
    const heard = await listen(url);
    const rollout = await api.scene.rollout();
    if (rollout === undefined) throw new Error('There is no rollout.');

    await api.scene.world.rollouts.release(rollout);
    await api.scene.world.rollouts.remove(rollout);
    await eventually('the end', async () => heard.ended(), { withinMs: 5_000 });
    await api.app.close();

    expect(heard.text()).toContain('event: gone\n');
  });

  it('is one of so many; a place is given back when its reader goes', async () => {
    const { api, url } = await begun({ limits: { streams: { total: 2, each: 1 } } });
    const heard = await listen(url);
    const crowded = await fetch(url + path, { headers: as('ada') });
    const other = await fetch(url + path, { headers: as('bob'), signal: AbortSignal.timeout(5_000) });

    heard.leave();
    const again = await eventually(
      'a place',
      async () => {
        const answer = await fetch(url + path, { headers: as('ada') });
        return answer.status === 200 ? answer : false;
      },
      { withinMs: 5_000 },
    );
    await api.app.close();

    expect([crowded.status, await crowded.json()]).toEqual([
      503,
      expect.objectContaining({ type: 'urn:serin:problem:busy' }),
    ]);
    expect([other.status, again.status]).toEqual([200, 200]);
  });

  it('lasts no longer than streams last', async () => {
    const { api, url } = await begun({ limits: { streamMs: 300, heartbeatMs: 100 } });
    const heard = await listen(url);

    await eventually('the end', async () => heard.ended(), { withinMs: 5_000 });
    await api.app.close();

    expect(heard.events()).toHaveLength(1);
  });
});
