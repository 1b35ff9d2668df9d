// Runs the serin command on a small cluster in memory, with a clock that moves only while the command pauses.
import type {
  CliParts,
  ClusterFlags,
  ControllerFlags,
  DoctorFlags,
  Pipeline,
  ServerFlags,
  WholeCluster,
} from '../../../src/cli/cluster.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { Located, RouteChange } from '../../../src/controller/mesh-port.ts';
import type { Finding, Workload } from '../../../src/controller/ports.ts';
import { asksTheSame } from '../../../src/domain/asked-before.ts';
import type { Request } from '../../../src/domain/people.ts';
import { answerRequest, openRequests } from '../../../src/domain/requests.ts';
import type { Rollout, RolloutId, RolloutStatus } from '../../../src/domain/rollout.ts';
import type { Millis } from '../../../src/domain/time.ts';
import { aRoute, dawn } from '../../support/builders.ts';
import { type SimulatedClock, simulatedClock } from '../../support/clock.ts';
import { type ManagedSide, managedSide } from './managed.ts';

/** What a run of the command gave. */
interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A cluster in memory, and what a test does to it. */
export interface TestCluster {
  readonly clock: SimulatedClock;
  /** Every flag set that a cluster was opened with. */
  readonly opened: ClusterFlags[];
  readonly controllers: ControllerFlags[];
  /** Every server that was spoken to, with the token that was shown there. */
  readonly served: (Omit<ServerFlags, 'token'> & { readonly token: string })[];
  /** What the environment says of a server. */
  server: CliParts['server'];
  /** Changes of the route, oldest first. */
  readonly changes: RouteChange['kind'][];
  readonly released: string[];
  /** What concerns managed Deployments. */
  readonly managed: ManagedSide;
  /** Puts a rollout there, or another version of it. */
  put(rollout: Rollout): void;
  get(name: string): Rollout | undefined;
  /** Changes a rollout's status. */
  change(name: string, status: Partial<RolloutStatus>): void;
  remove(name: string): void;
  deploy(workload: Workload): void;
  /** Runs `event` once the command has paused for so long in all. */
  after(ms: Millis, event: () => void): void;
  /** Answers requests as the controller does, from now on. */
  answering(): void;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** What `locate` gives. */
  locates(located: Located): void;
  /** Makes every read fail from now on, or no longer. */
  silent(error: Error | undefined): void;
  /** What `append` gives instead of doing its work. */
  refuses(outcome: { readonly kind: 'full' | 'gone' } | { readonly kind: 'refused'; readonly message: string }): void;
  policies: Record<string, Readonly<Record<string, string>>>;
  /** Texts by the names of their files. */
  readonly files: Record<string, string>;
  /** Why no file can be read; undefined as long as those that are there can. */
  unreadable: Error | undefined;
  /** The pipeline that the command runs in. */
  pipeline: Pipeline;
  /** What an examination finds, and what each was asked with. */
  readonly doctor: { findings: readonly Finding[]; readonly asked: DoctorFlags[] };
  /** Runs the command in namespace shop unless the words say otherwise. */
  run(
    line: string | readonly string[],
    options?: {
      readonly screen?: boolean;
      readonly colour?: boolean;
      readonly columns?: number;
      readonly rows?: number;
      readonly unicode?: boolean;
    },
  ): Promise<Ran>;
}

/** A cluster without rollouts. */
export function testCluster(): TestCluster {
  const clock = simulatedClock();
  const rollouts = new Map<string, Rollout>();
  const workloads = new Map<string, Workload>();
  const events: { readonly at: number; readonly run: () => void }[] = [];
  const ctrlC = new AbortController();
  const opened: ClusterFlags[] = [];
  const controllers: ControllerFlags[] = [];
  const served: TestCluster['served'] = [];
  const changes: RouteChange['kind'][] = [];
  const released: string[] = [];
  const doctor: TestCluster['doctor'] = { findings: [], asked: [] };
  const policies: Record<string, Readonly<Record<string, string>>> = {};
  const files: Record<string, string> = {};
  const { side: managed, ports: managedPorts } = managedSide(workloads);
  let located: Located = { kind: 'located', route: aRoute() };
  let failure: Error | undefined;
  let refusal: Awaited<ReturnType<WholeCluster['requests']['append']>> | undefined;
  let controllerRuns = false;
  let ids = 0;

  function read<T>(value: T): Promise<T> {
    return failure === undefined ? Promise.resolve(value) : Promise.reject(failure);
  }

  function put(rollout: Rollout): void {
    rollouts.set(rollout.id.name, rollout);
  }

  function change(name: string, status: Partial<RolloutStatus>): void {
    const rollout = rollouts.get(name);
    if (rollout !== undefined) put({ ...rollout, status: { ...rollout.status, ...status } });
  }

  function answerAll(): void {
    for (const rollout of controllerRuns ? rollouts.values() : []) {
      const { id, spec, status } = rollout;
      for (const request of openRequests(spec, status)) {
        const outcome = answerRequest(rollout, request, clock.now());
        if (outcome === undefined) continue;
        const ending: Partial<RolloutStatus> =
          outcome.effect.kind === 'abort'
            ? { phase: 'rolledBack', cause: 'person', message: outcome.effect.message }
            : {};
        change(id.name, { answers: [...status.answers, outcome.answer], ...ending });
      }
    }
  }

  const cluster: Omit<WholeCluster, 'namespace'> = {
    rollouts: {
      get: ({ name }) => read(rollouts.get(name)),
      list: (namespace) =>
        read([...rollouts.values()].filter(({ id }) => namespace === undefined || id.namespace === namespace)),
      create: () => Promise.reject(new Error('The command creates no rollouts.')),
      save: () => Promise.reject(new Error('The command saves no status.')),
      release: async ({ id }) => void released.push(id.name),
      remove: async ({ id }) => void rollouts.delete(id.name),
    },
    requests: {
      async append(id: RolloutId, request: Omit<Request, 'actor' | 'time'>) {
        const rollout = rollouts.get(id.name);
        if (refusal !== undefined || rollout === undefined) return refusal ?? { kind: 'gone' };
        const twin = openRequests(rollout.spec, rollout.status).find((each) => asksTheSame(each, request));
        if (twin !== undefined) return { kind: 'behind', id: twin.id };
        const written = { ...request, actor: 'ada', time: clock.now() };
        put({ ...rollout, spec: { ...rollout.spec, requests: [...rollout.spec.requests, written] } });
        return { kind: 'appended' };
      },
    },
    workloads: {
      get: (_namespace, name) =>
        managed.forbidden
          ? Promise.reject(Object.assign(new Error('Forbidden.'), { status: 403 }))
          : read(workloads.get(name)),
      troubles: async () => managed.troubles,
      generations: async () => managed.generations,
    },
    ...managedPorts,
    metrics: async (source) => {
      managed.sources.push(source);
      return managed.metrics ?? { read: async (slot) => managed.readings?.(slot) ?? managed.reading };
    },
    gauge: async () => managed.gauge,
    doctor: async (flags) => {
      doctor.asked.push(flags);
      return { examine: async () => doctor.findings };
    },
    policies: { get: async (_namespace, name) => policies[name] },
    mesh: {
      locate: async () => located,
      survey: async (wanted) => {
        managed.surveys.push(wanted);
        return managed.surveyed;
      },
      recheck: async () => ({ undefinedStems: [], objects: [], originals: [] }),
      define: () => Promise.reject(new Error('The command defines nothing.')),
      undefine: async (made) => void managed.acts.push(`undefine ${made.map(({ name }) => name).join(' ')}`),
      unrestorable: async () => managed.unrestorable,
      view: async () => ({
        kind: 'view',
        view: { resourceVersion: '1', owned: true, stable: 100, canary: 0 },
      }),
      change: async (_track, _view, { kind }) => {
        changes.push(kind);
        managed.acts.push(kind);
        return { kind: 'written', resourceVersion: '2' };
      },
      disown: async () => ({ kind: 'written', resourceVersion: '3' }),
    },
  };

  function parts(out: string[], err: string[], look: Omit<Terminal, 'out' | 'err'>): CliParts {
    return {
      openCluster: async (flags) => {
        opened.push(flags);
        return { ...cluster, namespace: flags.namespace ?? 'shop' };
      },
      openServer: async (flags) => {
        served.push({ ...flags, token: await flags.token() });
        return { ...cluster, namespace: flags.namespace };
      },
      server: made.server,
      runController: async (flags) => {
        controllers.push(flags);
        return 0;
      },
      async readInput(file) {
        if (made.unreadable !== undefined) throw made.unreadable;
        const text = files[file];
        if (text === undefined) throw new Error(`There is no file ${file}.`);
        return text;
      },
      async manifestsAt(path) {
        if (made.unreadable !== undefined) throw made.unreadable;
        return path.endsWith('/') ? Object.keys(files).filter((file) => file.startsWith(path)) : [path];
      },
      async writeOutput(file, text) {
        if (file.startsWith('/nowhere/')) throw new Error('There is no such folder.');
        files[file] = text;
      },
      async appendOutput(file, text) {
        if (file.startsWith('/nowhere/')) throw new Error('There is no such folder.');
        files[file] = `${files[file] ?? ''}${text}`;
      },
      pipeline: made.pipeline,
      querySyntax: async () => (await import('../../../src/adapters/prometheus/syntax.ts')).queryProblems,
      terminal: {
        out: (text) => void out.push(text),
        err: (text) => void err.push(text),
        ...look,
      },
      clock,
      newId: () => {
        ids += 1;
        return `request-${ids}`;
      },
      async pause(ms) {
        if (clock.now() > dawn + 86_400_000) throw new Error('The command has paused for a whole day.');
        clock.pass(ms);
        for (const event of events.splice(0).map((due) => due)) {
          if (event.at <= clock.now()) event.run();
          else events.push(event);
        }
        answerAll();
      },
      interrupted: ctrlC.signal,
      version: '0.1.0',
    };
  }

  const made: TestCluster = {
    clock,
    opened,
    controllers,
    served,
    server: {},
    changes,
    released,
    doctor,
    managed,
    policies,
    files,
    unreadable: undefined,
    pipeline: {},
    put,
    get: (name) => rollouts.get(name),
    change,
    remove: (name) => void rollouts.delete(name),
    deploy: (workload) => void workloads.set(workload.name, workload),
    after: (ms, run) => void events.push({ at: clock.now() + ms, run }),
    answering: () => {
      controllerRuns = true;
    },
    interrupt: () => ctrlC.abort(),
    locates: (next) => {
      located = next;
    },
    silent: (error) => {
      failure = error;
    },
    refuses: (outcome) => {
      refusal = outcome;
    },
    async run(line, { screen = false, colour = false, columns = 80, unicode = true, ...tall } = {}) {
      const [out, err]: [string[], string[]] = [[], []];
      const words = typeof line === 'string' ? line.split(' ').filter(Boolean) : line;
      const code = await runProgram(words, parts(out, err, { interactive: screen, colour, columns, unicode, ...tall }));
      return { code, out: out.join(''), err: err.join('') };
    },
  };
  return made;
}
