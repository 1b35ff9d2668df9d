// Settings that say which programs outside are told of rollouts.
import type { Plan } from './plan.ts';
import type { Read, Reading } from './settings-values.ts';

/** Which programs outside are told. A commit without a repository tells nobody: the policy may name one in another cluster alone. */
export function readOutside(read: Reading): Pick<Plan, 'webhook' | 'github'> {
  const webhook = read<string | undefined>('webhook', parseWebhook, undefined);
  const repository = read<string | undefined>('github', parseRepository, undefined);
  const ref = read<string | undefined>('github-ref', parseRef, undefined);
  return {
    ...(webhook === undefined ? {} : { webhook }),
    ...(repository === undefined ? {} : { github: { repository, ...(ref === undefined ? {} : { ref }) } }),
  };
}

/** The URL that a webhook is sent to. Whether it may be spoken to is for the controller's list to say. */
function parseWebhook(text: string): Read<string> {
  const expected = 'Expected one such as "https://hooks.example.com/serin".';
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) return { wrong: `which is no URL. ${expected}` };
  const { username, password, hash } = new URL(text);
  if (username !== '' || password !== '')
    return { wrong: `which holds a user name or password. Leave them out: what is sent is signed. ${expected}` };
  if (hash !== '') return { wrong: `whose part after # would never be sent. Leave it out. ${expected}` };
  return { value: text };
}

/** A repository as GitHub names it. */
function parseRepository(text: string): Read<string> {
  const [, owner, name] = /^([A-Za-z0-9][A-Za-z0-9_-]{0,38})\/([A-Za-z0-9._-]{1,100})$/.exec(text) ?? [];
  if (owner !== undefined && name !== undefined && name !== '.' && name !== '..') return { value: text };
  return { wrong: 'which is no repository. Expected owner and name, such as "example/checkout".' };
}

/** A commit, or a tag or branch that has one. */
function parseRef(text: string): Read<string> {
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(text) && !text.includes('..') && !text.endsWith('/')) return { value: text };
  return { wrong: 'which is no commit. Expected its full hash, or a tag or branch.' };
}
