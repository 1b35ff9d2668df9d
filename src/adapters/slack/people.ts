// Who somebody in Slack is to the cluster: by a table, or by their mail where the table allows it. Everybody else is nobody.
import { readFile } from 'node:fs/promises';
import { webApi } from '@slack/bolt';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Caller } from '../../domain/permission.ts';
import { type SlackOptions, slackClient } from './tell.ts';

const plainName = z
  .string()
  .min(1)
  .max(253)
  .refine((name) => !name.startsWith('system:'), {
    error: 'names of the cluster itself (system:...) cannot be given away',
  });

const tableSchema = z.strictObject({
  users: z
    .record(
      z.string().regex(/^[UW][A-Z0-9]{2,20}$/, { error: 'expected a Slack user id such as U024BE7LH' }),
      z.strictObject({ user: plainName, groups: z.array(plainName).max(50).default([]) }),
    )
    .default({}),
  mail: z
    .strictObject({
      domains: z.array(z.string().min(1)).min(1),
      groups: z.array(plainName).max(50).default([]),
    })
    .optional(),
});

/** The table of people, as it stands in its file. */
export type People = z.output<typeof tableSchema>;

/** Somebody as Slack signs for them. */
export interface SlackPerson {
  readonly id: string;
  /** The workspace they come from, where it was said. */
  readonly team?: string;
}

/** Whom the cluster takes them for, or the sentence of the refusal. */
export type Identified =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads the table. Throws with the file, the place and what was expected. */
export function readPeople(text: string, file: string): People {
  const parsed = tableSchema.safeParse(parse(text) ?? {});
  if (parsed.success) return parsed.data;
  throw new Error(`${file} is no table of people. ${z.prettifyError(parsed.error)}. See docs/slack.md.`);
}

/** What finding people takes: the file is read for each question, so that a change counts at once. */
export interface PeopleOptions extends SlackOptions {
  readonly file: string;
}

const userSchema = z.object({
  team_id: z.string().optional(),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
  profile: z.object({ email: z.string().optional() }).default({}),
});

type SlackUser = z.output<typeof userSchema>;

/** Says who people are. Throws when Slack or the file cannot be read. */
export function slackPeople(options: PeopleOptions): { identify(person: SlackPerson): Promise<Identified> } {
  const client = slackClient(options);
  let home: Promise<string | undefined> | undefined;

  function homeTeam(): Promise<string | undefined> {
    home ??= options
      .token()
      .then((token) => client.auth.test({ token }))
      .then(({ team_id: team }) => team)
      .catch((error: unknown) => {
        home = undefined;
        throw error;
      });
    return home;
  }

  /** Undefined where the app may not ask, which the table alone then has to decide. */
  async function look(id: string): Promise<SlackUser | 'unknown' | undefined> {
    try {
      const answer = await client.users.info({ token: await options.token(), user: id });
      return userSchema.parse(answer.user);
    } catch (error) {
      const word = error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;
      if (word === 'missing_scope') return undefined;
      if (word === 'user_not_found' || word === 'user_not_visible') return 'unknown';
      throw error;
    }
  }

  return {
    async identify({ id, team }) {
      const people = readPeople(await readFile(options.file, 'utf8'), options.file);
      const from = await homeTeam();
      if (team !== undefined && from !== undefined && team !== from)
        return refused('People of other workspaces may not.');
      const user = await look(id);
      if (user === 'unknown') return refused('The workspace knows no such person.');
      const stranger = user === undefined ? undefined : strangeness(user, from);
      if (stranger !== undefined) return refused(stranger);
      const caller = callerOf(people, id, user);
      return (
        caller ??
        refused(`Nobody in the cluster is ${id}. An administrator can add you to the file of --slack-users-file.`)
      );
    },
  };
}

function strangeness(user: SlackUser, home: string | undefined): string | undefined {
  if (user.deleted || user.is_bot) return 'This account may not: it is a bot, or was taken away.';
  if (user.is_restricted || user.is_ultra_restricted) return 'Guests may not.';
  const isOfOther = user.team_id !== undefined && home !== undefined && user.team_id !== home;
  return user.is_stranger || isOfOther ? 'People of other workspaces may not.' : undefined;
}

function callerOf({ users, mail }: People, id: string, user: SlackUser | undefined): Identified | undefined {
  const listed = users[id];
  if (listed !== undefined) return { kind: 'caller', caller: { name: listed.user, groups: listed.groups } };
  const address = user?.profile.email?.toLowerCase();
  if (mail === undefined || address === undefined) return undefined;
  const [, domain] = /^[^@]+@([^@]+)$/.exec(address) ?? [];
  const isOurs = domain !== undefined && mail.domains.some((each) => each.toLowerCase() === domain);
  return isOurs ? { kind: 'caller', caller: { name: address, groups: mail.groups } } : undefined;
}

function refused(because: string): Identified {
  return { kind: 'refused', message: `Nothing was done. ${because}` };
}
