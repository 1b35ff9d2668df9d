// What people ask in a conversation: who may is asked first, then the same request is written as from every surface, and its answer
// waited for a moment.
import { noticeOf } from '../domain/announcement.ts';
import { stepMeant, unclearSentence } from '../domain/asked-before.ts';
import { namedRollout, newestFirst } from '../domain/named.ts';
import type { Verb } from '../domain/people.ts';
import { type Caller, type Right, refusalOf, rightsOf } from '../domain/permission.ts';
import type { Press } from '../domain/press.ts';
import type { Rollout } from '../domain/rollout.ts';
import { displayOf } from '../domain/status.ts';
import { type AskParts, answerWithinMs, ask } from './conversation-ask.ts';
import type { Callers } from './people-port.ts';
import type { RolloutStore } from './ports.ts';

/** What a conversation needs. */
export interface ConversationParts extends AskParts {
  readonly rollouts: Pick<RolloutStore, 'get' | 'list'>;
  readonly callers: Pick<Callers, 'may'>;
  /** The name of the surface in requests and sentences. */
  readonly surface: string;
  /** The one namespace that is looked after; all without it. */
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
  return {
    press: (speaker, pressed) => press(parts, speaker, pressed),
    command: (speaker, words, id) => command(parts, speaker, words, id),
  };
}

async function press(parts: ConversationParts, speaker: Speaker, pressed: Press): Promise<string | undefined> {
  const { namespace, verb, step } = pressed;
  const notHere = elsewhere(parts, namespace);
  if (notHere !== undefined) return notHere;
  const rollout = await parts.rollouts.get({ namespace, name: pressed.rollout });
  const needed = verb === 'details' ? (['get'] as const) : rightsOf({ verb }, rollout?.spec.plan ?? {});
  const refused = await refusal(parts, speaker.caller, needed, namespace);
  if (refused !== undefined) return refused;
  if (rollout === undefined || rollout.uid !== pressed.uid)
    return `This message is of ${pressed.rollout}, which is no more. Nothing was done. What there is now: /serin list`;
  if (verb === 'details') return whyOf(rollout);
  const { surface } = parts;
  const id = `${surface}-${verb}-${step}-${pressed.asked}-${speaker.id}`.slice(0, 64);
  const isPressedAgain = rollout.spec.requests.some((request) => request.id === id);
  const answer = await ask(parts, rollout, { id, verb, surface, ...stepOf(verb, step) }, speaker.caller.name);
  if (answer === undefined) return unanswered(rollout);
  return answer.outcome === 'done' && !isPressedAgain ? undefined : answer.message;
}

async function command(parts: ConversationParts, speaker: Speaker, words: string, id: string): Promise<string> {
  const [verb = 'help', name, ...reason] = words
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (verb === 'list') return list(parts, speaker.caller);
  const asking = verbsTyped.find((known) => known === verb);
  if (asking === undefined && verb !== 'status' && verb !== 'why') return helpText;
  if (name === undefined) return `Which one? Write ${verb} NAME.\n${helpText}`;
  const found = await find(parts, speaker.caller, name);
  if (typeof found === 'string') return found;
  if (asking !== undefined) return request(parts, speaker, found, { verb: asking, reason: reason.join(' '), id });
  return verb === 'why' ? whyOf(found) : statusOf(found);
}

async function request(
  parts: ConversationParts,
  { caller }: Speaker,
  rollout: Rollout,
  { verb, reason, id }: { readonly verb: Verb; readonly reason: string; readonly id: string },
): Promise<string> {
  const refused = await refusal(parts, caller, rightsOf({ verb }, rollout.spec.plan), rollout.id.namespace);
  if (refused !== undefined) return refused;
  const because = reason === '' ? {} : { reason: reason.slice(0, 500) };
  const step = stepMeant(rollout, verb);
  if (step === 'unclear') return unclearSentence(rollout) + namedStep(rollout);
  const unsigned = { id, verb, surface: parts.surface, ...(step === undefined ? {} : { step }), ...because };
  const answer = await ask(parts, rollout, unsigned, caller.name);
  return answer === undefined ? unanswered(rollout) : `${rollout.id.name}: ${answer.message}`;
}

async function list(parts: ConversationParts, caller: Caller): Promise<string> {
  const shown = newestFirst(await visible(parts, caller, await parts.rollouts.list(parts.namespace)));
  if (shown.length === 0) return 'There is no rollout that you may see.';
  const more = shown.length > mostListed ? [`and ${shown.length - mostListed} more`] : [];
  return [...shown.slice(0, mostListed).map(lineOf), ...more].join('\n');
}

/** The rollout that is meant, or what is said where it is none or not one alone. */
async function find(parts: ConversationParts, caller: Caller, text: string): Promise<Rollout | string> {
  const [, within, name = ''] = /^(?:([^/]+)\/)?(.+)$/.exec(text.replace(/^deployment\//, '')) ?? [];
  const notHere = within === undefined ? undefined : elsewhere(parts, within);
  if (notHere !== undefined) return notHere;
  const all = await parts.rollouts.list(within ?? parts.namespace);
  const meant = [...Map.groupBy(all, ({ id }) => id.namespace).values()].flatMap(
    (ofOne) => namedRollout(ofOne, name) ?? [],
  );
  const seen = await visible(parts, caller, meant);
  const [found, ...others] = seen;
  if (found === undefined) return `There is no rollout of ${text} that you may see. What there is: /serin list`;
  if (others.length === 0) return found;
  return `${name} is in several namespaces. Write one of ${seen.map(({ id }) => `${id.namespace}/${name}`).join(', ')}.`;
}

/** Those of the rollouts that the caller may see; each namespace is asked about once. */
async function visible(
  { callers }: ConversationParts,
  caller: Caller,
  rollouts: readonly Rollout[],
): Promise<readonly Rollout[]> {
  const namespaces = [...new Set(rollouts.map(({ id }) => id.namespace))];
  const allowed = await Promise.all(namespaces.map((namespace) => callers.may(caller, 'get', namespace)));
  return rollouts.filter(({ id }) => allowed[namespaces.indexOf(id.namespace)]);
}

/** Of all rights that are needed, the first that is missing. */
async function refusal(
  { callers }: ConversationParts,
  caller: Caller,
  needed: readonly Right[],
  namespace: string,
): Promise<string | undefined> {
  for (const right of needed)
    if (!(await callers.may(caller, right, namespace))) return refusalOf(caller, right, namespace);
  return undefined;
}

/** What is said of a namespace that this controller does not look after. */
function elsewhere({ namespace: ours }: ConversationParts, namespace: string): string | undefined {
  if (ours === undefined || ours === namespace) return undefined;
  return `This controller looks after namespace ${ours} alone. Nothing was done. Ask the controller that looks after ${namespace}.`;
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
