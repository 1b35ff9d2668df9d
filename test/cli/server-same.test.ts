// What the command says through the HTTP API is what it says with a kubeconfig: the same words, columns and exit codes.
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiScene, apiScene, baking } from '../support/api-world.ts';
import { runUntil } from '../support/run.ts';
import { throughPorts, throughServer } from '../support/served-command.ts';

const long = { bake: '1h', 'max-bake': '2h' };
const open: ApiScene[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.app.close()));
});

/** An API that listens, over a rollout that bakes at its first step. */
async function begun(settings: Readonly<Record<string, string>> = long): Promise<readonly [ApiScene, string]> {
  const api = apiScene({ settings });
  open.push(api);
  await runUntil(api.scene, baking(0));
  return [api, await api.app.listen({ host: '127.0.0.1', port: 0 })];
}

const looks = [
  'get',
  'get -o wide',
  'get -o json',
  'get -o yaml',
  'get -o name',
  'get reviews-v2',
  'get deployment/reviews-v2 -o json',
  'get revews-v2',
  'get reviews-v1',
  'get cro/nothing',
  'get a/b/c',
  'status reviews-v2',
  'status reviews-v2 -o json',
  'explain reviews-v2',
  'explain reviews-v2 -o json',
  'history reviews-v2',
  'history reviews-v2 -o wide',
  'history reviews-v2 --attempt 1',
  'history reviews-v2 --attempt 7',
  'promote reviews-v2 --step 9',
];

describe('through a server', () => {
  it.each(looks)('`serin %s` says what it says with a kubeconfig', async (line) => {
    const [api, url] = await begun();

    const said = await throughServer(api, url, line);

    expect(said).toEqual(await throughPorts(api, line));
    expect(said.out + said.err).not.toBe('');
  });

  it.each([
    ['a promotion', { bake: '30s' }, 0],
    ['a rollback', { bake: '30s', bad: 'yes' }, 3],
  ] as const)(
    'everything that is said of %s is the same, and `serin wait` ends with its code',
    async (_what, { bake, ...rest }, code) => {
      const [api, url] = await begun({ bake, 'max-bake': '30m' });
      if ('bad' in rest) api.scene.traffic.errors['reviews-v2'] = 0.5;
      await runUntil(api.scene, ({ status }) => status.phase === 'promoted' || status.phase === 'rolledBack');

      for (const line of [
        'get',
        'status reviews-v2',
        'explain reviews-v2',
        'history reviews-v2 --attempt 1',
        'watch reviews-v2',
        'wait reviews-v2',
        'wait reviews-v2 --for=finished -o json',
      ]) {
        const said = await throughServer(api, url, line);
        const waited = line.startsWith('w');

        expect(said).toEqual(await throughPorts(api, line));
        expect(said.code).toBe(waited && !line.includes('finished') ? code : 0);
      }
    },
  );

  it('a wait begins before there is a rollout of the present revision, and ends with it', async () => {
    const api = apiScene({ settings: { bake: '30s', 'max-bake': '30m' } });
    open.push(api);
    const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
    let pauses = 0;

    const said = await throughServer(api, url, 'wait deployment/reviews-v2 --timeout 2h', {
      async pauses() {
        pauses += 1;
        if (pauses > 1) await runUntil(api.scene, ({ status }) => status.phase === 'promoted');
      },
    });

    expect(said.code).toBe(0);
    expect(said.out + said.err).toContain('No rollout of the present revision of reviews-v2 has begun yet.');
    expect(said.out + said.err).toMatch(/reviews-v2-\w+-1 promoted/);
  });

  it('a promotion, a pause, a resumption and an abort are answered as they are with a kubeconfig', async () => {
    const [api, url] = await begun();
    const [direct] = await begun();

    for (const line of [
      'pause reviews-v2',
      'pause reviews-v2',
      'resume reviews-v2',
      'promote reviews-v2 --step 1',
      'abort reviews-v2 --reason slow',
    ]) {
      const said = await api.whileTicking(throughServer(api, url, line));
      const typed = await direct.whileTicking(throughPorts(direct, line));

      expect([line, said.code, said.out.replaceAll('http', 'serin'), said.err]).toEqual([
        line,
        typed.code,
        typed.out,
        typed.err,
      ]);
    }
    const requests = (await api.scene.rollout())?.spec.requests ?? [];
    expect(requests.map(({ verb, actor, surface }) => `${verb} ${actor} ${surface}`)).toEqual([
      'pause ada http',
      'resume ada http',
      'promote ada http',
      'abort ada http',
    ]);
  });

  it('who has no right reads the sentence of every surface, and the exit code is 10', async () => {
    const [api, url] = await begun();

    const said = await throughServer(api, url, 'promote reviews-v2', { who: 'bob' });
    const seen = await throughServer(api, url, 'get', { who: 'carol' });

    expect(said).toEqual({
      code: 10,
      out: '',
      err: 'serin: bob may not promote: that needs the verb promote on canaryrollouts.serin.dev in namespace shop. Ask an administrator for a RoleBinding to the ClusterRole serin-operator there.\n',
    });
    expect(seen.code).toBe(10);
    expect(seen.err).toMatch(/^serin: carol may not list rollouts: .*serin-viewer there\.\n$/);
  });

  it.each([
    [{ policy: 'strict' }, 'strict'],
    [{ policy: 'lost' }, 'lost'],
    [{ bake: 'never' }, 'never'],
  ])('what a Deployment asks for by now (%o) is told as it is with a kubeconfig', async (settings, word) => {
    const api = apiScene({ settings: long, policies: { 'shop/strict': { bake: 'strict' } } });
    open.push(api);
    await runUntil(api.scene, baking(0));
    const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
    await api.scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', ...settings });

    const said = await throughServer(api, url, 'status reviews-v2');

    expect(said).toEqual(await throughPorts(api, 'status reviews-v2'));
    expect(said.out).toContain('What Deployment reviews-v2 asks for by now cannot be done:');
    expect(said.out).toContain(word);
  });

  it('Ctrl-C ends a wait with 130, also in the middle of a call', async () => {
    const [api, url] = await begun();
    const ctrlC = new AbortController();
    api.app.server.prependListener('request', (request: IncomingMessage) => {
      if (request.url?.includes('/v1/rollouts/shop/') === true) ctrlC.abort();
    });

    const said = await throughServer(api, url, 'wait reviews-v2', { interrupted: ctrlC.signal });

    expect(said.code).toBe(130);
    expect(said.out + said.err).toContain('Wait again with: serin wait reviews-v2-');
    expect(said.err).not.toContain('does not answer');
  });

  it('a wait outlives the API, and says when it is silent and when it answers again', async () => {
    const [api, url] = await begun();
    const { port } = new URL(url);
    let pauses = 0;
    const again = apiSceneOf(api);
    open.push(again);

    const waiting = throughServer(api, url, 'wait reviews-v2 --timeout 6h', {
      async pauses() {
        pauses += 1;
        if (pauses === 3) await api.app.close();
        if (pauses === 8) await again.app.listen({ host: '127.0.0.1', port: Number(port) });
        if (pauses === 12) await api.scene.ask('abort');
        if (pauses > 12) await runUntil(api.scene, ({ status }) => status.phase === 'rolledBack');
        api.scene.pass(1_000);
      },
    });

    const said = await waiting;
    expect(said.code).toBe(4);
    expect(said.err).toMatch(
      /The cluster does not answer \(http:\S+ refused the connection: nothing listens there\.\); trying again\.\n/,
    );
    expect(said.err).toContain('The cluster answers again.\n');
  });
});

/** Another controller's API over the same world. */
function apiSceneOf(api: ApiScene): ApiScene {
  const { rollouts, clock, workloads, policies } = api.scene.world;
  return apiScene({ parts: { rollouts, clock, workloads, policies, desk: api.scene.desk } });
}
