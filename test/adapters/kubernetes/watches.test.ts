import { beforeEach, describe, expect, it } from 'vitest';
import type { Cluster, WatchEvent } from '../../../src/adapters/kubernetes/connection.ts';
import type { ListWatch } from '../../../src/adapters/kubernetes/list-watch.ts';
import { newRollout, statusBody } from '../../../src/adapters/kubernetes/rollout-bodies.ts';
import {
  type RolloutSeen,
  type RouteSeen,
  type TargetSeen,
  watchRollouts,
  watchRoutes,
  watchTargets,
} from '../../../src/adapters/kubernetes/watches.ts';
import { aRollout, aSpec, aStatus, dawn } from '../../support/builders.ts';
import { simulatedClock } from '../../support/clock.ts';

type Raw = Readonly<Record<string, unknown>>;

/** A cluster that lists what it is given and lets the test tell events. */
function scripted(): {
  readonly cluster: Pick<Cluster, 'request' | 'watch'>;
  readonly paths: string[];
  give(objects: readonly Raw[]): void;
  tell(type: string, object: Raw): void;
  endWatch(): void;
} {
  const paths: string[] = [];
  let objects: readonly Raw[] = [];
  let onEvent = (_event: WatchEvent): void => undefined;
  let end = (): void => undefined;
  return {
    paths,
    cluster: {
      request: async (_method, path) => {
        paths.push(path);
        return { status: 200, body: { metadata: { resourceVersion: '1' }, items: objects } };
      },
      watch: (_path, _parts, take, signal) =>
        new Promise((resolve) => {
          onEvent = take;
          end = () => resolve({ status: 410, body: {} });
          signal.addEventListener('abort', () => resolve({ status: 200, body: undefined }));
        }),
    },
    give: (all) => {
      objects = all;
    },
    tell: (type, object) => onEvent({ type, object }),
    endWatch: () => end(),
  };
}

const clock = simulatedClock();
const troubles: string[] = [];
let script = scripted();
beforeEach(() => {
  script = scripted();
  troubles.length = 0;
});

const options = (namespace?: string) => ({
  cluster: script.cluster,
  around: {
    clock,
    random: () => 0,
    pause: async () => undefined,
    trouble: (message: string) => void troubles.push(message),
  },
  ...(namespace === undefined ? {} : { namespace }),
});

async function run<T>(watch: ListWatch, work: () => Promise<T>): Promise<T> {
  watch.start();
  await turns();
  try {
    return await work();
  } finally {
    await watch.stop();
  }
}

/** Lets everything that is ready run. */
async function turns(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

let version = 10;
function deployment(name: string, annotations: Readonly<Record<string, string>>, more: Raw = {}): Raw {
  version += 1;
  const metadata = { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: String(version), generation: 1 };
  return { metadata: { ...metadata, annotations, ...more } };
}

describe('the watch of Deployments', () => {
  const canary = { 'serin.dev/canary-of': 'reviews-v1' };

  async function following(work: (seen: TargetSeen[]) => Promise<void>): Promise<void> {
    const seen: TargetSeen[] = [];
    await run(
      watchTargets(options(), (target) => void seen.push(target)),
      () => work(seen),
    );
    expect(troubles).toEqual([]);
  }
  const names = (seen: readonly TargetSeen[]): readonly string[] =>
    seen.map(({ name, deleted }) => (deleted ? `${name} deleted` : name));

  it('tells those that speak to Serin, with the annotations that do', async () => {
    script.give([deployment('plain', { team: 'books' }), deployment('reviews-v2', { ...canary, team: 'books' })]);

    await following(async (seen) => {
      expect(seen).toEqual([expect.objectContaining({ name: 'reviews-v2', annotations: canary, deleted: false })]);
    });
  });

  it.each([
    ['another setting', { ...canary, 'serin.dev/bake': '5m' }, {}],
    ['another template or size', canary, { generation: 2 }],
    ['another revision', { ...canary, 'deployment.kubernetes.io/revision': '2' }, {}],
    ['its deletion being asked for', canary, { deletionTimestamp: '2026-01-05T09:00:00Z' }],
    ['another Deployment of its name', canary, { uid: 'another' }],
  ])('tells %s', async (_what, annotations, more) => {
    script.give([deployment('reviews-v2', canary)]);

    await following(async (seen) => {
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('reviews-v2', annotations, more));

      expect(seen.length).toBeGreaterThan(1);
      expect(seen.at(-1)).toMatchObject({ name: 'reviews-v2', deleted: false });
    });
  });

  it('tells neither its pods coming and going nor the marks that Serin itself writes', async () => {
    script.give([deployment('reviews-v2', canary)]);

    await following(async (seen) => {
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('reviews-v2', canary));
      // A Deployment's generation counts annotations too.
      script.tell('MODIFIED', deployment('reviews-v2', { ...canary, 'serin.dev/phase': 'baking' }, { generation: 2 }));
      script.tell('MODIFIED', deployment('reviews-v2', { ...canary, 'serin.dev/phase': 'baking' }, { generation: 2 }));

      expect(names(seen)).toEqual(['reviews-v2']);
    });
  });

  it.each(['phase', 'rollout', 'last', 'stable'])('tells nothing of the mark serin.dev/%s', async (key) => {
    script.give([deployment('reviews-v2', canary)]);

    await following(async (seen) => {
      clock.pass(60_000);
      const marked = { ...canary, [`serin.dev/${key}`]: 'x' };
      script.tell('MODIFIED', deployment('reviews-v2', marked, { generation: 2 }));
      script.tell('MODIFIED', deployment('reviews-v2', canary, { generation: 3 }));

      expect(names(seen)).toEqual(['reviews-v2']);
    });
  });

  it('tells a template that the admission policy held in the very write that changed it', async () => {
    const adopted = { 'serin.dev/canary': 'enabled', 'serin.dev/stable': 'abc' };
    script.give([deployment('checkout', adopted)]);

    await following(async (seen) => {
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('checkout', { ...adopted, 'serin.dev/held': 'true' }, { generation: 2 }));

      expect(names(seen)).toEqual(['checkout', 'checkout']);
    });
  });

  it('tells one that has nothing but marks left, until they are gone too', async () => {
    script.give([deployment('checkout', { 'serin.dev/canary': 'enabled', 'serin.dev/stable': 'abc' })]);

    await following(async (seen) => {
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('checkout', { 'serin.dev/stable': 'abc' }, { generation: 2 }));
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('checkout', { 'serin.dev/stable': 'abc' }, { generation: 3 }));
      script.tell('MODIFIED', deployment('checkout', {}, { generation: 4 }));

      expect(seen.map(({ annotations }) => Object.keys(annotations))).toEqual([
        ['serin.dev/canary', 'serin.dev/stable'],
        ['serin.dev/stable'],
        ['serin.dev/stable'],
        [],
      ]);
    });
  });

  it('tells a change that came together with a mark', async () => {
    script.give([deployment('reviews-v2', canary)]);

    await following(async (seen) => {
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('reviews-v2', { ...canary, 'serin.dev/phase': 'baking' }, { generation: 3 }));

      expect(names(seen)).toEqual(['reviews-v2', 'reviews-v2']);
    });
  });

  it('tells everything for some seconds after a change, until the cluster has taken note of it', async () => {
    script.give([deployment('reviews-v2', canary)]);

    await following(async (seen) => {
      clock.pass(60_000);
      script.tell('MODIFIED', deployment('reviews-v2', canary, { generation: 2 }));
      script.tell('MODIFIED', deployment('reviews-v2', canary, { generation: 2 }));
      clock.pass(5_001);
      script.tell('MODIFIED', deployment('reviews-v2', canary, { generation: 2 }));

      expect(names(seen)).toHaveLength(3);
    });
  });

  it('tells once when the last annotation is gone, and when the Deployment is', async () => {
    script.give([deployment('one', canary), deployment('two', canary)]);

    await following(async (seen) => {
      seen.length = 0;
      script.tell('MODIFIED', deployment('one', {}));
      script.tell('MODIFIED', deployment('one', {}));
      script.tell('DELETED', deployment('one', {}));
      script.tell('DELETED', deployment('two', canary));

      expect(names(seen)).toEqual(['one', 'two deleted']);
      expect(seen[0]?.annotations).toEqual({});
      expect(seen[1]?.annotations).toEqual(canary);
    });
  });

  it('tells what went while nobody was looking', async () => {
    script.give([deployment('one', canary), deployment('two', canary)]);

    await following(async (seen) => {
      seen.length = 0;
      script.give([deployment('two', canary)]);
      clock.pass(60_000);
      script.endWatch();
      await turns();

      expect(names(seen)).toEqual(['one deleted']);
    });
  });

  it('looks at one namespace when it is told to', async () => {
    await run(
      watchTargets(options('shop'), () => undefined),
      async () => expect(script.paths).toEqual(['/apis/apps/v1/namespaces/shop/deployments']),
    );
  });
});

describe('the watch of rollouts', () => {
  const id = { namespace: 'shop', name: 'reviews-v2-two-1' };

  function rollout(parts: { readonly generation?: number; readonly phase?: 'baking'; readonly more?: Raw } = {}): Raw {
    version += 1;
    const { generation = 1, phase = 'pending' as const, more = {} } = parts;
    const fresh = newRollout(id, aSpec()) as Raw;
    const written = statusBody(aRollout({ id }), aStatus({ phase }), [], dawn) as Raw;
    const metadata = { ...id, uid: 'uid-1', resourceVersion: String(version), generation, ...more };
    return { ...fresh, ...written, metadata };
  }

  async function following(work: (seen: string[]) => Promise<void>): Promise<void> {
    const seen: string[] = [];
    const tell = (change: RolloutSeen): void => {
      if (change.kind === 'gone') seen.push(`${change.id.name} gone`);
      else seen.push(`${change.rollout.status.phase}${change.byOthers ? ' by others' : ''}`);
    };
    await run(watchRollouts(options(), tell), () => work(seen));
  }

  it("tells Serin's own writes of the status from what others did", async () => {
    script.give([rollout()]);

    await following(async (seen) => {
      script.tell('MODIFIED', rollout({ phase: 'baking' }));
      script.tell('MODIFIED', rollout({ phase: 'baking', generation: 2 }));
      script.tell('MODIFIED', rollout({ phase: 'baking', generation: 2 }));
      const deletionTimestamp = '2026-01-05T09:00:00Z';
      script.tell('MODIFIED', rollout({ phase: 'baking', generation: 2, more: { deletionTimestamp } }));
      script.tell('DELETED', rollout());

      expect(seen).toEqual([
        'pending by others',
        'baking',
        'baking by others',
        'baking',
        'baking by others',
        'reviews-v2-two-1 gone',
      ]);
    });
  });

  it('tells each version once, however often it is listed', async () => {
    const same = rollout();
    script.give([same]);

    await following(async (seen) => {
      script.endWatch();
      await turns();
      script.tell('MODIFIED', same);

      expect(seen).toEqual(['pending by others']);
    });
  });

  it('leaves out one that cannot be read, and says so', async () => {
    script.give([{ metadata: { ...id, resourceVersion: '3' }, spec: { mode: 'guess' } }]);

    await following(async (seen) => {
      expect(seen).toEqual([]);
      expect(troubles).toEqual(['An object of /apis/serin.dev/v1alpha1/canaryrollouts cannot be read and is left out']);
    });
  });
});

describe('the watch of routes', () => {
  it('tells each version, and the end', async () => {
    const seen: RouteSeen[] = [];
    script.give([deployment('reviews', {})]);

    await run(
      watchRoutes(options(), (route) => void seen.push(route)),
      async () => {
        script.tell('MODIFIED', deployment('reviews', {}));
        script.tell('DELETED', deployment('reviews', {}));
      },
    );

    expect(script.paths).toEqual(['/apis/networking.istio.io/v1/virtualservices']);
    expect(seen.map(({ name, deleted }) => [name, deleted])).toEqual([
      ['reviews', false],
      ['reviews', false],
      ['reviews', true],
    ]);
  });
});
