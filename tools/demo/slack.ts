// The demo's third story: a release that waits for a person's word, told and decided in a Slack channel.
import { meshClient } from '../mesh/client.ts';
import { imageOf, managedManifests } from '../scene/managed.ts';
import { asList } from '../scene/pair.ts';
import type { FakeMessage, FakeSlack } from '../slack/fake-slack.ts';
import type { Stack } from '../stack/description.ts';
import { kubectlEventually, kubectlOutput } from '../stack/kubectl.ts';
import type { Followed, Seen } from './follow.ts';
import type { Printer } from './print.ts';
import { type Button, buttonsOf, readable, wrapped } from './slack-box.ts';
import { type Channel, followChannel } from './slack-follow.ts';
import { channelName, type Person, people, press, typeCommand } from './slack-people.ts';

/** The namespace of this story, and its name in front of each line. */
export const slackNamespace = 'cash';

const story = 'slack';
const name = 'payments';
const settings = [
  'canary=enabled',
  'steps=50,100',
  'bake=4s',
  'max-bake=3m',
  'min-requests=25',
  'error-margin=2%',
  'approval=before-promotion',
  `slack-channel=${channelName}`,
];
const adopted = '--for=jsonpath={.metadata.annotations.serin\\.dev/stable}';

/** Applies the service, says who may approve, and lets visitors come. */
export async function setSlackScene(stack: Stack): Promise<void> {
  const usual = { kind: 'good', errorRate: 0.005 } as const;
  const manifests = managedManifests({
    namespace: slackNamespace,
    name,
    replicas: 2,
    behaviours: { '1': usual, '2': usual },
  });
  await kubectlOutput(stack, ['apply', '-f', '-'], { stdin: asList(manifests) });
  await meshClient(stack.mesh.url).putLoad(slackNamespace, 'visitors', {
    host: name,
    rps: 150,
    clientWorkload: 'web',
    clientReplicas: 2,
  });
}

/** Plays the story; true when it ended as told. */
export async function playSlack(stack: Stack, slack: FakeSlack, followed: Followed, out: Printer): Promise<boolean> {
  const channel = followChannel(slack, out);
  try {
    await begin(stack, out);
    const isDecided = await decide({ slack, channel, out });
    if (!isDecided) return asTold(slack, out, false);
    const end = await followed.end(slackNamespace, 1);
    const told = await channel.message(({ broadcast, text }) => broadcast && isOf(end, text));
    const shown = await channel.message(({ thread, text }) => thread === undefined && text.startsWith('Promoted'));
    const isTold = told !== undefined && shown !== undefined;
    return asTold(slack, out, isTold && end?.phase === 'promoted');
  } finally {
    await channel.leave();
  }
}

/** Whether a line in the thread is a rollout's sentence; long ones are cut there. */
function isOf(end: Seen | undefined, text: string): boolean {
  return end?.message.startsWith(readable(text).replace(/…$/, '')) === true;
}

async function begin(stack: Stack, out: Printer): Promise<void> {
  const type = async (words: readonly string[]): Promise<void> => {
    out.said(story, `$ kubectl ${words.join(' ')} -n ${slackNamespace}`);
    await kubectlOutput(stack, [...words, '-n', slackNamespace]);
  };
  await type(['create', 'rolebinding', 'managers', '--clusterrole=serin-approver', '--group=release-managers']);
  await type(['create', 'rolebinding', 'developers', '--clusterrole=serin-operator', '--group=developers']);
  await type(['annotate', `deployment/${name}`, ...settings.map((setting) => `serin.dev/${setting}`)]);
  const waiting = ['wait', '-n', slackNamespace, `deployment/${name}`, adopted, '--timeout=10s'];
  await kubectlEventually(stack, waiting, 30_000);
  await type(['set', 'image', `deployment/${name}`, `${name}=${imageOf('2', name)}`]);
}

/** What a conversation takes. */
interface Talk {
  readonly slack: FakeSlack;
  readonly channel: Channel;
  readonly out: Printer;
}

/** Bob looks and may not approve, Ada approves, Carol comes too late; true when each was told what they should be. */
async function decide(talk: Talk): Promise<boolean> {
  const { slack, channel, out } = talk;
  const { ada, bob, carol } = people;
  const asking = await channel.message((message) => message.thread === undefined && approveOf(message) !== undefined);
  const button = asking === undefined ? undefined : approveOf(asking);
  if (asking === undefined || button === undefined) return false;
  out.said(story, `${bob.name} types /serin status ${name}`);
  const status = await channel.whispered(() => void typeCommand(slack, bob, `status ${name}`, asking.channel));
  const refused = await channel.whispered(() => void pressed(talk, bob, button, asking));
  const edits = asking.texts.length;
  const envelope = pressed(talk, ada, button, asking);
  const answered = await channel.message((message) => message === asking && message.texts.length > edits);
  const acknowledged = slack.socket.acknowledged.find(({ id }) => id === envelope.id);
  if (acknowledged === undefined) return false;
  out.said(story, `(Ada's press was acknowledged after ${acknowledged.at - envelope.at} ms)`);
  out.said(story, `The buttons are gone, but ${carol.name}'s screen has not followed yet:`);
  const late = await channel.whispered(() => void pressed(talk, carol, button, asking));
  const isAnswered = JSON.stringify(answered?.blocks).includes(`by ${ada.user} from slack`);
  const isRefused = refused?.includes('may not approve') === true;
  return isAnswered && isRefused && status?.includes(name) === true && late?.includes('already') === true;
}

function approveOf(message: FakeMessage): Button | undefined {
  return buttonsOf(message).get('approve');
}

/** Says what a person sees and does, and presses; gives the envelope, and when it was sent. */
function pressed(
  { slack, out }: Talk,
  person: Person,
  button: Button,
  { channel }: FakeMessage,
): { readonly id: string; readonly at: number } {
  const { confirm, text } = button;
  const asked = confirm === undefined ? '' : `, reads "${confirm.text.text}" and says ${confirm.confirm.text}`;
  out.said(story, wrapped(`${person.name} (${person.user}) presses [ ${text.text} ]${asked}`).join('\n'));
  return { at: Date.now(), id: press(slack, person, button, channel) };
}

function asTold({ messages }: FakeSlack, out: Printer, isTold: boolean): boolean {
  const posted = messages.filter(({ thread }) => thread === undefined);
  const edits = posted.reduce((all, { texts }) => all + texts.length - 1, 0);
  const isOne = posted.length === 1;
  const words = `${posted.length} message, edited ${edits} times, ${messages.length - posted.length} lines in its thread`;
  const wanted = 'SHOULD HAVE ENDED promoted, approved by Ada alone, in one message';
  out.said(story, `${isTold && isOne ? 'ended as told' : wanted}: ${words}`);
  return isTold && isOne;
}
