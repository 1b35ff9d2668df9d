// As much of GitHub's REST API as deployments take, on loopback: https://docs.github.com/en/rest/deployments
import { type Received, type Receiver, type ReceiverAnswer, receiver } from './receiver.ts';

/** A deployment as it was made. */
export interface FakeDeployment {
  readonly id: number;
  readonly repository: string;
  readonly made: Readonly<Record<string, unknown>>;
  readonly statuses: Readonly<Record<string, unknown>>[];
}

/** How a call fails: an answer, or one that is lost although what was asked for is done. */
export type FakeFailure = ReceiverAnswer | { readonly lost: true };

/** A running GitHub. */
export interface FakeGithub {
  readonly url: string;
  readonly calls: readonly Received[];
  /** Those that are there, oldest first. */
  deployments(): readonly FakeDeployment[];
  delete(id: number): void;
  /** What goes wrong from now on; `undefined` is nothing. */
  failing(failure: (request: Received) => FakeFailure | undefined): void;
  close(): Promise<void>;
}

/** A commit that this GitHub does not know. */
export const unknownCommit = 'dead00000000000000000000000000000000dead';

/** Starts one that takes the token. */
export async function fakeGithub(token = 'ghp_test'): Promise<FakeGithub> {
  const own: Receiver = await receiver();
  let all: FakeDeployment[] = [];
  let ids = 1_000;
  let failure: (request: Received) => FakeFailure | undefined = () => undefined;

  own.answering((request) => {
    const wrong = failure(request);
    if (wrong === undefined) return answerTo(request);
    if (typeof wrong === 'string' || 'status' in wrong) return wrong;
    answerTo(request);
    return 'dropped';
  });

  function answerTo(request: Received): ReceiverAnswer {
    if (request.headers['authorization'] !== `Bearer ${token}`) return said(401, { message: 'Bad credentials' });
    const { pathname, searchParams } = new URL(request.path, own.origin);
    const [, repository = '', id, statuses] =
      /^\/api\/v3\/repos\/([^/]+\/[^/]+)\/deployments(?:\/(\d+)(\/statuses))?$/.exec(pathname) ?? [];
    if (repository === '' || repository === 'example/private') return said(404, { message: 'Not Found' });
    if (statuses !== undefined) return addStatus(Number(id), request);
    return request.method === 'GET' ? said(200, listed(repository, searchParams)) : make(repository, request);
  }

  function listed(repository: string, query: URLSearchParams): readonly unknown[] {
    const asked = ['ref', 'environment', 'task'].flatMap((key) => {
      const value = query.get(key);
      return value === null ? [] : [[key, value] as const];
    });
    return all
      .filter((each) => each.repository === repository && asked.every(([key, value]) => each.made[key] === value))
      .toReversed()
      .slice(0, Number(query.get('per_page') ?? 30))
      .map(({ id, made }) => ({ id, ...made, url: `${own.origin}/api/v3/repos/${repository}/deployments/${id}` }));
  }

  function make(repository: string, request: Received): ReceiverAnswer {
    const made = JSON.parse(request.body) as FakeDeployment['made'];
    if (made['ref'] === unknownCommit) return said(422, { message: `No ref found for: ${unknownCommit}` });
    ids += 1;
    all.push({ id: ids, repository, made, statuses: [] });
    return said(201, { id: ids, ...made });
  }

  function addStatus(id: number, request: Received): ReceiverAnswer {
    const deployment = all.find((each) => each.id === id);
    if (deployment === undefined) return said(404, { message: 'Not Found' });
    const status = JSON.parse(request.body) as Readonly<Record<string, unknown>>;
    if (String(status['description']).length > 140)
      return said(422, { message: 'description is too long (maximum is 140 characters)' });
    deployment.statuses.push(status);
    return said(201, { id: 1, ...status });
  }

  return {
    url: `${own.origin}/api/v3`,
    calls: own.received,
    deployments: () => all,
    delete: (id) => {
      all = all.filter((each) => each.id !== id);
    },
    failing: (next) => {
      failure = next;
    },
    close: () => own.close(),
  };
}

function said(status: number, body: unknown): ReceiverAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
