// The admission policies of deploy/ on a real API server, bound to the namespaces of these tests alone.
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { rolloutPath } from '../../src/adapters/kubernetes/rollout-codec.ts';
import { clusterRollouts } from '../../src/adapters/kubernetes/rollout-store.ts';
import type { RolloutId, RolloutSpec } from '../../src/domain/rollout.ts';
import { aPlan, aSpec, aStatus, dawn } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { applyPolicies, bindPolicies } from './admission-bench.ts';
import { connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';

const clock = { now: () => dawn };

/** How a rollout begins, and which roles alice has besides. */
interface Begins {
  readonly spec?: Partial<RolloutSpec>;
  readonly roles?: readonly string[];
}

describe('the admission policy for requests', () => {
  const connections = connectionsForTests();

  beforeAll(async () => {
    await applyPolicies();
    const { admin } = connections();
    const { id } = await begin();
    const isInForce = async (): Promise<boolean> =>
      (await ask(admin, id, { actor: 'somebody' }, { dryRun: 'All' })).status === 403;
    await eventually('the policy to be in force', isInForce);
  });

  /** A rollout in a bound namespace, where alice is an operator and bob may only write. */
  async function begin({ spec = {}, roles = [] }: Begins = {}): Promise<{ readonly id: RolloutId }> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'admission');
    await bindPolicies(admin, namespace);
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const rules = [{ apiGroups: ['serin.dev'], resources: ['canaryrollouts'], verbs: ['get', 'patch'] }];
    await demand(admin, 'POST', `${rbac}/roles`, { body: { metadata: { name: 'writer' }, rules } });
    const bind = (name: string, kind: string, role: string, user = name): Promise<unknown> =>
      demand(admin, 'POST', `${rbac}/rolebindings`, {
        body: {
          metadata: { name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
        },
      });
    await bind('alice', 'ClusterRole', 'serin-operator');
    await bind('bob', 'Role', 'writer');
    for (const role of roles) await bind(role, 'ClusterRole', role, 'alice');
    const id = { namespace, name: 'reviews-v2-two-1' };
    const target = await createDeployment(admin, namespace, { replicas: 0 });
    await clusterRollouts(controller, { clock, trouble: () => undefined }).create(
      id,
      aSpec({ target, ...spec }),
      aStatus(),
    );
    return { id };
  }

  const answerSchema = z.object({ message: z.string().default(''), reason: z.string().default('') });

  async function patch(
    cluster: Cluster,
    id: RolloutId,
    body: unknown,
    type = 'merge',
    query: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly message: string }> {
    const contentType = `application/${type}-patch+json`;
    const { status, body: said } = await cluster.request('PATCH', rolloutPath(id), { body, contentType, query });
    return { status, message: answerSchema.parse(said).message };
  }

  function ask(
    cluster: Cluster,
    id: RolloutId,
    parts: {
      readonly actor: string;
      readonly verb?: string;
      readonly overrideFreeze?: boolean;
      readonly reason?: string;
    },
    query: Readonly<Record<string, string>> = {},
  ) {
    const { actor, verb = 'promote', ...others } = parts;
    const value = {
      id: `${actor.replace('@', '-')}-${verb}`,
      verb,
      actor,
      surface: 'kubectl',
      time: '2026-01-05T09:00:00Z',
      ...others,
    };
    return patch(cluster, id, [{ op: 'add', path: '/spec/requests/-', value }], 'json', query);
  }

  it.each(['promote', 'promoteFull', 'abort', 'pause', 'resume', 'retry'])(
    'lets an operator ask in the own name for %s',
    async (verb) => {
      const { id } = await begin();

      expect(await ask(connections().person('alice'), id, { actor: 'alice', verb })).toMatchObject({ status: 200 });
    },
  );

  it('refuses a request in the name of another, and says what to do', async () => {
    const { id } = await begin();

    const answer = await ask(connections().person('alice'), id, { actor: 'bob' });

    expect(answer.status).toBe(403);
    expect(answer.message).toContain('The new request is signed by another than you. Set its actor to alice');
  });

  it('refuses a forged request that comes with an honest one', async () => {
    const { id } = await begin();
    const value = (actor: string): unknown => ({
      id: actor,
      verb: 'pause',
      actor,
      surface: 'kubectl',
      time: '2026-01-05T09:00:00Z',
    });
    const operations = ['alice', 'bob'].map((actor) => ({ op: 'add', path: '/spec/requests/-', value: value(actor) }));

    expect(await patch(connections().person('alice'), id, operations, 'json')).toMatchObject({ status: 403 });
  });

  it.each([
    ['promote', 'bob may not promote: that needs the verb promote'],
    ['promoteFull', 'bob may not promote: that needs the verb promote'],
    ['abort', 'bob may not abort: that needs the verb abort'],
    ['pause', 'bob may not pause or resume: that needs the verb pause'],
    ['resume', 'bob may not pause or resume: that needs the verb pause'],
    ['retry', 'bob may not retry: that needs the verb retry'],
  ])('refuses %s to who may write and has not the verb', async (verb, sentence) => {
    const { id } = await begin();

    const answer = await ask(connections().person('bob'), id, { actor: 'bob', verb });

    expect(answer.status).toBe(403);
    expect(answer.message).toContain(sentence);
    expect(answer.message).toContain(
      `in namespace ${id.namespace}. Ask an administrator for a RoleBinding to the ClusterRole serin-operator there.`,
    );
  });

  it('takes an approver to approve, to promote what asks for approval, and to override a freeze', async () => {
    const approval = { when: 'every-step', onTimeout: 'rollback', byAuthor: 'allowed' } as const;
    const plain = await begin();
    const asking = await begin({ spec: { plan: aPlan({ approval }) } });
    const approving = await begin({ spec: { plan: aPlan({ approval }) }, roles: ['serin-approver'] });
    const alice = connections().person('alice');
    const override = { overrideFreeze: true, reason: 'hotfix' };

    const answers = [
      await ask(alice, asking.id, { actor: 'alice', verb: 'approve' }),
      await ask(alice, asking.id, { actor: 'alice', verb: 'promote' }),
      await ask(alice, asking.id, { actor: 'alice', verb: 'abort' }),
      await ask(alice, plain.id, { actor: 'alice', verb: 'promote', ...override }),
      await ask(alice, approving.id, { actor: 'alice', verb: 'approve' }),
      await ask(alice, approving.id, { actor: 'alice', verb: 'promote', ...override }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 200, 403, 200, 200]);
    for (const at of [0, 1])
      expect(answers[at]?.message).toContain(
        `alice may not approve: that needs the verb approve on canaryrollouts.serin.dev in namespace ${asking.id.namespace}. ` +
          'Ask an administrator for a RoleBinding to the ClusterRole serin-approver there.',
      );
    expect(answers[3]?.message).toContain('alice may not override a freeze: that needs the verb override');
  });

  it('takes no override without a reason, nor one of another verb than promote', async () => {
    const { id } = await begin({ roles: ['serin-approver'] });
    const alice = connections().person('alice');
    const asked = { actor: 'alice', overrideFreeze: true };

    const answers = [
      await ask(alice, id, { ...asked, verb: 'promote' }),
      await ask(alice, id, { ...asked, verb: 'pause', reason: 'why' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([422, 422]);
    expect(answers[0]?.message).toContain('A freeze is overridden by a promote, and with a reason.');
  });

  it.each([
    [{ abort: true }, 'abort'],
    [{ paused: true }, 'pause'],
  ])('guards the shortcut %j like the request', async (spec, verb) => {
    const { id } = await begin();

    const refused = await patch(connections().person('bob'), id, { spec });
    const allowed = await patch(connections().person('alice'), id, { spec });

    expect(refused).toMatchObject({ status: 403, message: expect.stringContaining(`that needs the verb ${verb}`) });
    expect(allowed.status).toBe(200);
  });

  it('guards lifting the pause as well', async () => {
    const { id } = await begin();
    await patch(connections().person('alice'), id, { spec: { paused: true } });

    expect(await patch(connections().person('bob'), id, { spec: { paused: false } })).toMatchObject({ status: 403 });
  });

  it('leaves other edits to who may write', async () => {
    const { id } = await begin();
    await ask(connections().person('alice'), id, { actor: 'alice' });

    const labelled = await patch(connections().person('bob'), id, { metadata: { labels: { team: 'books' } } });

    expect(labelled.status).toBe(200);
  });

  it('lets the controller speak for others', async () => {
    const { id } = await begin();

    const verbs = ['promote', 'abort', 'pause', 'retry'];
    const answers = await Promise.all(
      verbs.map((verb) => ask(connections().controller, id, { actor: 'ada@example.com', verb })),
    );

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('lets the controller save and release while it is in force', async () => {
    const { id } = await begin();
    const store = clusterRollouts(connections().controller, { clock, trouble: () => undefined });
    const rollout = await store.get(id);

    const saved = rollout === undefined ? undefined : await store.save(rollout, aStatus({ phase: 'promoted' }));
    if (rollout !== undefined) await store.release(rollout);
    if (rollout !== undefined) await store.remove(rollout);

    expect(saved?.kind).toBe('saved');
    expect(await store.get(id)).toBeUndefined();
  });
});
