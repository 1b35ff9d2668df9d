// Slack as announcements meet it on a bad day, on a simulated clock: slow, limited, failing, and silent about what it did.
import type { Announcements, MessagePlace, Spoken } from '../../src/controller/announcements.ts';
import type { Millis } from '../../src/domain/time.ts';
import { awake, type Chance, type Life, type Timeline } from './announcements-timeline.ts';

/** A message as it stands, or stood. */
export interface LandedMessage {
  readonly ts: string;
  /** The number of the transition it showed, each time it was drawn. */
  readonly shown: number[];
  deleted: boolean;
}

/** What stands in Slack of one rollout. */
export interface Landed {
  readonly messages: LandedMessage[];
  readonly replies: { readonly number: number; readonly broadcast: boolean }[];
  /** Messages posted while another of the same rollout stood there. */
  doubles: number;
}

/** How Slack is. When `late`, what got no answer may come to pass up to twenty seconds after it was sent. */
export type Mood = 'well' | 'failing' | 'late';

/** What goes wrong with a call, and when it comes to pass and is answered. */
type Fate =
  | { readonly kind: 'done'; readonly afterMs: Millis }
  | { readonly kind: 'limited'; readonly forMs: Millis }
  | { readonly kind: 'silent'; readonly answeredMs: Millis; readonly landsMs: Millis | undefined };

/** Slack with its moods. */
export interface FaultyAnnouncements {
  /** Slack as one process reaches it: what a dead one has sent may still come to pass, and nobody hears of it. */
  announcements(life: Life): Announcements;
  /** Deletes one of the messages that stand; whether there was one. */
  deleteOne(): boolean;
  readonly landed: ReadonlyMap<string, Landed>;
}

/** Slack on a timeline. */
export function faultyAnnouncements({
  time,
  chance,
  mood,
}: {
  readonly time: Timeline;
  readonly chance: Chance;
  readonly mood: Mood;
}): FaultyAnnouncements {
  const landed = new Map<string, Landed>();
  const owners = new Map<string, string>();

  function fate(): Fate {
    const draw = mood === 'well' ? 1 : chance();
    if (draw < 0.04) return { kind: 'limited', forMs: 1_000 + chance() * 7_000 };
    if (draw < 0.08) return { kind: 'silent', answeredMs: 50, landsMs: chance() < 0.3 ? 40 : undefined };
    if (draw < 0.11) return { kind: 'silent', answeredMs: 4_500, landsMs: undefined };
    if (draw < 0.15)
      return { kind: 'silent', answeredMs: 4_500, landsMs: chance() * (mood === 'late' ? 20_000 : 4_400) };
    return { kind: 'done', afterMs: draw < 0.25 ? chance() * 4_300 : 30 + chance() * 400 };
  }

  function call(life: Life, land: () => Spoken): Promise<Spoken> {
    return new Promise((resolve) => {
      const answer = (ms: Millis, spoken: Spoken): void =>
        time.in(ms, () => {
          awake(time, life, () => resolve(spoken));
        });
      const drawn = fate();
      switch (drawn.kind) {
        case 'limited':
          return answer(40, { kind: 'later', afterMs: drawn.forMs });
        case 'silent':
          if (drawn.landsMs !== undefined) time.in(drawn.landsMs, () => void land());
          return answer(drawn.answeredMs, { kind: 'unsure' });
        case 'done':
          return time.in(drawn.afterMs, () => answer(20 + chance() * 100, land()));
      }
    });
  }

  function of(name: string): Landed {
    const known = landed.get(name) ?? { messages: [], replies: [], doubles: 0 };
    landed.set(name, known);
    return known;
  }

  function standing(ts: string): LandedMessage | undefined {
    return of(owners.get(ts) ?? '').messages.find((message) => message.ts === ts && !message.deleted);
  }

  function post(name: string, number: number): Spoken {
    const ts = String(owners.size + 1);
    owners.set(ts, name);
    const here = of(name);
    if (here.messages.some(({ deleted }) => !deleted)) here.doubles += 1;
    here.messages.push({ ts, shown: [number], deleted: false });
    return { kind: 'told', place: { channel: 'C1', ts } };
  }

  function edit(place: MessagePlace, number: number): Spoken {
    const message = standing(place.ts);
    message?.shown.push(number);
    return message === undefined ? { kind: 'gone' } : { kind: 'told', place };
  }

  function reply(place: MessagePlace, number: number, broadcast: boolean): Spoken {
    if (standing(place.ts) === undefined) return { kind: 'gone' };
    of(owners.get(place.ts) ?? '').replies.push({ number, broadcast });
    return { kind: 'told', place };
  }

  return {
    landed,
    announcements: (life) => ({
      post: (_channel, { id, sentence }) => call(life, () => post(id.name, numberIn(sentence))),
      edit: (place, { sentence }) => call(life, () => edit(place, numberIn(sentence))),
      reply: (place, words, broadcast) => call(life, () => reply(place, numberIn(words), broadcast)),
    }),
    deleteOne() {
      const all = [...landed.values()].flatMap(({ messages }) => messages.filter(({ deleted }) => !deleted));
      const message = all[Math.floor(chance() * all.length)];
      if (message !== undefined) message.deleted = true;
      return message !== undefined;
    },
  };
}

/** The number of the transition that words tell of; 0 before the first. */
function numberIn(words: string): number {
  return Number(/Number (\d+)\./.exec(words)?.[1] ?? 0);
}
