// The mesh's control interface for tests and the demo.
import {
  type BehaviourInput,
  type Count,
  countsSchema,
  type LoadInput,
  type Propagation,
  type Scrape,
} from './control.ts';

/** Every call throws when the mesh refuses it or does not answer within five seconds. */
export interface MeshClient {
  /** Starts a load of the namespace, or changes it while it runs. */
  putLoad(namespace: string, name: string, load: LoadInput): Promise<void>;
  /** Ends a load; its client pods and their series stay until `restartClient`. */
  deleteLoad(namespace: string, name: string): Promise<void>;
  /** From now on the workload's pods behave so, whatever their template says. */
  putBehaviour(namespace: string, workload: string, behaviour: BehaviourInput): Promise<void>;
  /** Back to what the pods' template says, which is well when it says nothing. */
  deleteBehaviour(namespace: string, workload: string): Promise<void>;
  /** How the requests of the namespace's loads ended since the last reset. */
  counts(namespace: string): Promise<readonly Count[]>;
  /** Forgets the counts of one namespace, or of all. */
  resetCounts(namespace?: string): Promise<void>;
  /** Begins the counters of a pod's sidecar anew, as its restart would. */
  restartPod(namespace: string, pod: string): Promise<void>;
  /** Restarts all pods of a client; those of ended loads are gone then. */
  restartClient(namespace: string, workload: string): Promise<void>;
  /** Ends the namespace's loads, and forgets their pods, all behaviours and counts. */
  forgetNamespace(namespace: string): Promise<void>;
  /** Lets metrics pages answer as usual, with 503, or late. */
  setScrape(scrape: Scrape): Promise<void>;
  /** Sets how long a change in the cluster takes to reach clients. */
  setPropagation(propagation: Propagation): Promise<void>;
}

const CALL_TIMEOUT_MS = 5_000;

/** A client of the mesh at `url`, as its process printed it. */
export function meshClient(url: string): MeshClient {
  async function call(method: string, path: string, body?: unknown): Promise<string> {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The mesh answered ${method} /v1/${path} with ${response.status}: ${text}`);
    return text;
  }
  async function tell(method: string, path: string, body?: unknown): Promise<void> {
    await call(method, path, body);
  }
  return {
    putLoad: (namespace, name, load) => tell('PUT', `loads/${namespace}/${name}`, load),
    deleteLoad: (namespace, name) => tell('DELETE', `loads/${namespace}/${name}`),
    putBehaviour: (namespace, workload, behaviour) => tell('PUT', `behaviours/${namespace}/${workload}`, behaviour),
    deleteBehaviour: (namespace, workload) => tell('DELETE', `behaviours/${namespace}/${workload}`),
    counts: async (namespace) => countsSchema.parse(JSON.parse(await call('GET', `counts/${namespace}`))).counts,
    resetCounts: (namespace) => tell('POST', namespace === undefined ? 'counts/reset' : `counts/${namespace}/reset`),
    restartPod: (namespace, pod) => tell('POST', `pods/${namespace}/${pod}/restart`),
    restartClient: (namespace, workload) => tell('POST', `clients/${namespace}/${workload}/restart`),
    forgetNamespace: (namespace) => tell('DELETE', `namespaces/${namespace}`),
    setScrape: (scrape) => tell('PUT', 'scrape', scrape),
    setPropagation: (propagation) => tell('PUT', 'propagation', propagation),
  };
}
