// The door of the API: who asks, whether they ask too often, and whether they may.
import type { FastifyRequest } from 'fastify';
import type { Log } from '../../controller/log.ts';
import type { Callers } from '../../controller/people-port.ts';
import type { Clock } from '../../controller/ports.ts';
import { type Caller, type Right, refusalOf } from '../../domain/permission.ts';
import { type Buckets, buckets, type Pace } from './bucket.ts';
import { Problem } from './problem.ts';

/** What stands at the door. */
export interface DoorParts {
  readonly callers: Callers;
  readonly clock: Clock;
  readonly log: Log;
  /** How often one caller may ask, and how often one address may before it is known who asks. */
  readonly pace: { readonly caller: Pace; readonly address: Pace };
}

/** Lets in or throws a problem. */
export interface Door {
  /** Who asks, by the token of the request. */
  caller(request: FastifyRequest): Promise<Caller>;
  /** The same for a call that is under way already: it counts for nobody's pace. */
  known(request: FastifyRequest): Promise<Caller>;
  /** Throws the sentence that everybody without the right reads. */
  demand(caller: Caller, right: Right, namespace?: string): Promise<void>;
}

const unavailable = { next: 'Try again in some seconds. If it lasts, the log of the controller says why.', seconds: 5 };

/** A door that keeps nobody's token and writes none down. */
export function doorOf({ callers, clock, log, pace }: DoorParts): Door {
  const addresses = buckets(pace.address, clock);
  const names = buckets(pace.caller, clock);

  async function known(request: FastifyRequest): Promise<Caller> {
    const token = tokenOf(request.headers.authorization);
    const found = await fromCluster(log, 'whose a token is', () => callers.authenticate(token));
    if (found === undefined) {
      throw new Problem(
        'unauthenticated',
        'The cluster does not know the token, or it has expired.',
        'Make a new one: kubectl create token ACCOUNT -n NAMESPACE',
      );
    }
    return found;
  }

  async function caller(request: FastifyRequest): Promise<Caller> {
    take(addresses, request.ip);
    const found = await known(request);
    take(names, found.name);
    return found;
  }

  async function demand(asking: Caller, right: Right, namespace?: string): Promise<void> {
    const may = await fromCluster(log, 'what a caller may do', () => callers.may(asking, right, namespace));
    if (may) return;
    const said = refusalOf(asking, right, namespace);
    const end = said.indexOf('Ask an administrator');
    log.info('The API refused a caller', {
      caller: asking.name,
      right,
      ...(namespace === undefined ? {} : { namespace }),
    });
    throw new Problem('forbidden', said, said.slice(end));
  }

  return { caller, known, demand };
}

/** What the cluster gives; a problem when it gives nothing. */
export async function fromCluster<T>(log: Log, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Problem) throw error;
    log.warn('The cluster did not answer what the API asked it', { what }, error);
    throw new Problem('unavailable', `The cluster did not say ${what}.`, unavailable.next, unavailable.seconds);
  }
}

function tokenOf(header: string | undefined): string {
  const [, token] = /^Bearer +([\w~+/.-]+=*) *$/i.exec(header ?? '') ?? [];
  if (token !== undefined) return token;
  throw new Problem(
    'unauthenticated',
    header === undefined ? 'The request carries no token.' : 'The header Authorization holds no Bearer token.',
    'Send a Kubernetes token: curl -H "Authorization: Bearer $(kubectl create token ACCOUNT -n NAMESPACE)"',
  );
}

function take(from: Buckets, name: string): void {
  const seconds = from.take(name);
  if (seconds === 0) return;
  const next = `Wait ${seconds} s. To follow a rollout, wait for it (?waitFor=finished) or read its events instead of asking again and again.`;
  throw new Problem('too-many-requests', 'You ask more often than is answered.', next, seconds);
}
