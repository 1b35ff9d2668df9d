import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterCallers } from '../../src/adapters/kubernetes/callers.ts';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { memoryCallers } from '../../src/adapters/memory/callers.ts';
import type { Right } from '../../src/domain/permission.ts';
import { simulatedClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { type CallersBench, callersContract } from './callers.ts';
import { connectionsForTests, demand, newNamespace } from './crds-bench.ts';

callersContract('memory', async () => {
  const callers = memoryCallers();
  callers.know('token', { name: 'ada', groups: ['people'] });
  return {
    callers,
    namespace: 'shop',
    token: 'token',
    name: 'ada',
    group: 'people',
    allow: async (name, rights) => callers.allow(name, rights, 'shop'),
    allowGroup: async (group, rights) => callers.allow(group, rights, 'shop'),
    forbid: async (name) => callers.forbid(name),
  };
});

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const tokenSchema = z.object({ status: z.object({ token: z.string() }) });

  async function begin(): Promise<CallersBench> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'callers');
    const name = `system:serviceaccount:${namespace}:pipeline`;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const callers = clusterCallers(controller, { clock: { now: () => Date.now() } });
    const bound: { readonly who: string; readonly binding: string }[] = [];

    async function allow(kind: 'User' | 'Group', who: string, rights: readonly Right[]): Promise<void> {
      const role = `role-${randomBytes(4).toString('hex')}`;
      const rules = [{ apiGroups: ['serin.dev'], resources: ['canaryrollouts'], verbs: rights }];
      await demand(admin, 'POST', `${rbac}/roles`, { body: { metadata: { name: role }, rules } });
      const body = {
        metadata: { name: role },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind, name: who }],
      };
      await demand(admin, 'POST', `${rbac}/rolebindings`, { body });
      bound.push({ who, binding: role });
      await followed(who, kind, rights, true);
    }

    /** The API server's authorizer follows its own watch. */
    async function followed(
      who: string,
      kind: 'User' | 'Group',
      [right]: readonly Right[],
      wanted: boolean,
    ): Promise<void> {
      const caller = kind === 'User' ? { name: who, groups: [] } : { name: 'nobody-else', groups: [who] };
      await eventually(
        'the authorizer to follow',
        async () => right !== undefined && (await callers.may(caller, right, namespace)) === wanted,
      );
    }

    return {
      callers,
      namespace,
      token: await tokenIn(admin, namespace),
      name,
      group: `system:serviceaccounts:${namespace}`,
      allow: (who, rights) => allow('User', who, rights),
      allowGroup: (who, rights) => allow('Group', who, rights),
      forbid: async (who) => {
        for (const { binding } of bound.filter((one) => one.who === who))
          await demand(admin, 'DELETE', `${rbac}/rolebindings/${binding}`);
        await followed(who, 'User', ['pause'], false);
      },
    };
  }

  async function tokenIn(admin: Cluster, namespace: string): Promise<string> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await demand(admin, 'POST', accounts, { body: { metadata: { name: 'pipeline' } } });
    const spec = { expirationSeconds: 600 };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    return tokenSchema.parse(await demand(admin, 'POST', `${accounts}/pipeline/token`, { body })).status.token;
  }

  callersContract('Kubernetes, asked with the rights of the controller', begin);

  it('asks whose a token is once a minute, and whose a wrong one is every five seconds', async () => {
    const { admin, controller } = connections();
    const clock = simulatedClock();
    const asked: string[] = [];
    const counting = {
      request: (...call: Parameters<typeof controller.request>) => {
        asked.push(call[1]);
        return controller.request(...call);
      },
    };
    const callers = clusterCallers(counting, { clock });
    const token = await tokenIn(admin, await newNamespace(admin, 'callers'));

    const at = async (ms: number, which: string): Promise<number> => {
      clock.pass(ms);
      asked.length = 0;
      await Promise.all([callers.authenticate(which), callers.authenticate(which)]);
      return asked.length;
    };

    expect([await at(0, token), await at(59_999, token), await at(1, token)]).toEqual([1, 0, 1]);
    expect([await at(0, 'wrong'), await at(4_999, 'wrong'), await at(1, 'wrong')]).toEqual([1, 0, 1]);
  });

  it('throws when the account may not ask, and believes nothing', async () => {
    const { person, admin } = connections();
    const callers = clusterCallers(person('bob'), { clock: { now: () => Date.now() } });
    const token = await tokenIn(admin, await newNamespace(admin, 'callers'));

    await expect(callers.authenticate(token)).rejects.toThrow(
      'Asking the cluster whose a token is was answered with 403',
    );
    await expect(callers.authenticate(token)).rejects.toThrow('403');
    await expect(callers.may({ name: 'alice', groups: [] }, 'promote', 'default')).rejects.toThrow('403');
  });
});
