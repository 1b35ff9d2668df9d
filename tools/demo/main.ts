// The demo: a plain Deployment released by changing it, once well and twice badly, beside it a pair of versions and a release that is
// decided in Slack; all on real parts and told line by line. Exits 0 only if everything ended as told.
import { join } from 'node:path';
import { type Controller, startController } from '../scene/controller.ts';
import { home, installAccount, installKinds, installPeople, kubeconfigOfAccount } from '../scene/install.ts';
import { type FakeSlack, fakeSlack } from '../slack/fake-slack.ts';
import type { Stack } from '../stack/description.ts';
import { startStack } from '../stack/stack.ts';
import { followRollouts } from './follow.ts';
import { playManaged, setManagedScene } from './managed.ts';
import { untilCounted } from './metrics.ts';
import { playPair, setPairScene } from './pair.ts';
import { printer } from './print.ts';
import { playSlack, setSlackScene, slackNamespace } from './slack.ts';
import { slackFlags } from './slack-people.ts';

const root = join(import.meta.dirname, '..', '..');
const out = printer();

const introduction = `
Three stories, told side by side, with short steps so that they end in a few minutes:
  shop   a plain Deployment, checkout, is put into Serin's care; a good version of it is released, then one
         that fails two requests in a hundred, then one that fails them all.
  pair   Istio's own example: reviews-v2 runs beside reviews-v1, and takes over its traffic.
  slack  a release of payments waits for approval, which is given in a channel (a pretended Slack on loopback).
`;
const closing = `
All five releases ended as told: in shop the good version runs and the bad ones were rolled back, in pair reviews-v2 has all
traffic, and payments was promoted by a word in Slack.`;

async function main(): Promise<number> {
  const keep = process.argv.includes('--keep');
  out.note('Starting a Kubernetes control plane, Redis, Prometheus, a mesh and a pretended Slack on loopback ...');
  const stack = await startStack({ scrapeInterval: '500ms', onProgress: (line) => out.note(`  ${line}`) });
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
  const slack = await fakeSlack();
  let controller: Controller | undefined;
  try {
    await installKinds(stack);
    await installAccount(stack, { policies: true });
    await installPeople(stack);
    controller = await startController({
      kubeconfig: await kubeconfigOfAccount(stack, home, 'serin'),
      prometheusUrl: stack.prometheus.url,
      redisUrl: stack.redis.url,
      slot: '2s',
      settle: '2s',
      flags: await slackFlags(stack, slack),
    });
    const ended = await Promise.race([play(stack, slack), interrupted]);
    if (ended === 'interrupted') return 130;
    if (!ended) out.note(`The controller's last words:\n${controller.output().split('\n').slice(-20).join('\n')}`);
    if (keep) {
      tellWhatToTry(stack, controller);
      await interrupted;
    }
    return ended ? 0 : 1;
  } finally {
    await controller?.stop();
    await slack.close();
    await stack.stop();
  }
}

/** Plays the stories; true when they ended as told. */
async function play(stack: Stack, slack: FakeSlack): Promise<boolean> {
  out.note('Three services and their visitors are set up; the stories begin once Prometheus has counted requests ...');
  await Promise.all([setManagedScene(stack), setPairScene(stack), setSlackScene(stack)]);
  await untilCounted(stack, [
    { namespace: 'shop', workload: 'checkout' },
    { namespace: 'pair', workload: 'reviews-v1' },
    { namespace: slackNamespace, workload: 'payments' },
  ]);
  out.note(introduction);
  const followed = followRollouts(stack, out, [slackNamespace]);
  try {
    const endings = await Promise.all([
      playManaged(stack, followed, out),
      playPair(stack, followed, out),
      playSlack(stack, slack, followed, out),
    ]);
    const isTold = endings.every((ending) => ending);
    out.note(isTold ? closing : 'NOT everything ended as told: see the lines in capitals above.');
    return isTold;
  } finally {
    followed.stop();
  }
}

function tellWhatToTry(stack: Stack, controller: Controller): void {
  out.note(`
Everything is still running. Try, in another terminal:
  export KUBECONFIG=${stack.kubeconfig} PATH=${join(root, 'node_modules', '.bin')}:$PATH
  alias kubectl=${stack.bin.kubectl} serin='node ${join(root, 'src', 'main.ts')}'
  kubectl get canaryrollouts -A
  serin status deployment/checkout -n shop
  serin retry deployment/checkout -n shop && serin status deployment/checkout -n shop -w
  serin undo deployment/checkout -n shop
  kubectl set image deployment/payments payments=example.org/payments:1 -n cash && serin watch payments -n cash
  serin approve payments -n cash
  kubectl get events -n shop
  curl ${controller.url}/metrics
  Prometheus: ${stack.prometheus.url}
Ctrl-C ends it all.`);
}

process.exitCode = await main();
