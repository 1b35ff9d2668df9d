// The attempt that `serin wait` waits for, beside what kubectl alone can wait for, and what may go away meanwhile.
import { describe, expect, it } from 'vitest';
import { type Ended, run } from '../../tools/parts/run.ts';
import { kubeconfigOfAccount } from '../../tools/scene/install.ts';
import { imageOf } from '../../tools/scene/managed.ts';
import { storyOf } from '../support/cleanup.ts';
import { layWire } from '../support/cutting.ts';
import { type ManagedStory, managedStoryOf } from '../support/managed-story.ts';
import { objectsOf, snippetsOf } from '../support/snippets.ts';
import { typed } from '../support/typed.ts';

const wait = ['wait', 'deployment/checkout', '--timeout=4m'];

/** Runs a snippet of docs/ci/README.md that uses kubectl alone, in the story's namespace. */
async function withoutTheCommand(of: ManagedStory, words: string): Promise<Ended> {
  const snippet = (await snippetsOf('ci/README.md', 'sh')).find((each) => each.includes(words));
  if (snippet === undefined) throw new Error(`The page has no snippet with "${words}".`);
  const kubectl = `kubectl() { "${of.stack.bin.kubectl}" "$@"; }\n`;
  const script = kubectl + snippet.replaceAll(' shop ', ` ${of.namespace} `);
  const env = { ...process.env, KUBECONFIG: of.stack.kubeconfig };
  return run('bash', ['-euo', 'pipefail', '-c', script], { timeoutMs: 240_000, env });
}

/** The kubeconfig of a ServiceAccount with the rights that the page gives to a pipeline, and no others. */
async function pipelineOf(of: ManagedStory): Promise<string> {
  const role = (await objectsOf('ci/README.md')).find(({ kind }) => kind === 'Role');
  const own = { ...role, metadata: { ...role?.metadata, namespace: of.namespace } };
  await of.kubectl(['apply', '-f', '-'], JSON.stringify(own));
  await of.kubectl(['create', 'serviceaccount', 'pipeline']);
  const subject = `--serviceaccount=${of.namespace}:pipeline`;
  await of.kubectl(['create', 'rolebinding', 'pipeline', `--role=${role?.metadata.name ?? ''}`, subject]);
  return kubeconfigOfAccount(of.stack, of.namespace, 'pipeline');
}

describe.concurrent('serin wait', () => {
  it('with the rights of a pipeline is never content with an earlier success, nor is kubectl as the page says', async (context) => {
    const of = await managedStoryOf(context, 'wait-managed');
    await of.adopt({ steps: '100' });
    const kubeconfig = await pipelineOf(of);
    const waits = (...words: readonly string[]) => typed(of, [...wait, ...words], { kubeconfig });

    const nothing = await waits().ended;
    const early = waits(`--image=${imageOf('2')}`);
    await early.hear(`checkout does not have the image ${imageOf('2')} yet; it has ${imageOf('1')}.`);
    await of.setImage('2');
    const [good, plainly] = await Promise.all([early.ended, withoutTheCommand(of, 'rollout status')]);
    const first = await of.reaches('promoted');
    const finished = await withoutTheCommand(of, 'condition=Finished');

    expect([nothing.code, nothing.stdout]).toEqual([0, expect.stringContaining('there is nothing to release')]);
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining(`${first.metadata.name} promoted: `)]);
    expect([plainly.code, plainly.stderr]).toEqual([0, '']);
    expect([finished.code, finished.stderr]).toEqual([0, '']);

    await of.setImage('bad');
    const [bad, rejected] = await Promise.all([waits().ended, withoutTheCommand(of, 'rollout status')]);
    const second = await of.reaches('rolledBack');
    const unmet = await withoutTheCommand(of, 'condition=Finished');
    const revision = String((first.spec['canary'] as { readonly hash: string }).hash);
    const replaced = await waits(`--revision=${revision}`).ended;
    const awaited = await waits('--timeout=2s', `--image=${imageOf('2')}`).ended;

    expect([bad.code, bad.stdout]).toEqual([
      3,
      expect.stringContaining(`${second.metadata.name} rolled back (gate): `),
    ]);
    expect([rejected.code, rejected.stderr]).toEqual([1, expect.stringContaining('exceeded its progress deadline')]);
    expect([unmet.code, unmet.stderr]).toEqual([1, expect.stringContaining('condition not met')]);
    expect([replaced.code, replaced.stdout]).toEqual([5, expect.stringContaining('has another revision by now')]);
    expect([awaited.code, awaited.stderr]).toEqual([124, expect.stringContaining('None has begun in time.')]);
  });

  it('goes on through a controller that is killed and a connection that is cut', async (context) => {
    const of = await storyOf(context, 'wait-survives');
    const wire = await layWire(of.stack.kubeconfig);
    context.onTestFinished(() => wire.dispose());
    await of.release({ steps: '50,100', bake: '5s' });
    const waiting = typed(of, ['wait', 'reviews-v2', '--timeout=4m'], { kubeconfig: wire.kubeconfig });
    await waiting.hear('baking step=1/2');

    wire.cut();
    await of.controller().kill();
    await waiting.hear('The cluster does not answer');
    await of.startController();
    wire.mend();
    const { code, stdout, stderr } = await waiting.ended;

    const end = await of.rollout();
    expect([code, stdout]).toEqual([0, `${end?.metadata.name} promoted: ${end?.status.message}\n`]);
    expect(stderr).toContain('The cluster answers again.');
    expect(stderr.match(/The cluster does not answer/g)).toHaveLength(1);
  });
});
