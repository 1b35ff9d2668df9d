// The demo's first story: a team's plain Deployment is adopted, a good version of it is released, then two bad ones.
import { meshClient } from '../mesh/client.ts';
import { imageOf, managedManifests } from '../scene/managed.ts';
import { asList } from '../scene/pair.ts';
import type { Stack } from '../stack/description.ts';
import { kubectl, kubectlEventually, kubectlOutput } from '../stack/kubectl.ts';
import type { Followed, Seen } from './follow.ts';
import type { Printer } from './print.ts';

const namespace = 'shop';
const settings = ['steps=10,50,100', 'bake=4s', 'max-bake=3m', 'min-requests=25'];
const rolloutMs = 240_000;

/** Applies the service, as its team has it, and lets visitors come. */
export async function setManagedScene(stack: Stack): Promise<void> {
  const usual = { kind: 'good', errorRate: 0.005 } as const;
  const mild = { kind: 'good', errorRate: 0.025 } as const;
  const behaviours = { '1': usual, '2': usual, mild, dead: { kind: '5xx', rate: 1 } } as const;
  const manifests = managedManifests({ namespace, replicas: 4, behaviours });
  await kubectlOutput(stack, ['apply', '-f', '-'], { stdin: asList(manifests) });
  await kubectlOutput(stack, ['rollout', 'status', '-n', namespace, 'deployment/checkout', '--timeout=60s'], {
    timeoutMs: 70_000,
  });
  await meshClient(stack.mesh.url).putLoad(namespace, 'visitors', {
    host: 'checkout',
    rps: 300,
    clientWorkload: 'web',
    clientReplicas: 2,
  });
}

/** Plays the story; true when all versions ended as told. */
export async function playManaged(stack: Stack, followed: Followed, out: Printer): Promise<boolean> {
  const type = (words: readonly string[]): Promise<number> => typed(stack, out, words);
  const annotations = settings.map((setting) => `serin.dev/${setting}`);
  await type(['annotate', 'deployment/checkout', 'serin.dev/canary=enabled', ...annotations]);
  await kubectlEventually(stack, ['wait', '-n', namespace, 'deployment/checkout', adopted, '--timeout=10s'], 30_000);
  out.said(namespace, 'adopted: no pod was touched; from now on each change of it is a canary');
  const good = await release(followed, 1, type, '2');
  const isGood = await asTold(stack, out, good, 'promoted', '2');
  const mild = await release(followed, 2, type, 'mild');
  const isMild = await asTold(stack, out, mild, 'rolledBack', '2');
  const dead = await release(followed, 3, type, 'dead');
  const isDead = await asTold(stack, out, dead, 'rolledBack', '2');
  return isGood && isMild && isDead && good.code === 0 && mild.code !== 0 && dead.code !== 0;
}

const adopted = '--for=jsonpath={.metadata.annotations.serin\\.dev/stable}';

interface Released {
  readonly tag: string;
  /** How `kubectl rollout status` ended. */
  readonly code: number;
  readonly seen: Seen | undefined;
}

async function release(
  followed: Followed,
  count: number,
  type: (words: readonly string[]) => Promise<number>,
  tag: string,
): Promise<Released> {
  await type(['set', 'image', 'deployment/checkout', `checkout=${imageOf(tag)}`]);
  const [code, seen] = await Promise.all([
    type(['rollout', 'status', 'deployment/checkout']),
    followed.end(namespace, count),
  ]);
  return { tag, code, seen };
}

/** Shows what a user types, does it, and shows what they are told last. */
async function typed(stack: Stack, out: Printer, words: readonly string[]): Promise<number> {
  out.said(namespace, `$ kubectl ${words.join(' ')} -n ${namespace}`);
  const ended = await kubectl(stack, [...words, '-n', namespace], { timeoutMs: rolloutMs });
  const last = `${ended.stdout}${ended.stderr}`.trim().split('\n').at(-1) ?? '';
  out.said(namespace, `kubectl ${words.slice(0, 2).join(' ')}: ${last} (exit code ${ended.code})`);
  return ended.code;
}

/** Compares a release's end with what was meant: its phase, and which version the Deployment's own pods run. */
async function asTold(stack: Stack, out: Printer, released: Released, phase: string, runs: string): Promise<boolean> {
  const words = [
    'get',
    'pods',
    '-n',
    namespace,
    '-l',
    'app=checkout',
    '-o',
    'jsonpath={.items[*].spec.containers[0].image}',
  ];
  const running = new Set((await kubectlOutput(stack, words)).split(' '));
  const counts = await meshClient(stack.mesh.url).counts(namespace);
  const sum = (wanted: (count: (typeof counts)[number]) => boolean): number =>
    counts.filter(wanted).reduce((all, { requests }) => all + requests, 0);
  const served = sum(({ image }) => image === imageOf(released.tag));
  const holes = sum(({ flags }) => flags !== '-');
  const isTold = released.seen?.phase === phase && running.size === 1 && running.has(imageOf(runs)) && holes === 0;
  out.said(
    namespace,
    `${isTold ? 'ended as told' : `SHOULD HAVE ENDED ${phase} with ${imageOf(runs)}`}: ${[...running].join(' and ')} runs, ` +
      `${served} of all ${sum(() => true)} requests of the story met ${imageOf(released.tag)}, ${holes} met no pod`,
  );
  return isTold;
}
