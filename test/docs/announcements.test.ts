// docs/announcements.md: the ways to verify that it shows work, and its letter is one.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bodyOf } from '../../src/adapters/outside/letter.ts';
import { readSecret, signatureOf } from '../../src/adapters/outside/signature.ts';
import { happenings } from '../../src/domain/happening.ts';
import { aRollout, dawn } from '../support/builders.ts';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const newer = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const body = '{"message":"19 % Fehler — zu viele"}';

let text: string;
beforeAll(async () => {
  text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'announcements.md'), 'utf8');
});

/** The first block of a language. */
function block(language: string): string {
  const [, found] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (found === undefined) throw new Error(`There is no block of ${language}.`);
  return found;
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function sent(changes: Partial<Sent> = {}, ageSeconds = 0): Sent {
  const timestamp = Math.floor(Date.now() / 1_000) - ageSeconds;
  const secrets = [newer, secret].map((each) => readSecret(each, 'file'));
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf({ id: 'msg_1', timestamp, body }, secrets),
  };
  return { body: changes.body ?? body, headers: { ...headers, ...changes.headers } };
}

const cases: readonly (readonly [string, () => Sent, boolean])[] = [
  ['a letter', () => sent(), true],
  ['a changed body', () => sent({ body: `${body} ` }), false],
  ['a changed id', () => sent({ headers: { 'webhook-id': 'msg_2' } }), false],
  [
    'a changed time',
    () => sent({ headers: { 'webhook-timestamp': String(Math.floor(Date.now() / 1_000) + 9) } }),
    false,
  ],
  ['an old letter', () => sent({}, 400), false],
  ['no time', () => sent({ headers: { 'webhook-timestamp': '' } }), false],
  ['no signature', () => sent({ headers: { 'webhook-signature': '' } }), false],
  ['a signature that is none', () => sent({ headers: { 'webhook-signature': 'v1,AAAA v1' } }), false],
];

describe('the way to verify in Node', () => {
  const verifier = z.object({
    isFromSerin: z.custom<(headers: unknown, body: string, secret: string) => boolean>(
      (one) => typeof one === 'function',
    ),
  });

  it.each(cases)('takes %s for what it is', async (_, made, expected) => {
    const { isFromSerin } = verifier.parse(await import(`data:text/javascript,${encodeURIComponent(block('js'))}`));
    const { headers, body: came } = made();

    expect(isFromSerin(headers, came, secret)).toBe(expected);
  });
});

describe('the way to verify in Python', () => {
  const hasPython = spawnSync('python3', ['--version']).status === 0;

  it.skipIf(!hasPython)('takes each for what it is', () => {
    const all = cases.map(([, made]) => made());
    const program = `${block('python')}\nimport json, sys\nprint(json.dumps([is_from_serin(each["headers"], each["body"].encode(), "${secret}") for each in json.load(sys.stdin)]))`;

    const printed = execFileSync('python3', ['-c', program], { input: JSON.stringify(all), timeout: 20_000 });

    expect(JSON.parse(printed.toString())).toEqual(cases.map(([, , expected]) => expected));
  });
});

describe('the letter on the page', () => {
  it('has the fields of a letter that is sent', () => {
    const weight = { intended: 25, observed: 10 };
    const letter = { number: 4, time: dawn, event: 'shifting', phase: 'shifting', step: 1, weight } as const;
    const made = bodyOf(aRollout(), { ...letter, reason: 'Shifting', message: 'Shifting.' }, 'prod-eu');

    expect(keysOf(JSON.parse(block('json')))).toEqual(keysOf(made));
  });

  it('is told of by every word for a change', () => {
    const [phases, others] = [happenings.slice(0, 11), happenings.slice(11)];

    expect(others.filter((word) => !text.includes(`\`${word}\``))).toEqual([]);
    expect(phases.at(-1)).toBe('rolledBack');
  });
});

/** Names of the fields, at every depth. */
function keysOf(value: unknown, above = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => [`${above}${key}`, ...keysOf(each, `${above}${key}.`)]);
}
