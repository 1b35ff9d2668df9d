// Serin as deploy/ installs it: the manifests on the real API server, a controller that has its ServiceAccount's rights and
// no others, people with and without rights, and the way out. On a stack of its own, because the policies are the cluster's.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { home } from '../../tools/scene/install.ts';
import { kubectl, kubectlOutput } from '../../tools/stack/kubectl.ts';
import { requestsBy, rightsUsed } from '../support/audit.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import {
  account,
  heldRollouts,
  type Installed,
  install,
  isAtRest,
  isRefusalCounted,
  manifests,
  serinOn,
  sharedPolicy,
  waitFinished,
} from '../support/installed.ts';
import { expectAsBefore, expectHeld, expectLetGo, remember } from '../support/managed-ends.ts';
import { managedStoryOf } from '../support/managed-story.ts';
import { rightsOf } from '../support/rbac.ts';
import type { Story, StoryOptions } from '../support/story.ts';
import { patient, peopleStories } from './deployed-people.ts';

let running: Installed | undefined;

function installed(): Installed {
  if (running === undefined) throw new Error('Serin is not installed.');
  return running;
}

beforeAll(async () => {
  running = await install();
}, 180_000);

afterAll(async () => {
  await running?.end();
});

function storyHere(context: Cleanup, name: string, options: StoryOptions = {}): Promise<Story> {
  return storyOf(context, name, { ...options, stack: installed().stack, controller: false });
}

const args = '{.spec.template.spec.containers[0].args}';

describe('the manifests', () => {
  it('are accepted, and their pods admitted to a namespace that takes restricted ones only', async () => {
    const { stack } = installed();
    await kubectlOutput(stack, ['wait', 'deployment', '--all', '-n', home, '--for=condition=Available'], {
      timeoutMs: 60_000,
    });

    const pods = await kubectlOutput(stack, ['get', 'pods', '-n', home, '-o', 'name']);
    const flags = await kubectlOutput(stack, ['get', 'deployment/serin', '-n', home, '-o', `jsonpath=${args}`]);
    const help = await serinOn(stack, 'controller', '--help');
    const refused = await kubectlOutput(stack, ['get', 'events', '-n', home, '--field-selector=reason=FailedCreate']);
    const rooted = await kubectl(stack, ['run', 'rooted', '-n', home, '--image=example.org/any:1', '--dry-run=server']);

    expect(pods).toMatch(/^pod\/serin-[\da-f]+-\w+$/m);
    expect(pods).toMatch(/^pod\/serin-redis-/m);
    expect(refused).toBe('');
    for (const [flag] of flags.matchAll(/--[a-z-]+/g)) expect(help.stdout).toContain(` ${flag} `);
    expect(rooted.stderr).toContain('violates PodSecurity "restricted');
  });
});

describe.concurrent('a controller with the rights of its account', () => {
  it('promotes a good release, which kubectl wait sees', async (context) => {
    const good = await storyHere(context, 'good');
    await good.kubectl(['apply', '-f', '-'], sharedPolicy);
    await good.release({ policy: 'shared', bake: '4s' });
    const begun = await good.reaches('baking');
    // A pod that is new in the middle of a bake: its counters are known to be new only by its age.
    await good.kubectl(['scale', 'deployment/reviews-v2', '--replicas=2']);

    const waited = await waitFinished(good, begun);
    const end = await good.reaches('promoted');

    expect(waited).toContain('condition met');
    expect(end.spec['plan']).toMatchObject({ maxErrorRate: '20%' });
    expect(weightsMoved(end)).toEqual([10, 25, 50, 100]);
    expect(await good.weights()).toEqual([0, 100]);
  });

  it('rolls a bad release back, which kubectl wait sees, and retries it when asked to', async (context) => {
    const bad = await storyHere(context, 'bad', { canary: { kind: '5xx', rate: 0.5 } });
    await bad.kubectl(['rollout', 'pause', 'deployment/reviews-v1']);
    await bad.release({ bake: '10s' });
    const begun = await bad.until('the start', () => true);

    const waited = await waitFinished(bad, begun);
    const end = await bad.reaches('rolledBack');
    const weights = await bad.weights();
    const retried = await bad.serin('retry', 'reviews-v2');
    const again = await bad.until('the second attempt', ({ spec }) => spec.attempt === 2);

    expect(waited).toContain('condition met');
    expect(end.status.cause).toBe('gate');
    expect(weights).toEqual([100, 0]);
    expect(retried.code).toBe(0);
    expect(again.metadata.name).not.toBe(end.metadata.name);
  });

  it('says what is wrong with annotations, counts what it has said before, and begins anew once they are right', async (context) => {
    const wrong = await storyHere(context, 'wrong');
    await wrong.release({ steps: '50,10', bake: '10m', 'max-bake': '20m' });
    await wrong.kubectl(['wait', 'deployment/reviews-v2', '--for=condition=serin.dev/CanaryAccepted=False']);
    await wrong.annotate('reviews-v2', { 'serin.dev/steps': '50,100', 'serin.dev/virtual-service': 'nowhere' });
    const held = await wrong.until('the wait for a route', ({ status }) => status.reason === 'NoVirtualService');

    await wrong.annotate('reviews-v2', { 'serin.dev/steps': '50,10' });
    await eventually('the same Event, counted', () => isRefusalCounted(wrong));
    await wrong.annotate('reviews-v2', { 'serin.dev/steps': '50,100', 'serin.dev/virtual-service': null });
    const begun = await wrong.reaches('baking');

    expect(begun.metadata.uid).not.toBe(held.metadata.uid);
    expect(await wrong.weights()).toEqual([50, 50]);
  });
});

describe.concurrent('a controller with the rights of its account and its policies in force', {
  timeout: 240_000,
}, () => {
  it('adopts a plain Deployment that nothing routes to, and promotes its new version', async (context) => {
    const { stack } = installed();
    const plain = await managedStoryOf(context, 'plain', { stack, controller: false, scene: { routing: 'none' } });
    const before = await remember(plain);
    await plain.adopt();
    await plain.setImage('2');
    const begun = await plain.until('the start', () => true);

    const waited = await waitFinished(plain, begun);
    const end = await plain.reaches('promoted');

    expect(waited).toContain('condition met');
    expect(weightsMoved(end)).toEqual([50, 100]);
    await expectLetGo(plain);
    await expectAsBefore(plain, before);
  });

  it('holds a bad version of one back, which kubectl rollout status tells', async (context) => {
    const { stack } = installed();
    const plain = await managedStoryOf(context, 'plain-bad', { stack, controller: false });
    await plain.adopt();
    await plain.setImage('bad');

    const told = await plain.rolloutStatus(200);
    const end = await plain.reaches('rolledBack');

    expect([told.code, end.status.cause]).toEqual([1, 'gate']);
    await expectHeld(plain);
  });
});

peopleStories(installed, storyHere);

// Asked for by the API server itself, where OwnerReferencesPermissionEnforcement is on: a new rollout names its owner.
const askedByTheServer = ['update apps deployments/finalizers'];
// What everybody may ask of their own rights.
const everybodys = 'create authorization.k8s.io selfsubjectaccessreviews';

describe('rights', () => {
  it('of the controller are what it has used in these stories, no more and no fewer', async () => {
    const granted = await rightsOf(join(manifests, 'controller', 'access.yaml'), 'serin-controller');

    const requests = await requestsBy(installed().stack, account, 'serin/');

    const plain = requests.filter(({ right }) => right === undefined);
    const others = requests.filter(
      ({ right, reason }) => right !== undefined && right !== everybodys && !reason.includes('"serin-controller"'),
    );
    expect(others).toEqual([]);
    const used = rightsUsed(requests).filter((right) => right !== everybodys);
    expect(used).toEqual(granted.filter((right) => !askedByTheServer.includes(right)));
    expect(new Set(plain.map(({ path }) => path))).toEqual(new Set(['/apis/networking.istio.io']));
  });

  it('of operators to read what is not of Serin are what the command has used', async () => {
    const granted = await rightsOf(join(manifests, 'controller', 'people.yaml'), 'serin-operator');

    const requests = await requestsBy(installed().stack, 'alice', 'serin/');

    const elsewhere = (right: string): boolean => !/ (serin\.dev|authentication\.k8s\.io) /.test(right);
    const forbidden = requests.filter(({ allowed }) => !allowed);
    const nearby = forbidden.map(({ path }) => withoutPlace(path)).filter((path) => !isOfTheMesh(path));
    expect(new Set(nearby)).toEqual(new Set([doneWithout]));
    const asked = rightsUsed(requests.filter(({ path }) => !isOfTheCluster(path))).filter(
      (right) => right !== 'patch apps deployments',
    );
    expect(asked.filter(elsewhere)).toEqual(granted.filter(elsewhere));
  });
});

// The question whether a change would be held takes the right to change: the command does without it, as without what few may
// read, because it is the whole mesh's.
const doneWithout = '/apis/apps/v1/namespaces/(its own)/deployments/checkout?fieldManager=serin&dryRun=All';

function isOfTheMesh(path: string): boolean {
  return !path.includes('/namespaces/') || path.includes('/namespaces/istio-system/');
}

function isOfTheCluster(path: string): boolean {
  return /validatingwebhookconfigurations|subjectaccessreviews/.test(path);
}

function withoutPlace(path: string): string {
  return path.replace(/plain-read-\w+/, '(its own)');
}

describe('leaving', () => {
  it('ends what is under way, restores routes, and then nothing holds anything', async (context) => {
    const { stack, controller } = installed();
    const left = await storyHere(context, 'left');
    const late = await storyHere(context, 'late');
    await left.release(patient);
    const live = await left.reaches('baking');

    const told = await serinOn(stack, 'uninstall');
    const done = await serinOn(stack, 'uninstall', '--yes');
    const end = await left.reaches('rolledBack');
    const restored = await isAtRest(left);
    const held = await heldRollouts(stack);
    await late.release(patient);
    await late.reaches('baking');
    await controller.stop();
    const alone = await serinOn(stack, 'uninstall', '--yes', '--without-controller');
    const restoredAlone = await isAtRest(late);
    const heldAlone = await heldRollouts(stack);
    const removed = await kubectl(stack, ['delete', '-k', manifests, '--timeout=60s'], { timeoutMs: 70_000 });
    const kinds = await kubectlOutput(stack, ['get', 'crd,validatingadmissionpolicies,clusterroles,ns', '-o', 'name']);
    const deployments = await left.kubectl(['get', 'deployments', '-o', 'name']);

    expect(told.code).toBe(2);
    expect(told.stderr).toContain(live.metadata.name);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining(`Ending ${left.namespace}/`)]);
    expect(end.status.message).toContain('uninstall');
    expect([restored, held]).toEqual([true, []]);
    expect([alone.code, alone.stderr]).toEqual([0, expect.stringContaining(`${late.namespace}/reviews-v2-`)]);
    expect([restoredAlone, heldAlone]).toEqual([true, []]);
    expect([removed.code, removed.stderr]).toEqual([0, '']);
    expect(kinds.split('\n').filter((name) => name.includes('serin'))).toEqual([]);
    expect(deployments.trim().split('\n')).toHaveLength(2);
  });
});
