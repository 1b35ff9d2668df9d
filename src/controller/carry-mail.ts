// Tells one target what one rollout owes it: claim, carry a letter, save. Only the claim's holder speaks, and each letter is saved before
// the next, so that no letter follows a newer one, not even one that is told again after a controller died.
import { type Cursor, hears, type Letter, owedTo, withCursor } from '../domain/mail.ts';
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Carried, Carrier, MailCounter } from './carrier.ts';
import type { DeliveryEnd } from './deliveries.ts';
import type { Log } from './log.ts';
import { claimedElsewhere, leftInDoubt, type Process, saveOver } from './one-speaker.ts';
import type { RolloutStore } from './ports.ts';

/** What carrying takes. */
export interface CarryParts extends Process {
  readonly rollouts: Pick<RolloutStore, 'get' | 'save'>;
  readonly carrier: Carrier;
  readonly counter: MailCounter;
  readonly log: Log;
  /** Once it is aborted, no further letter is begun. */
  readonly stopping?: AbortSignal;
}

/** What could not be saved yet. */
export interface CarryMemory {
  uid?: string;
  told?: number;
  at?: string;
  /** The place that was found to be no more. */
  lost?: string;
}

/** How old a letter may grow before it is given up. */
export const longestTryMs: Millis = 24 * 3_600_000;

/** Whether the target is still to be told something. */
export function owesMail({ target }: Carrier, { spec, status }: Rollout): boolean {
  return hears(spec.plan, target) && owedTo(status.mail, target).length > 0;
}

/** How long a process may speak without claiming again. */
export function claimMs({ longestMs }: Pick<Carrier, 'longestMs'>): Millis {
  return 2 * longestMs + 10_000;
}

/** Tells the next letter, if it may be told now. Errors of the store pass through. */
export async function carryMail(parts: CarryParts, id: RolloutId, memory: CarryMemory): Promise<DeliveryEnd> {
  const found = await parts.rollouts.get(id);
  if (found === undefined || !owesMail(parts.carrier, found)) return { kind: 'rest' };
  recollect(memory, found.uid);
  const now = parts.clock.now();
  const held = claimedElsewhere(parts, cursorOf(parts, found)?.claim);
  if (held !== undefined) return { kind: 'again', at: held };
  const until = now + claimMs(parts.carrier);
  const claimed = await claimIt(parts, found, memory, until);
  if (claimed === undefined) return { kind: 'again', at: now };
  const ended = await carryNext(parts, claimed, memory, until);
  return (await saveTold(parts, claimed, memory)) ? ended : { kind: 'again', at: parts.clock.now() };
}

function recollect(memory: CarryMemory, uid: string): void {
  if (memory.uid === uid) return;
  forget(memory);
  memory.uid = uid;
}

function forget(memory: CarryMemory): void {
  delete memory.told;
  delete memory.at;
  delete memory.lost;
}

function cursorOf({ carrier }: CarryParts, { status }: Rollout): Cursor | undefined {
  return status.mail?.[carrier.target];
}

/** The cursor with what this process knows better. */
function known(cursor: Cursor, memory: CarryMemory): Cursor {
  const { at: saved, ...others } = cursor;
  const at = memory.at ?? (saved === memory.lost ? undefined : saved);
  return { ...others, told: Math.max(cursor.told, memory.told ?? 0), ...(at === undefined ? {} : { at }) };
}

/** Saves who speaks; undefined when the rollout changed meanwhile. */
async function claimIt(
  parts: CarryParts,
  rollout: Rollout,
  memory: CarryMemory,
  until: Instant,
): Promise<Rollout | undefined> {
  const { mail } = rollout.status;
  const cursor = cursorOf(parts, rollout);
  if (mail === undefined || cursor === undefined) return undefined;
  const now = known(cursor, memory);
  const claim = { by: parts.by, until, ...(parts.carrier.isIdempotent ? {} : { posting: true as const }) };
  const next = withCursor(mail, parts.carrier.target, { ...now, claim });
  const saved = await parts.rollouts.save(rollout, { ...rollout.status, mail: next });
  if (saved.kind !== 'saved') return undefined;
  if (leftInDoubt(parts, cursor.claim)) parts.counter.maybeTwice();
  return saved.rollout;
}

async function carryNext(
  parts: CarryParts,
  rollout: Rollout,
  memory: CarryMemory,
  until: Instant,
): Promise<DeliveryEnd> {
  const { carrier, clock, counter } = parts;
  const owed = owedTo(rollout.status.mail, carrier.target);
  for (const [index, letter] of owed.entries()) {
    if (carrier.skips(rollout, letter, owed[index + 1])) {
      memory.told = letter.number;
      continue;
    }
    if (parts.stopping?.aborted === true || clock.now() + carrier.longestMs >= until)
      return { kind: 'again', at: clock.now() };
    const cursor = cursorOf(parts, rollout);
    const at = cursor === undefined ? undefined : known(cursor, memory).at;
    const carried = await carrier.carry(rollout, letter, at);
    counter.carried(carrier.target, carried.kind);
    if (carried.kind === 'later' && carried.unsure === true) counter.maybeTwice();
    const ended = settle(parts, rollout, letter, { carried, at, memory });
    if (ended !== undefined || owed[index + 1] === undefined) return ended ?? { kind: 'rest' };
    return { kind: 'again', at: clock.now() };
  }
  return { kind: 'rest' };
}

/** What follows from how a letter fared; undefined when the next one's turn has come. */
function settle(
  parts: CarryParts,
  rollout: Rollout,
  letter: Letter,
  { carried, at, memory }: { readonly carried: Carried; readonly at: string | undefined; readonly memory: CarryMemory },
): DeliveryEnd | undefined {
  if (carried.at !== undefined) memory.at = carried.at;
  switch (carried.kind) {
    case 'taken':
      memory.told = letter.number;
      return undefined;
    case 'gone':
      delete memory.at;
      if (at !== undefined) memory.lost = at;
      return { kind: 'again', at: parts.clock.now() };
    case 'never':
      parts.log.warn('A rollout is not told of', {
        ...rollout.id,
        target: parts.carrier.target,
        message: carried.message,
      });
      memory.told = rollout.status.mail?.letters.at(-1)?.number ?? letter.number;
      return { kind: 'rest' };
    case 'later':
    case 'refused':
      if (parts.clock.now() - letter.time < longestTryMs) return carried;
      parts.counter.carried(parts.carrier.target, 'givenUp');
      parts.log.warn('A letter was given up', { ...rollout.id, target: parts.carrier.target, number: letter.number });
      memory.told = letter.number;
      return carried;
  }
}

/** Saves what was told over what others saved meanwhile, and lets go of the claim; whether that was possible. */
async function saveTold(parts: CarryParts, from: Rollout, memory: CarryMemory): Promise<boolean> {
  return saveOver(
    parts.rollouts,
    from,
    (rollout) => {
      const { mail } = rollout.status;
      const cursor = cursorOf(parts, rollout);
      if (mail === undefined || cursor === undefined) return undefined;
      const { claim, ...told } = known(cursor, memory);
      const next = claim === undefined || claim.by === parts.by ? told : { ...told, claim };
      return { ...rollout.status, mail: withCursor(mail, parts.carrier.target, next) };
    },
    () => forget(memory),
  );
}
