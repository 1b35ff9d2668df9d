// The demo's second story: Istio's own example, two versions side by side, of which the newer is released.
import { meshClient } from '../mesh/client.ts';
import { asList, pairManifests } from '../scene/pair.ts';
import type { Stack } from '../stack/description.ts';
import { kubectlOutput } from '../stack/kubectl.ts';
import type { Followed } from './follow.ts';
import type { Printer } from './print.ts';

const namespace = 'pair';
const settings = ['steps=10,50,100', 'bake=4s', 'max-bake=60s', 'min-requests=25'];

/** Applies both versions and their route, and lets visitors come. */
export async function setPairScene(stack: Stack): Promise<void> {
  await kubectlOutput(stack, ['apply', '-f', '-'], { stdin: asList(pairManifests({ namespace })) });
  await kubectlOutput(stack, ['rollout', 'status', '-n', namespace, 'deployment/reviews-v1', '--timeout=60s'], {
    timeoutMs: 70_000,
  });
  await meshClient(stack.mesh.url).putLoad(namespace, 'visitors', {
    host: 'reviews',
    rps: 120,
    clientWorkload: 'productpage',
    clientReplicas: 2,
  });
}

/** Plays the story; true when it ended as told. */
export async function playPair(stack: Stack, followed: Followed, out: Printer): Promise<boolean> {
  const annotations = ['canary-of=reviews-v1', ...settings].map((each) => `serin.dev/${each}`);
  const words = ['annotate', 'deployment/reviews-v2', ...annotations, '-n', namespace];
  out.said(namespace, `$ kubectl ${words.join(' ')}`);
  await kubectlOutput(stack, words);
  const seen = await followed.end(namespace, 1);
  const path = 'jsonpath={.spec.http[0].route[*].weight}';
  const weights = await kubectlOutput(stack, ['get', 'virtualservice', 'reviews', '-n', namespace, '-o', path]);
  const isTold = seen?.phase === 'promoted' && weights.trim() === '0 100';
  out.said(
    namespace,
    `${isTold ? 'ended as told' : 'SHOULD HAVE ENDED promoted with weights 0 100'}: weights ${weights.trim()}`,
  );
  return isTold;
}
