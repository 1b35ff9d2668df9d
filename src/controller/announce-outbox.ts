// Delivers what rollouts have to tell people, each in its own time.
import type { AnnounceParts, Delivered, Memory } from './announce-delivery.ts';
import { announceOne, owes } from './announce-one.ts';
import { type Deliveries, type DeliveryEnd, deliveries } from './deliveries.ts';
import type { Log } from './log.ts';

/** What the loop needs besides. */
export interface AnnouncerParts extends AnnounceParts {
  readonly log: Log;
  /** Between 0 and 1. */
  readonly chance: () => number;
  /** Called when something became due earlier than anything before. */
  readonly woken?: () => void;
}

/** Tells what rollouts owe, each in its own time. */
export type Announcer = Deliveries;

/** An announcer for one process. */
export function announcer(parts: AnnouncerParts): Announcer {
  const { clock, log, chance, woken, cluster } = parts;
  return deliveries<Memory>({
    clock,
    log,
    chance,
    ...(woken === undefined ? {} : { woken }),
    owes: (rollout) => owes(rollout, cluster),
    remember: () => ({}),
    deliver: async (id, memory) => endOf(await announceOne(parts, id, memory)),
    refused: 'Slack does not take what is told of a rollout',
    delayed: 'Slack could not be told of a rollout; it is tried again',
    waitsTogether: true,
  });
}

function endOf(delivered: Delivered): DeliveryEnd {
  if (delivered.kind !== 'failed') return delivered;
  const { spoken } = delivered;
  switch (spoken.kind) {
    case 'refused':
      return spoken;
    case 'later':
      return { ...spoken, message: 'Slack asks to wait.' };
    case 'unsure':
    case 'gone':
      return { kind: 'later', message: 'Slack gave no answer that says whether it was told.' };
  }
}
