// One decision, whatever it comes from: the command, the HTTP API, Slack and kubectl ask the same core.
import { fetch } from 'undici';
import { describe, expect, it } from 'vitest';
import { refusalOf, rightOf } from '../../src/domain/permission.ts';
import type { Button } from '../../tools/demo/slack-box.ts';
import { kubeconfigOf } from '../../tools/stack/identities.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { amongPeople, type Channel, kubectlRequest, policyInForce, tokenIn } from '../support/people.ts';
import type { Story } from '../support/story.ts';
import { typed } from '../support/typed.ts';

const patient = { bake: '10m', 'max-bake': '20m', 'slack-channel': 'releases' };
const alice = () => kubeconfigOf(stackOfThisRun().folder, 'alice');
const bob = () => kubeconfigOf(stackOfThisRun().folder, 'bob');

interface Sent {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function overHttp(of: Story, token: string, verb: string, body: unknown): Promise<Sent> {
  const answer = await fetch(`${of.controller().apiUrl}/v1/rollouts/${of.namespace}/reviews-v2/${verb}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(120_000),
  });
  return { status: answer.status, body: (await answer.json()) as Sent['body'] };
}

const tries = 6;
/** Said to who is not answered in time, or cannot be, because the machine is busy; they ask the same again. */
const again = /will be answered|has no answer yet|Try again/;

async function untilAnswered(ask: (turn: number) => Promise<string>): Promise<string> {
  let answer = '';
  for (let turn = 0; turn < tries; turn += 1) {
    answer = await ask(turn);
    if (!again.test(answer)) break;
  }
  return answer;
}

async function promoteOverHttp(of: Story, token: string): Promise<string> {
  const { body } = await overHttp(of, token, 'promote', { step: 1 });
  return String(body['message'] ?? body['detail']);
}

async function promoteByCommand(of: Story): Promise<string> {
  const { stdout, stderr } = await typed(of, ['promote', 'reviews-v2', '--step', '1'], { kubeconfig: alice() }).ended;
  return `${stdout}${stderr}`.trimEnd().replace(/^reviews-\S+: /, '');
}

/** Presses Promote; the answer is what the person alone is told, or, for who did it, what the message tells everybody. */
async function promoteInSlack(channel: Channel, user: string, button: Button, turn = 0): Promise<string> {
  const did = new RegExp(`Promote of step 1 by ${user} from slack at [0-9:]+ UTC(?!, not answered yet)`);
  const said = async () => channel.told(user)[turn] ?? (did.test(channel.message()?.words ?? '') && 'done');
  channel.press(user, button);
  return eventually(`an answer to ${user}`, said);
}

/** A rollout that bakes at its first step, and the button of its message in Slack. */
async function baking(of: Story, channel: Channel): Promise<{ readonly name: string; readonly button: Button }> {
  await of.release(patient);
  const { metadata } = await of.reaches('baking');
  await policyInForce(of, metadata.name);
  const shown = async () => channel.message()?.buttons.get('promote');
  return { name: metadata.name, button: await eventually('the button', shown) };
}

describe.concurrent('one decision', () => {
  it('the same promote sent fifty times at once from three surfaces moves one step, and all are told the truth', async (context) => {
    const of = await storyOf(context, 'one-promote', { controller: false });
    const users = Array.from({ length: 12 }, (_, index) => `person-${index}`);
    const channel = await amongPeople(context, of, users);
    const operator = '--clusterrole=serin-operator';
    await of.kubectl(['create', 'rolebinding', 'operators', operator, '--user=alice', '--group=in-slack']);
    const { button } = await baking(of, channel);
    const token = await tokenIn(alice());

    const answers = await Promise.all([
      ...Array.from({ length: 8 }, () => untilAnswered(() => promoteByCommand(of))),
      ...Array.from({ length: 30 }, () => untilAnswered(() => promoteOverHttp(of, token))),
      ...users.map((user) => untilAnswered((turn) => promoteInSlack(channel, user, button, turn))),
    ]);

    const end = await of.until('the second step', ({ status }) => status.step === 1 && status.phase === 'baking');
    expect(weightsMoved(end)).toEqual([10, 25]);
    const done = end.status.answers.filter(({ outcome }) => outcome === 'done');
    expect(done).toEqual([expect.objectContaining({ message: expect.stringMatching(/^Promoted past step 1 by /) })]);
    const [, whom = ''] = /by (.+)\.$/.exec(done[0]?.message ?? '') ?? [];
    const already = `Step 1 was promoted already, by ${whom}; the rollout is at step 2.`;
    const heard = answers.map((answer) => (answer === 'done' ? done[0]?.message : answer.replace(/, \w+ ago/, '')));
    // Who did it hears that; who did it and was told too late asked again, and hears like all others that it is done.
    expect([[done[0]?.message], []]).toContainEqual(heard.filter((answer) => answer !== already));
    expect((await of.events()).some((event) => event.includes(`Promoted past step 1 by ${whom}.`))).toBe(true);
  });

  it('a user without the right is refused on every surface with the same sentence, and nothing is written', async (context) => {
    const of = await storyOf(context, 'one-refusal', { controller: false });
    const channel = await amongPeople(context, of, ['bob']);
    await of.kubectl(['create', 'role', 'writer', '--verb=get,list,patch', '--resource=canaryrollouts.serin.dev']);
    await of.kubectl(['create', 'rolebinding', 'writer', '--role=writer', '--user=bob']);
    const { name, button } = await baking(of, channel);
    const token = await tokenIn(bob());

    for (const verb of ['promote', 'abort', 'pause', 'retry', 'approve'] as const) {
      const sentence = refusalOf({ name: 'bob' }, rightOf(verb), of.namespace);
      const command = await typed(of, [verb, 'reviews-v2'], { kubeconfig: bob() }).ended;
      const http = await overHttp(of, token, verb, {});
      const slack = await channel.type('bob', `${verb} reviews-v2`);
      const asked = kubectlRequest({ id: `by-hand-${verb}`, actor: 'bob', verb });
      const words = ['patch', 'cro', name, '-n', of.namespace, '--kubeconfig', bob(), ...asked];
      const direct = await kubectl(of.stack, words);

      expect([command.code, command.stderr]).toEqual([10, `serin: ${sentence}\n`]);
      expect([http.status, http.body['detail']]).toEqual([403, sentence]);
      expect(slack).toBe(sentence);
      expect([direct.code, direct.stderr]).toEqual([1, expect.stringContaining(sentence)]);
    }
    const pressed = await promoteInSlack(channel, 'bob', button);
    await of.kubectl(['create', 'rolebinding', 'operator', '--clusterrole=serin-operator', '--user=alice']);
    const hotfix = ['promote', 'reviews-v2', '--override-freeze', '--reason', 'login is broken'];
    const override = await typed(of, hotfix, { kubeconfig: alice() }).ended;
    const body = { overrideFreeze: true, reason: 'login is broken' };
    const overrideHttp = await overHttp(of, await tokenIn(alice()), 'promote', body);

    expect(pressed).toBe(refusalOf({ name: 'bob' }, 'promote', of.namespace));
    const unfit = refusalOf({ name: 'alice' }, 'override', of.namespace);
    expect([override.stderr, overrideHttp.body['detail']]).toEqual([`serin: ${unfit}\n`, unfit]);
    const after = await of.rollout();
    expect([after?.status.phase, after?.status.step, after?.spec['requests']]).toEqual(['baking', 0, []]);
  });
});
