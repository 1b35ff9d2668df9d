// People of a story: who they are in the cluster and in Slack, with the roles and the policy of deploy/ in force in its namespace.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type Button, buttonsOf } from '../../tools/demo/slack-box.ts';
import { press, typeCommand } from '../../tools/demo/slack-people.ts';
import { home, installAccount, kubeconfigOfAccount } from '../../tools/scene/install.ts';
import type { FakeSlack } from '../../tools/slack/fake-slack.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { applyPeopleRoles } from './people-roles.ts';
import { slackBeside } from './slack-beside.ts';
import { type Story, withDefinitions } from './story.ts';

/** Slack beside a story. */
export interface Channel {
  /** The newest message about a rollout as everybody sees it, and its buttons. */
  message(): { readonly words: string; readonly buttons: ReadonlyMap<string, Button> } | undefined;
  /** The person presses the button. */
  press(user: string, button: Button): void;
  /** The person types `/serin` and these words; gives what they alone are told. */
  type(user: string, words: string): Promise<string>;
  /** What the person alone was told after presses, so far. */
  told(user: string): readonly string[];
}

const deploy = join(import.meta.dirname, '..', '..', 'deploy');
const bound = { 'serin.dev/admission': 'under-test' };

/**
 * Starts the story's controller with the rights of its account, its HTTP API, and Slack, under the policy for requests. `users` are
 * the people in Slack, by their names in the cluster; each has the group `in-slack` there.
 */
export async function amongPeople(context: Cleanup, of: Story, users: readonly string[]): Promise<Channel> {
  await underPolicy(of);
  const table = Object.fromEntries(users.map((user) => [personOf(user).id, { user, groups: ['in-slack'] }]));
  const { slack, flags } = await slackBeside(context, table);
  const kubeconfig = await kubeconfigOfAccount(of.stack, home, 'serin', `${of.namespace}-controller`);
  await of.startController({ kubeconfig, api: { address: '127.0.0.1:0' }, flags });
  await eventually('Slack to be listened to', async () => slack.socket.connections() > 0);
  return channelOf(slack);
}

function channelOf(slack: FakeSlack): Channel {
  const posted = () => slack.messages.findLast(({ thread }) => thread === undefined);
  const answers = () => slack.calls.filter(({ method }) => method === 'respond');
  return {
    message: () => {
      const found = posted();
      return found === undefined ? undefined : { words: JSON.stringify(found.blocks), buttons: buttonsOf(found) };
    },
    press: (user, button) => void press(slack, personOf(user), button, posted()?.channel ?? ''),
    type: async (user, words) => {
      const before = answers().length;
      typeCommand(slack, personOf(user), words, posted()?.channel ?? '');
      const answer = await eventually('an answer in Slack', async () => answers()[before]);
      return String(answer.args['text']);
    },
    told: (user) => slack.whispers.filter((whisper) => whisper.user === personOf(user).id).map(({ text }) => text),
  };
}

function personOf(user: string): { readonly name: string; readonly user: string; readonly id: string } {
  return { name: user, user, id: `U${user.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}` };
}

const policySchema = z.looseObject({ kind: z.string(), spec: z.looseObject({}) });

/** The account, the roles of people, and the policy for requests, which holds in this namespace alone: other stories share the cluster. */
async function underPolicy(of: Story): Promise<void> {
  const { stack, namespace } = of;
  await withDefinitions(stack);
  await installAccount(stack, { policies: false });
  await applyPeopleRoles();
  const matchResources = { namespaceSelector: { matchLabels: bound } };
  const items = parseAllDocuments(await readFile(join(deploy, 'admission', 'requests.yaml'), 'utf8'))
    .map((document) => policySchema.parse(document.toJS()))
    .map((object) =>
      object.kind.endsWith('Binding') ? { ...object, spec: { ...object.spec, matchResources } } : object,
    );
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  // Somebody else may be applying the same at this moment, which kubectl takes for a conflict.
  const apply = () => of.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], list);
  await eventually('the policy to be applied', apply);
  const labels = Object.entries(bound).map(([key, value]) => `${key}=${value}`);
  await of.kubectl(['label', 'namespace', namespace, ...labels]);
}

/** Waits until the policy is in force for a rollout: a forged request is refused. Nothing is written. */
export async function policyInForce(of: Story, rollout: string): Promise<void> {
  const forged = kubectlRequest({ id: 'forged', actor: 'somebody', verb: 'pause' });
  await eventually('the policy to be in force', async () => {
    const words = ['patch', 'cro', rollout, '-n', of.namespace, '--dry-run=server', ...forged];
    return (await kubectl(of.stack, words)).stderr.includes('signed by another than you');
  });
}

/** The flags with which `kubectl patch` asks for something, as somebody writes it by hand. */
export function kubectlRequest(asked: {
  readonly id: string;
  readonly actor: string;
  readonly verb: string;
  readonly step?: number;
}): readonly string[] {
  const value = { surface: 'kubectl', time: new Date().toISOString(), ...asked };
  return ['--type=json', '-p', JSON.stringify([{ op: 'add', path: '/spec/requests/-', value }])];
}

const kubeconfigSchema = z.looseObject({ users: z.tuple([z.looseObject({ user: z.object({ token: z.string() }) })]) });

/** The token with which a kubeconfig speaks. */
export async function tokenIn(kubeconfig: string): Promise<string> {
  return kubeconfigSchema.parse(parse(await readFile(kubeconfig, 'utf8'))).users[0].user.token;
}
