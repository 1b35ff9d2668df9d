// Deployments in memory, for unit tests: a Deployment controller of a few lines, which rolls at once what is not paused.
import type { Generation, PodTrouble, Workload, Workloads } from '../../controller/ports.ts';

/** A change of a pod template. */
export interface TemplateChange {
  /** The hash of the new template. */
  readonly revision: string;
  readonly images?: readonly string[];
  readonly podLabels?: Readonly<Record<string, string>>;
}

/** The port, and what a cluster would do to Deployments. */
export interface MemoryWorkloads extends Workloads {
  /** Creates the Deployment or replaces it, as it is given. */
  put(workload: Workload): void;
  /** Changes some of a Deployment, and lets the cluster follow; nothing when it is gone. */
  change(namespace: string, name: string, parts: Partial<Workload>): void;
  /** Replaces its annotations, which no controller acts on. */
  annotate(namespace: string, name: string, annotations: Readonly<Record<string, string>>): void;
  /** Changes the pod template, which rolls at once unless the Deployment is paused. */
  retemplate(namespace: string, name: string, template: TemplateChange): void;
  remove(namespace: string, name: string): void;
  /** What is wrong with its pods from now on, worst first. */
  trouble(namespace: string, name: string, troubles: readonly PodTrouble[]): void;
  /** Whether new pods of the Deployment fail to get ready from now on. */
  stick(namespace: string, name: string, sticks: boolean): void;
  /** Every Deployment there is. */
  all(): readonly Workload[];
}

/** No Deployments yet. */
export function memoryWorkloads(): MemoryWorkloads {
  const deployments = new Map<string, Workload>();
  const ran = new Map<string, readonly Generation[]>();
  const wrong = new Map<string, readonly PodTrouble[]>();
  const stuck = new Set<string>();
  let version = 1;

  function store(workload: Workload): void {
    version += 1;
    deployments.set(keyOf(workload), { ...workload, resourceVersion: String(version) });
  }

  function put(workload: Workload): void {
    store(workload);
    if (workload.hash !== undefined) ran.set(keyOf(workload), [ranBy(workload, workload.hash)]);
  }

  function change(namespace: string, name: string, parts: Partial<Workload>): void {
    const before = deployments.get(`${namespace}/${name}`);
    if (before !== undefined) settle({ ...before, ...parts });
  }

  /** What the Deployment controller makes of a Deployment: a paused one keeps its pods, another rolls to its template. */
  function settle(workload: Workload): void {
    const key = keyOf(workload);
    const before = ran.get(key) ?? [];
    const present = before.find(({ revision }) => revision === workload.revision);
    if (workload.paused && present?.replicas !== workload.replicas) {
      keepRunning(workload, before);
      return;
    }
    const hash = present?.hash ?? `hash${workload.revision}`;
    const isStuck = stuck.has(key) && (present === undefined || present.readyReplicas < workload.replicas);
    const others = before.filter((each) => each.hash !== hash);
    const pods = { replicas: workload.replicas, readyReplicas: isStuck ? 0 : workload.replicas };
    const left = others.map((each) => (isStuck ? each : { ...each, replicas: 0, readyReplicas: 0 }));
    ran.set(key, [{ ...ranBy(workload, hash), ...pods }, ...left]);
    const ready = isStuck ? left.reduce((sum, each) => sum + each.readyReplicas, 0) : workload.replicas;
    store({ ...workload, hash, complete: !isStuck, readyReplicas: ready });
  }

  function keepRunning(present: Workload, before: readonly Generation[]): void {
    const { hash: _, ...workload } = present;
    const serving = before.find(({ replicas }) => replicas > 0) ?? before[0];
    const pods = { replicas: workload.replicas, readyReplicas: workload.replicas };
    ran.set(
      keyOf(workload),
      before.map((each) => (each === serving ? { ...each, ...pods } : each)),
    );
    const isOwn = serving?.revision === workload.revision;
    store({
      ...workload,
      ...(isOwn && serving !== undefined ? { hash: serving.hash } : {}),
      complete: isOwn,
      readyReplicas: workload.replicas,
    });
  }

  return {
    get: async (namespace, name) => deployments.get(`${namespace}/${name}`),
    troubles: async (workload) => (workload.hash === undefined ? [] : (wrong.get(keyOf(workload)) ?? [])),
    generations: async (workload) => ran.get(keyOf(workload)) ?? [],
    put,
    change,
    annotate: (namespace, name, annotations) => {
      const before = deployments.get(`${namespace}/${name}`);
      if (before !== undefined) store({ ...before, annotations });
    },
    retemplate: (namespace, name, template) => change(namespace, name, template),
    remove: (namespace, name) => {
      deployments.delete(`${namespace}/${name}`);
      ran.delete(`${namespace}/${name}`);
    },
    trouble: (namespace, name, troubles) => void wrong.set(`${namespace}/${name}`, troubles),
    stick: (namespace, name, sticks) => {
      if (sticks) stuck.add(`${namespace}/${name}`);
      else stuck.delete(`${namespace}/${name}`);
      change(namespace, name, {});
    },
    all: () => [...deployments.values()],
  };
}

function ranBy({ revision, podLabels, images, replicas, readyReplicas }: Workload, hash: string): Generation {
  return { hash, revision, podLabels, images, replicas, readyReplicas };
}

function keyOf({ namespace, name }: Pick<Workload, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
