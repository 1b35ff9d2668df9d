// What people ask in a conversation: who may is asked first, then the same request is written as from every surface, and its answer
// waited for a moment.
import { noticeOf } from '../domain/announcement.ts';
import { doneBefore, stepMeant, unclearSentence } from '../domain/asked-before.ts';
import { namedRollout, newestFirst } from '../domain/named.ts';
import type { Answer, Request, Verb } from '../domain/people.ts';
import { type Caller, type Right, refusalOf, rightsOf } from '../domain/permission.ts';
import type { Press } from '../domain/press.ts';
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import { displayOf } from '../domain/status.ts';
import type { Millis } from '../domain/time.ts';
import type { Appended, Callers, RequestDesk } from './people-port.ts';
import type { Clock, RolloutStore } from './ports.ts';

/** What a conversation needs. */
export interface ConversationParts {
  readonly rollouts: Pick<RolloutStore, 'get' | 'list'>;
  readonly desk: RequestDesk;
  readonly callers: Pick<Callers, 'may'>;
  readonly clock: Clock;
  readonly wait: (ms: Millis) => Promise<void>;
  /** The name of the surface in requests and sentences. */
  readonly surface: string;
  /** Bounds what is looked at; all namespaces without it. */
  readonly namespace?: string;
}

/** Somebody who asks: whom the cluster takes them for, and the id by which the surface knows them. */
export interface Speaker {
  readonly caller: Caller;
  readonly id: string;
}

/** A conversation with one person at a time; what is given back is for that person alone. Throws when the cluster cannot be asked. */
export interface Conversation {
  /** Does what a button asks. Undefined when it was done now, and the message itself will say so; pressed again, it says what was done. */
  press(speaker: Speaker, press: Press): Promise<string | undefined>;
  /** Answers what somebody typed; `id` is the same when the surface hands over the same words twice. */
  command(speaker: Speaker, words: string, id: string): Promise<string>;
}

const answerWithinMs: Millis = 10_000;
const askEveryMs: Millis = 250;
const mostListed = 20;
const verbsTyped = ['promote', 'approve', 'abort', 'pause', 'resume', 'retry'] as const;

/** What can be typed. */
const helpText = [
  'list: rollouts that you may see',
  'status NAME: where the rollout of a Deployment stands',
  'why NAME: what each gate says, with its query',
  'promote NAME [reason], approve NAME [reason], abort NAME [reason], pause NAME [reason], resume NAME, retry NAME',
  'NAME is a Deployment or a rollout; write namespace/NAME where several namespaces have one.',
].join('\n');

/** A conversation over ports. */
export function conversation(parts: ConversationParts): Conversation {
  const { rollouts, clock, surface } = parts;

  /** Of all rights that are needed, the first that is missing. */
  async function refusal(caller: Caller, needed: readonly Right[], namespace: string): Promise<string | undefined> {
    for (const right of needed)
      if (!(await parts.callers.may(caller, right, namespace))) return refusalOf(caller, right, namespace);
    return undefined;
  }

  /** The answer, or undefined when there is none in time. Who asks the same as somebody else waits for what becomes of that. */
  async function ask({ caller }: Speaker, begun: Rollout, unsigned: Omit<Request, 'actor' | 'time'>) {
    let rollout = begun;
    for (let turn = 0; turn < 3; turn += 1) {
      const request = { ...unsigned, actor: caller.name, time: clock.now() };
      const isWritten = rollout.spec.requests.some(({ id }) => id === request.id);
      const known = isWritten ? undefined : doneBefore(rollout, request, clock.now());
      if (known !== undefined) return known;
      const appended = await parts.desk.append(rollout.id, unsigned, caller.name);
      if (appended.kind !== 'behind') return answerOf(appended, rollout.id, request);
      if ((await answerTo(rollout.id, appended.id)) === undefined) return undefined;
      rollout = (await rollouts.get(rollout.id)) ?? rollout;
    }
    return undefined;
  }

  async function answerOf(appended: Exclude<Appended, { readonly kind: 'behind' }>, id: RolloutId, request: Request) {
    switch (appended.kind) {
      case 'appended':
        return answerTo(id, request.id);
      case 'gone':
        return refusedBecause(request, `The rollout ${id.name} is no more.`);
      case 'refused':
        return refusedBecause(request, appended.message);
      case 'full':
        return refusedBecause(
          request,
          `The rollout ${id.name} holds as many requests as it can (20). To stop it: kubectl patch cro ${id.name} -n ${id.namespace} --type=merge -p '{"spec":{"abort":true}}'`,
        );
    }
  }

  async function answerTo(id: RolloutId, request: string): Promise<Answer | undefined> {
    const until = clock.now() + answerWithinMs;
    while (clock.now() < until) {
      const found = (await rollouts.get(id))?.status.answers.find((answer) => answer.id === request);
      if (found !== undefined) return found;
      await parts.wait(askEveryMs);
    }
    return undefined;
  }

  async function press(speaker: Speaker, pressed: Press): Promise<string | undefined> {
    const { namespace, verb, step } = pressed;
    const rollout = await rollouts.get({ namespace, name: pressed.rollout });
    const plan = rollout?.spec.plan ?? {};
    const needed = verb === 'details' ? (['get'] as const) : rightsOf({ verb }, plan);
    const refused = await refusal(speaker.caller, needed, namespace);
    if (refused !== undefined) return refused;
    if (rollout === undefined || rollout.uid !== pressed.uid)
      return `This message is of ${pressed.rollout}, which is no more. Nothing was done. What there is now: /serin list`;
    if (verb === 'details') return whyOf(rollout);
    const id = `${surface}-${verb}-${step}-${pressed.asked}-${speaker.id}`.slice(0, 64);
    const isPressedAgain = rollout.spec.requests.some((request) => request.id === id);
    const answer = await ask(speaker, rollout, { id, verb, surface, ...stepOf(verb, step) });
    if (answer === undefined) return unanswered(rollout);
    return answer.outcome === 'done' && !isPressedAgain ? undefined : answer.message;
  }

  async function find(caller: Caller, text: string): Promise<Rollout | string> {
    const [, within, name = ''] = /^(?:([^/]+)\/)?(.+)$/.exec(text.replace(/^deployment\//, '')) ?? [];
    const all = await rollouts.list(within ?? parts.namespace);
    const namespaces = [...new Set(all.map(({ id }) => id.namespace))].filter(
      (namespace) =>
        namedRollout(
          all.filter(({ id }) => id.namespace === namespace),
          name,
        ) !== undefined,
    );
    const seen = await visible(caller, namespaces);
    const [namespace, ...others] = seen;
    if (namespace === undefined) return `There is no rollout of ${text} that you may see. What there is: /serin list`;
    if (others.length > 0)
      return `${name} is in several namespaces. Write one of ${seen.map((ns) => `${ns}/${name}`).join(', ')}.`;
    const found = namedRollout(
      all.filter(({ id }) => id.namespace === namespace),
      name,
    );
    return found ?? `There is no rollout of ${text}.`;
  }

  async function visible(caller: Caller, namespaces: readonly string[]): Promise<readonly string[]> {
    const allowed = await Promise.all(namespaces.map((namespace) => parts.callers.may(caller, 'get', namespace)));
    return namespaces.filter((_, index) => allowed[index] === true);
  }

  async function list(caller: Caller): Promise<string> {
    const all = await rollouts.list(parts.namespace);
    const seen = new Set(await visible(caller, [...new Set(all.map(({ id }) => id.namespace))]));
    const shown = newestFirst(all.filter(({ id }) => seen.has(id.namespace)));
    if (shown.length === 0) return 'There is no rollout that you may see.';
    const more = shown.length > mostListed ? [`and ${shown.length - mostListed} more`] : [];
    return [...shown.slice(0, mostListed).map(lineOf), ...more].join('\n');
  }

  async function typed(speaker: Speaker, verb: Verb, rollout: Rollout, reason: string, id: string): Promise<string> {
    const refused = await refusal(speaker.caller, rightsOf({ verb }, rollout.spec.plan), rollout.id.namespace);
    if (refused !== undefined) return refused;
    const because = reason === '' ? {} : { reason: reason.slice(0, 500) };
    const step = stepMeant(rollout, verb);
    if (step === 'unclear') return unclearSentence(rollout) + namedStep(rollout);
    const request = { id, verb, surface, ...(step === undefined ? {} : { step }), ...because };
    const answer = await ask(speaker, rollout, request);
    return answer === undefined ? unanswered(rollout) : `${rollout.id.name}: ${answer.message}`;
  }

  return {
    press,
    async command(speaker, words, id) {
      const [verb = 'help', name, ...reason] = words
        .trim()
        .split(/\s+/)
        .filter((word) => word !== '');
      if (verb === 'list') return list(speaker.caller);
      const asking = verbsTyped.find((known) => known === verb);
      if (asking === undefined && verb !== 'status' && verb !== 'why') return helpText;
      if (name === undefined) return `Which one? Write ${verb} NAME.\n${helpText}`;
      const found = await find(speaker.caller, name);
      if (typeof found === 'string') return found;
      if (asking !== undefined) return typed(speaker, asking, found, reason.join(' '), id);
      return verb === 'why' ? whyOf(found) : statusOf(found);
    },
  };
}

function refusedBecause({ id, time }: Request, message: string): Answer {
  return { id, outcome: 'refused', message, time };
}

function stepOf(verb: Verb, step: number): { readonly step?: number } {
  return verb === 'promote' || verb === 'approve' ? { step } : {};
}

function namedStep({ id, status }: Rollout): string {
  return ` Ask again once it is there, or name it: serin promote ${id.name} -n ${id.namespace} --step ${status.step + 1}`;
}

function unanswered({ id }: Rollout): string {
  return `The request to ${id.name} is written and will be answered; it was not within ${answerWithinMs / 1_000} s.`;
}

function lineOf(rollout: Rollout): string {
  const { id, spec, status } = rollout;
  const { step, weight, verdict } = displayOf(spec, status);
  return `${id.namespace}/${spec.target.name}: ${status.phase}, step ${step}, ${weight}, ${verdict}`;
}

function statusOf(rollout: Rollout): string {
  const { service, place, from, to, progress, sentence, deeds } = noticeOf(rollout);
  return [`${service} in ${place} (${rollout.id.name}): ${from} → ${to}`, `${progress}.`, sentence, ...deeds].join(
    '\n',
  );
}

/** What every gate says, with the query behind it. */
function whyOf(rollout: Rollout): string {
  const gates = rollout.status.verdicts.map(({ gate, verdict, message, query, shadow }) =>
    [
      `${gate}${shadow === true ? ' (in shadow)' : ''}: ${verdict}. ${message}`,
      ...(query === undefined ? [] : [query]),
    ].join('\n'),
  );
  return [statusOf(rollout), ...(gates.length === 0 ? ['No gate has judged yet.'] : gates)].join('\n');
}
