// The demo: three releases on real parts, told line by line. Exits 0 only if all three ended as told.

import { join } from 'node:path';
import { meshClient } from '../mesh/client.ts';
import { run } from '../parts/run.ts';
import { type Controller, startController } from '../scene/controller.ts';
import { asList, pairManifests } from '../scene/pair.ts';
import type { Stack } from '../stack/description.ts';
import { kubectlEventually, kubectlOutput } from '../stack/kubectl.ts';
import { startStack } from '../stack/stack.ts';
import { followRollouts, type Seen } from './follow.ts';
import { printer } from './print.ts';
import { type Story, stories } from './stories.ts';

const root = join(import.meta.dirname, '..', '..');
const storyMs = 120_000;
const out = printer();

async function main(): Promise<number> {
  const keep = process.argv.includes('--keep');
  out.note('Starting a Kubernetes control plane, Redis, Prometheus and a mesh on loopback ...');
  const stack = await startStack({ onProgress: (line) => out.note(`  ${line}`) });
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
  let controller: Controller | undefined;
  try {
    await kubectlOutput(stack, ['apply', '-f', join(root, 'deploy', 'crds')]);
    const crds = ['crd/canaryrollouts.serin.dev', 'crd/canarypolicies.serin.dev'];
    await kubectlEventually(stack, ['wait', '--for=condition=Established', ...crds], 30_000);
    controller = await startController({
      kubeconfig: stack.kubeconfig,
      prometheusUrl: stack.prometheus.url,
      redisUrl: stack.redis.url,
    });
    const ended = await Promise.race([play(stack), interrupted]);
    if (ended === 'interrupted') return 130;
    if (!ended) out.note(`The controller's last words:\n${controller.output().split('\n').slice(-20).join('\n')}`);
    if (keep) {
      tellWhatToTry(stack, controller);
      await interrupted;
    }
    return ended ? 0 : 1;
  } finally {
    await controller?.stop();
    await stack.stop();
  }
}

/** Plays all stories side by side; true when all ended as told. */
async function play(stack: Stack): Promise<boolean> {
  for (const story of stories) out.note(`  ${story.name.padEnd(5)}  ${story.about}`);
  await Promise.all(stories.map((story) => setTheScene(stack, story)));
  const latest = new Map<string, Seen>();
  const changed = new EventTarget();
  const stopFollowing = followRollouts(stack, (seen) => {
    tell(latest.get(seen.namespace), seen);
    latest.set(seen.namespace, seen);
    changed.dispatchEvent(new Event('change'));
  });
  try {
    await Promise.all(stories.map((story) => annotate(stack, story)));
    const endings = await Promise.all(stories.map((story) => playOne(stack, story, latest, changed)));
    return endings.every((ending) => ending);
  } finally {
    stopFollowing();
  }
}

function tell(before: Seen | undefined, seen: Seen): void {
  if (seen.phase === '') return;
  if (before?.phase === seen.phase && before.message === seen.message) return;
  const story = stories.find((candidate) => candidate.namespace === seen.namespace);
  out.line(story?.name ?? seen.namespace, seen.phase, seen.weight, seen.message);
}

async function setTheScene(stack: Stack, story: Story): Promise<void> {
  const { namespace, stable, canary } = story;
  await kubectlOutput(stack, ['apply', '-f', '-'], { stdin: asList(pairManifests({ namespace, stable, canary })) });
  await kubectlOutput(stack, ['rollout', 'status', '-n', namespace, `deployment/reviews-${stable}`, '--timeout=60s'], {
    timeoutMs: 70_000,
  });
  const mesh = meshClient(stack.mesh.url);
  await mesh.putBehaviour(namespace, `reviews-${stable}`, { kind: 'good', errorRate: 0.005 });
  await mesh.putBehaviour(namespace, `reviews-${canary}`, story.behaviour);
  if (story.rps > 0)
    await mesh.putLoad(namespace, 'visitors', {
      host: 'reviews',
      rps: story.rps,
      clientWorkload: 'productpage',
      clientReplicas: 2,
    });
}

async function annotate(stack: Stack, story: Story): Promise<void> {
  const settings = Object.entries(story.settings).map(([key, value]) => `serin.dev/${key}=${value}`);
  const words = [
    'annotate',
    '-n',
    story.namespace,
    `deployment/reviews-${story.canary}`,
    ...settings,
    `serin.dev/canary-of=reviews-${story.stable}`,
  ];
  await kubectlOutput(stack, words);
  out.note(
    `        ${story.name.padEnd(5)}  $ kubectl annotate -n ${story.namespace} deployment/reviews-${story.canary} serin.dev/canary-of=reviews-${story.stable}`,
  );
}

/** Waits for one story's end and compares it with how it was meant to end. */
async function playOne(
  stack: Stack,
  story: Story,
  latest: ReadonlyMap<string, Seen>,
  changed: EventTarget,
): Promise<boolean> {
  const deadline = AbortSignal.timeout(storyMs);
  let aborted = false;
  for (;;) {
    const seen = latest.get(story.namespace);
    if (seen?.phase === 'promoted' || seen?.phase === 'rolledBack') return asTold(stack, story, seen);
    if (story.abortWhenHeld && seen?.stalled === true && seen.phase === 'baking' && !aborted) {
      aborted = true;
      await abort(stack, story);
    }
    if (deadline.aborted) {
      out.note(
        `        ${story.name} did not end within ${storyMs / 1_000} s; it stands at ${seen?.phase ?? 'nothing'}: ${seen?.message ?? ''}`,
      );
      return false;
    }
    await nextChange(changed, deadline);
  }
}

function nextChange(changed: EventTarget, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      changed.removeEventListener('change', done);
      deadline.removeEventListener('abort', done);
      resolve();
    };
    changed.addEventListener('change', done);
    deadline.addEventListener('abort', done);
  });
}

async function abort(stack: Stack, story: Story): Promise<void> {
  const words = ['abort', `deployment/reviews-${story.canary}`, '-n', story.namespace, '--reason', 'nobody uses it'];
  out.note(
    `        ${story.name.padEnd(5)}  $ serin ${words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`,
  );
  const env = { ...process.env, KUBECONFIG: stack.kubeconfig };
  const ended = await run(process.execPath, [join(root, 'src', 'main.ts'), ...words], { timeoutMs: 30_000, env });
  const said = `${ended.stdout}${ended.stderr}`.trim();
  out.note(`        ${story.name.padEnd(5)}  ${said}`);
}

async function asTold(stack: Stack, story: Story, seen: Seen): Promise<boolean> {
  const wanted = story.ending;
  const causeFits = wanted.phase === 'promoted' || seen.cause === wanted.cause;
  const weights = await kubectlOutput(stack, [
    'get',
    'virtualservice',
    'reviews',
    '-n',
    story.namespace,
    '-o',
    'jsonpath={.spec.http[0].route[*].weight}',
  ]);
  const wantedWeights = wanted.phase === 'promoted' ? '0 100' : '100 0';
  const good = seen.phase === wanted.phase && causeFits && weights.trim() === wantedWeights;
  const counts = await meshClient(stack.mesh.url).counts(story.namespace);
  const served = counts
    .filter(({ workload }) => workload === `reviews-${story.canary}`)
    .reduce((sum, { requests }) => sum + requests, 0);
  const all = counts.reduce((sum, { requests }) => sum + requests, 0);
  const verdict = good ? 'ended as told' : `SHOULD HAVE ENDED ${wanted.phase} with weights ${wantedWeights}`;
  out.note(
    `        ${story.name.padEnd(5)}  ${verdict}: ${seen.phase}, weights ${weights.trim()}; ${served} of ${all} requests reached the canary`,
  );
  return good;
}

function tellWhatToTry(stack: Stack, controller: Controller): void {
  out.note(`
Everything is still running. Try, in another terminal:
  export KUBECONFIG=${stack.kubeconfig} PATH=${join(root, 'node_modules', '.bin')}:$PATH
  alias kubectl=${stack.bin.kubectl} serin='node ${join(root, 'src', 'main.ts')}'
  kubectl get canaryrollouts -A
  serin status deployment/reviews-v3 -n demo-bad
  serin retry deployment/reviews-v3 -n demo-bad && serin status deployment/reviews-v3 -n demo-bad -w
  kubectl get events -n demo-good
  curl ${controller.url}/metrics
  Prometheus: ${stack.prometheus.url}
Ctrl-C ends it all.`);
}

process.exitCode = await main();
