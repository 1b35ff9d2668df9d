// What people may do where Serin is installed as deploy/ does it, with rights and without.
import { describe, expect, it } from 'vitest';
import { kubeconfigOf } from '../../tools/stack/identities.ts';
import type { Cleanup } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { appendRequest, type Installed, kubectlAs, sharedPolicy } from '../support/installed.ts';
import { managedStoryOf } from '../support/managed-story.ts';
import type { Story } from '../support/story.ts';

/** The settings of a rollout that waits for people. */
export const patient = { bake: '10m', 'max-bake': '20m' };

/** The stories of people, all at once, on the installation that stands when they run. `storyHere` begins one of a pair there. */
export function peopleStories(
  installed: () => Installed,
  storyHere: (context: Cleanup, name: string) => Promise<Story>,
): void {
  describe.concurrent('people', () => {
    it('with the role of operators read and steer, in their own names only', async (context) => {
      const alice = kubeconfigOf(installed().stack.folder, 'alice');
      const asked = await storyHere(context, 'operated');
      await asked.kubectl(['create', 'rolebinding', 'operators', '--clusterrole=serin-operator', '--user=alice']);
      await asked.kubectl(['rollout', 'pause', 'deployment/reviews-v1']);
      await asked.kubectl(['apply', '-f', '-'], sharedPolicy);
      await asked.release({ ...patient, policy: 'shared' });
      const live = await asked.reaches('baking');

      const reads = [['plan', 'reviews-v2'], ['status', 'reviews-v2'], ['get']];
      const read = await Promise.all(reads.map((words) => asked.serin(...words, '--kubeconfig', alice)));
      const forged = await appendRequest(alice, asked, live, 'abort', 'carol');
      const promoted = await asked.serin('promote', 'reviews-v2', '--kubeconfig', alice, '--reason', 'looks fine');
      const second = await asked.until(
        'the second step',
        ({ status }) => status.step === 1 && status.phase === 'baking',
      );
      const aborted = await asked.serin('abort', 'reviews-v2', '--kubeconfig', alice);
      const end = await asked.reaches('rolledBack');

      expect(read.map(({ code, stderr }) => [code, stderr])).toEqual([
        [0, expect.stringContaining('A rollout is under way')],
        [0, ''],
        [0, ''],
      ]);
      expect([forged.code, forged.stderr]).toEqual([1, expect.stringContaining('signed by another than you')]);
      expect([promoted.code, aborted.code]).toEqual([0, 0]);
      expect(JSON.stringify(second.status['warrant'])).toContain('alice from serin: looks fine');
      expect(end.status).toMatchObject({ cause: 'person', message: expect.stringContaining('Aborted by alice') });
      expect(weightsMoved(end)).toEqual([10, 25]);
    });

    it('with the role of operators read what a plain Deployment would go through', async (context) => {
      const { stack } = installed();
      const plain = await managedStoryOf(context, 'plain-read', { stack, controller: false, rps: 0 });
      await plain.kubectl(['create', 'rolebinding', 'operators', '--clusterrole=serin-operator', '--user=alice']);
      await plain.adopt();

      const alice = ['--kubeconfig', kubeconfigOf(stack.folder, 'alice')];
      const told = await plain.serin('plan', 'deployment/checkout', ...alice);
      const examined = await plain.serin('doctor', 'deployment/checkout', ...alice);

      expect(examined).toMatchObject({ code: 0, stdout: expect.stringContaining('fine') });
      expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('checkout') });
    });

    it('without rights are refused with a sentence, and the controller may speak for others', async (context) => {
      const { stack, kubeconfig } = installed();
      const bob = kubeconfigOf(stack.folder, 'bob');
      const guarded = await storyHere(context, 'guarded');
      await guarded.release(patient);
      const live = await guarded.reaches('baking');

      const stranger = await guarded.serin('abort', 'reviews-v2', '--kubeconfig', bob);
      await guarded.kubectl([
        'create',
        'role',
        'patch',
        '--verb=get,list,patch',
        '--resource=canaryrollouts.serin.dev',
      ]);
      await guarded.kubectl(['create', 'rolebinding', 'patch', '--role=patch', '--user=bob']);
      const promote = await guarded.serin('promote', 'reviews-v2', '--kubeconfig', bob);
      const abort = await kubectlAs(bob, guarded, 'patch', `cro/${live.metadata.name}`, '--type=merge', '-p', aborting);
      const spoken = await appendRequest(kubeconfig, guarded, live, 'pause', 'carol');
      const paused = await guarded.until('the pause', ({ status }) => status['pausedBy'] === 'carol');

      expect([stranger.code, stranger.stderr]).toEqual([10, expect.stringContaining('"bob" cannot list resource')]);
      expect([promote.code, promote.stderr]).toEqual([10, expect.stringContaining('bob may not promote: that needs')]);
      expect([abort.code, abort.stderr]).toEqual([1, expect.stringContaining('bob may not abort: that needs')]);
      expect(spoken.code).toBe(0);
      expect(paused.spec['requests']).toEqual([expect.objectContaining({ actor: 'carol', verb: 'pause' })]);
      expect(weightsMoved(paused)).toEqual([10]);
    });

    it('over HTTP are asked for their rights, and the controller speaks for them', async (context) => {
      const asked = await storyHere(context, 'over-http');
      const role = `--serviceaccount=${asked.namespace}:pipeline`;
      await asked.kubectl(['create', 'serviceaccount', 'pipeline']);
      await asked.release(patient);
      await asked.reaches('baking');

      const stranger = await pauseOverHttp(installed(), asked, 'pipeline');
      await asked.kubectl(['create', 'rolebinding', 'pipeline', '--clusterrole=serin-operator', role]);
      const done = await eventually('the right to be followed', async () => {
        const sent = await pauseOverHttp(installed(), asked, 'pipeline');
        return sent.status === 200 ? sent : false;
      });
      const paused = await asked.until('the pause', ({ status }) => status['pausedBy'] !== undefined);

      const actor = `system:serviceaccount:${asked.namespace}:pipeline`;
      expect([stranger.status, stranger.said]).toEqual([
        403,
        expect.objectContaining({ detail: expect.stringContaining(`${actor} may not pause or resume: that needs`) }),
      ]);
      expect(done.said).toMatchObject({ outcome: 'done' });
      expect(paused.spec['requests']).toEqual([expect.objectContaining({ actor, verb: 'pause', surface: 'http' })]);
    });
  });
}

/** Asks for a pause over HTTP with a token of a ServiceAccount of the story. */
async function pauseOverHttp(
  { controller }: Installed,
  of: Story,
  account: string,
): Promise<{ readonly status: number; readonly said: unknown }> {
  const token = (await of.kubectl(['create', 'token', account])).trim();
  const url = `${controller.apiUrl}/v1/rollouts/${of.namespace}/reviews-v2/pause`;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method: 'POST', headers, signal: AbortSignal.timeout(30_000) });
  return { status: answer.status, said: await answer.json() };
}

const aborting = '{"spec":{"abort":true}}';
