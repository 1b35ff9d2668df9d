import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterEvents } from '../../src/adapters/kubernetes/events.ts';
import { memoryEvents } from '../../src/adapters/memory/events.ts';
import { kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { simulatedClock } from '../support/clock.ts';
import { connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { type EventsBench, eventsContract } from './events.ts';

eventsContract('memory', async () => {
  const clock = simulatedClock();
  const events = memoryEvents({ clock });
  return {
    events,
    about: { kind: 'Deployment', namespace: 'shop', name: 'reviews-v2', uid: 'uid-reviews-v2' },
    pass: (ms) => clock.pass(ms),
    seen: async () =>
      events.events().map(({ announcement: { type, reason, message }, count }) => ({ type, reason, message, count })),
  };
});

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const listSchema = z.object({
    items: z.array(
      z.object({
        reportingController: z.string().default(''),
        type: z.string(),
        reason: z.string(),
        note: z.string(),
        series: z.object({ count: z.number() }).optional(),
      }),
    ),
  });

  async function begin(): Promise<EventsBench & { readonly troubles: readonly unknown[] }> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'events');
    const target = await createDeployment(admin, namespace, { replicas: 0 });
    const clock = simulatedClock();
    const troubles: unknown[] = [];
    const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    return {
      events: clusterEvents(controller, { clock, trouble: (_message, error) => void troubles.push(error) }),
      about: { kind: 'Deployment', namespace, ...target },
      pass: (ms) => clock.pass(ms),
      seen: async () =>
        listSchema
          .parse(await demand(admin, 'GET', path))
          .items.filter(({ reportingController }) => reportingController === 'serin.dev/controller')
          .map(({ type, reason, note, series }) => ({ type, reason, message: note, count: series?.count ?? 1 })),
      troubles,
    };
  }

  eventsContract('Kubernetes, as the controller that deploy/ describes', begin);

  it('show where people look', async () => {
    const { events, about } = await begin();
    await events.announce({ about, type: 'Warning', reason: 'RolledBack', message: 'Too many errors.' });

    const args = ['--namespace', about.namespace, 'describe', 'deployment', about.name];
    const described = await kubectlOutput(stackOfThisRun(), args);

    expect(described).toMatch(/Warning\s+RolledBack\s+.*Too many errors\./);
  });

  it('are cut to what the API server takes', async () => {
    const { events, about, seen, troubles } = await begin();

    await events.announce({ about, type: 'Normal', reason: 'R'.repeat(300), message: `${'é'.repeat(511)}€ and more` });

    expect(troubles).toEqual([]);
    expect(await seen()).toMatchObject([{ reason: 'R'.repeat(128), message: 'é'.repeat(511) }]);
  });

  it('are written anew when the counted one has gone', async () => {
    const { events, about, seen } = await begin();
    const path = `/apis/events.k8s.io/v1/namespaces/${about.namespace}/events`;
    const announcement = { about, type: 'Normal', reason: 'Baking', message: 'Baking.' } as const;
    await events.announce(announcement);
    await demand(connections().admin, 'DELETE', path);

    await events.announce(announcement);

    expect(await seen()).toEqual([{ type: 'Normal', reason: 'Baking', message: 'Baking.', count: 1 }]);
  });

  it('hinder nobody when they cannot be made', async () => {
    const { events, about, troubles } = await begin();

    await events.announce({
      about: { ...about, namespace: 'nowhere' },
      type: 'Normal',
      reason: 'Baking',
      message: '.',
    });

    expect(troubles).toHaveLength(1);
  });
});
