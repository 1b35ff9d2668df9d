// Requests of people and pipelines: written once in the name of whoever asks, and answered by the machine like those of every surface.
import { frozenNow } from '../../controller/freezes.ts';
import { asksTheSame, fewLeft, stepMeant, unclearSentence } from '../../domain/asked-before.ts';
import type { Frozen } from '../../domain/freeze.ts';
import type { Answer, Request, Verb } from '../../domain/people.ts';
import { isRefusal, type Right, rightsOf } from '../../domain/permission.ts';
import { answerRequest, openRequests } from '../../domain/requests.ts';
import { isFinal, type Rollout, type RolloutId } from '../../domain/rollout.ts';
import { fromCluster } from './door.ts';
import { find } from './finding.ts';
import type { ApiParts } from './parts.ts';
import { Problem } from './problem.ts';
import { type Waited, waitUntil } from './waiting.ts';

/** What is asked, and by whom. */
export interface Asked {
  readonly place: RolloutId;
  readonly verb: Verb;
  readonly actor: string;
  /** Given by the caller, who may ask again with it. */
  readonly id?: string;
  /** Counted from 0. */
  readonly step?: number;
  readonly reason?: string;
  readonly overrideFreeze?: true;
  /** Throws the problem of those who have not the right. */
  readonly demand: (right: Right) => Promise<void>;
  /** Aborts when the caller has gone; what is written stays written. */
  readonly signal: AbortSignal;
}

/** What became of it; without an answer it is written and will have one. */
export interface Outcome {
  readonly id: string;
  readonly rollout: Rollout;
  readonly answer?: Answer;
}

/** Asks rollouts. */
export interface Asker {
  /** Asks, and waits a moment for the answer. Throws a problem when it cannot be asked. */
  ask(asked: Asked): Promise<Outcome>;
}

/** The address under which requests come. */
const surface = 'http';

/** One asker a process: what is asked of a rollout at the same time is written one after the other. */
export function askerOf(parts: ApiParts): Asker {
  const lanes = new Map<string, Promise<unknown>>();
  /** What is being asked: who asks the same meanwhile waits for what becomes of it. */
  const twins = new Map<string, Promise<unknown>>();

  /** Runs when nobody else writes to the same rollout. */
  async function alone<T>(uid: string, work: () => Promise<T>): Promise<T> {
    const before = lanes.get(uid) ?? Promise.resolve();
    const mine = before.then(work, work);
    lanes.set(uid, mine);
    try {
      return await mine;
    } finally {
      if (lanes.get(uid) === mine) lanes.delete(uid);
    }
  }

  async function askOnce(asked: Identified, { id: place, uid }: Rollout): Promise<Outcome> {
    const until = parts.clock.now() + parts.limits.answerWithinMs;
    const answerTo = (id: string): Promise<Outcome> =>
      answered(parts, place, id, until - parts.clock.now(), asked.signal);
    for (let turn = 0; turn < 3; turn += 1) {
      let known = await look(parts, place, asked);
      if (known.kind === 'new') known = await alone(uid, () => write(parts, place, asked));
      if (known.kind === 'known') return { id: asked.id, rollout: known.rollout, answer: known.answer };
      const seen = await answerTo(known.id);
      // Somebody has asked the same: that one first, and then it shows whether anything is left to do.
      if (known.kind === 'written' || seen.answer === undefined) return { ...seen, id: asked.id };
    }
    throw new Problem('busy', 'Others ask the same all the time, and it was not your turn.', 'Ask again.', 1);
  }

  return {
    async ask(asked) {
      const request = { ...asked, id: asked.id ?? parts.newId() };
      const rollout = await find(parts, asked.place);
      for (const right of rightsOf(asked, rollout.spec.plan)) await asked.demand(right);
      const key = JSON.stringify([rollout.uid, asked.verb, asked.step, asked.overrideFreeze]);
      const twin = twins.get(key);
      if (twin !== undefined) {
        await twin.catch(() => undefined);
        return askOnce(request, rollout);
      }
      const asking = askOnce(request, rollout);
      twins.set(key, asking);
      return asking.finally(() => twins.delete(key));
    },
  };
}

type Known =
  /** It stands in the rollout. */
  | { readonly kind: 'written'; readonly id: string }
  /** It was done before, which needs no writing. */
  | { readonly kind: 'known'; readonly rollout: Rollout; readonly answer: Answer }
  /** The same was asked by somebody and is not answered yet. */
  | { readonly kind: 'behind'; readonly id: string };

type Identified = Asked & { readonly id: string };

/** Nobody has asked it, and it would change something. */
interface New {
  readonly kind: 'new';
  readonly rollout: Rollout;
  readonly request: Request;
}

async function write(parts: ApiParts, place: RolloutId, asked: Identified): Promise<Known> {
  const known = await look(parts, place, asked);
  return known.kind === 'new' ? append(parts, known.rollout, known.request) : known;
}

/** What is to be done, by what stands in the rollout now. */
async function look(parts: ApiParts, place: RolloutId, asked: Identified): Promise<Known | New> {
  const rollout = await find(parts, place);
  return decide(parts, rollout, asked, await frozenNow(parts, rollout, parts.clock.now()));
}

function decide(parts: ApiParts, rollout: Rollout, asked: Identified, frozen: Frozen | undefined): Known | New {
  const same = rollout.spec.requests.find(({ id }) => id === asked.id);
  if (same !== undefined) return repeated(same, rollout, asked);
  const request = requestOf(parts, rollout, asked);
  const open = openRequests(rollout.spec, rollout.status);
  const first = open.find((each) => asksTheSame(each, request));
  if (first !== undefined) return { kind: 'behind', id: first.id };
  const known = open.length === 0 ? knownAnswer(rollout, request, frozen) : undefined;
  return known ?? { kind: 'new', rollout, request };
}

/** An id is one request: the same person asking the same. */
function repeated(same: Request, rollout: Rollout, asked: Identified): Known {
  const differs = asked.step !== undefined && same.step !== asked.step;
  if (same.actor === asked.actor && same.verb === asked.verb && !differs) return { kind: 'written', id: same.id };
  throw new Problem(
    'id-taken',
    `The id ${asked.id} is of another request of ${rollout.id.name}: ${same.verb} by ${same.actor}.`,
    'Send another id, or none.',
  );
}

function requestOf({ clock }: ApiParts, rollout: Rollout, asked: Identified): Request {
  const { verb, actor, id, reason, overrideFreeze } = asked;
  const step = asked.step ?? presentStep(rollout, verb);
  const { steps } = rollout.spec.plan;
  if (step !== undefined && step >= steps.length) {
    const next = `Name a step from 1 to ${steps.length}.`;
    const detail = `There is no step ${step + 1}: the plan of ${rollout.id.name} has ${steps.length} (${steps.join(', ')} percent).`;
    throw new Problem('bad-request', detail, next);
  }
  return {
    id,
    verb,
    actor,
    surface,
    time: clock.now(),
    ...(step === undefined ? {} : { step }),
    ...(reason === undefined ? {} : { reason }),
    ...(overrideFreeze === undefined ? {} : { overrideFreeze }),
  };
}

/** The step that a request without one means; a problem where that is not clear. */
function presentStep(rollout: Rollout, verb: Verb): number | undefined {
  const step = stepMeant(rollout, verb);
  if (step !== 'unclear') return step;
  const there = rollout.status.step + 1;
  const next = `Name the step, {"step": ${there}} for this one: it is promoted as soon as its weight has settled.`;
  throw new Problem('refused', unclearSentence(rollout), next);
}

/** A refusal that is not older is given again to who asks the same, if nobody was answered since. */
const freshMs = 5_000;

/** What the machine would say, if it is that nothing is left to do, or no once more. */
function knownAnswer(rollout: Rollout, request: Request, frozen: Frozen | undefined): Known | undefined {
  const { spec, status } = rollout;
  const refusals = status.answers.filter(({ outcome }) => outcome === 'refused');
  const refused = spec.requests.filter(
    (each) => asksTheSame(each, request) && refusals.some(({ id }) => id === each.id),
  );
  const last = status.answers.at(-1);
  const isFresh = last !== undefined && request.time - last.time < freshMs;
  if (isFresh && refused.some(({ id, actor }) => id === last.id && actor === request.actor))
    return { kind: 'known', rollout, answer: last };
  const answer = answerRequest(rollout, request, request.time, frozen)?.answer;
  if (answer?.outcome === 'repeated') return { kind: 'known', rollout, answer };
  const isNoUse = refused.length > 0 || spec.requests.length >= fewLeft;
  return answer?.outcome === 'refused' && isNoUse ? { kind: 'known', rollout, answer } : undefined;
}

async function append(parts: ApiParts, rollout: Rollout, request: Request): Promise<Known> {
  const { actor, time: _, ...unsigned } = request;
  const appended = await fromCluster(parts.log, 'whether the request is written', () =>
    parts.desk.append(rollout.id, unsigned, actor),
  );
  const { name, namespace } = rollout.id;
  switch (appended.kind) {
    case 'appended':
      return { kind: 'written', id: request.id };
    case 'behind':
      return appended;
    case 'gone':
      throw new Problem('not-found', `The rollout ${name} is no more.`, `GET /v1/rollouts?namespace=${namespace}`);
    case 'refused':
      throw isRefusal(appended.message)
        ? new Problem('forbidden', appended.message, 'Ask an administrator.')
        : new Problem('refused', appended.message, 'GET /openapi.json says what is taken here.');
    case 'full':
      throw new Problem(
        'refused',
        `The rollout ${name} holds as many requests as it can (20).`,
        `To stop it: kubectl patch cro ${name} -n ${namespace} --type=merge -p '{"spec":{"abort":true}}'`,
      );
  }
}

async function answered(
  parts: ApiParts,
  place: RolloutId,
  id: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const waited: Waited<Outcome> = {
    namespace: place.namespace,
    look: async () => {
      const rollout = await find(parts, place);
      const answer = rollout.status.answers.find((given) => given.id === id);
      return { id, rollout, ...(answer === undefined ? {} : { answer }) };
    },
    isEnough: ({ answer, rollout }) => answer !== undefined || (isFinal(rollout.status.phase) && rollout.deleting),
    withinMs,
    signal,
  };
  const { news, clock, limits } = parts;
  return waitUntil({ news, clock, lookEveryMs: Math.min(limits.lookEveryMs, 1_000) }, waited);
}
