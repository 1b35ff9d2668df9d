// The sentence of a refusal: one for every surface, the admission policy included.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { verbs } from '../../src/domain/people.ts';
import { isRefusal, type Right, refusalOf, rightOf, rights, rightsOf } from '../../src/domain/permission.ts';
import { aPlan } from '../support/builders.ts';

const root = join(import.meta.dirname, '..', '..');

const policySchema = z.looseObject({
  kind: z.literal('ValidatingAdmissionPolicy'),
  spec: z.looseObject({
    variables: z.array(z.object({ name: z.string(), expression: z.string() })),
    validations: z.array(z.looseObject({ messageExpression: z.string() })),
  }),
});

/** The sentences of the admission policy, as bob reads them in namespace shop. */
async function sentencesOfThePolicy(): Promise<readonly string[]> {
  const text = await readFile(join(root, 'deploy', 'admission', 'requests.yaml'), 'utf8');
  const [policy] = parseAllDocuments(text).flatMap((document) => policySchema.safeParse(document.toJS()).data ?? []);
  const variable = (name: string): string =>
    policy?.spec.variables.find((each) => each.name === name)?.expression ?? '';
  return (policy?.spec.validations ?? []).map(({ messageExpression }) =>
    concatenated(messageExpression.replace(/variables\.(\w*[aA]dvice)/, (_whole, name: string) => variable(name))),
  );
}

/** CEL's concatenation of texts, for these variables alone. */
function concatenated(expression: string): string {
  const values: Readonly<Record<string, string>> = { 'variables.me': 'bob', 'request.namespace': 'shop' };
  return [...expression.matchAll(/'([^']*)'|([\w.]+)/g)]
    .map(([, text, name = '']) => text ?? values[name] ?? `(${name})`)
    .join('');
}

describe('a refusal', () => {
  it('names who, what, which right, where, and whom to ask', () => {
    expect(refusalOf({ name: 'bob' }, 'promote', 'shop')).toBe(
      'bob may not promote: that needs the verb promote on canaryrollouts.serin.dev in namespace shop. ' +
        'Ask an administrator for a RoleBinding to the ClusterRole serin-operator there.',
    );
    expect(refusalOf({ name: 'bob' }, 'list')).toBe(
      'bob may not list rollouts: that needs the verb list on canaryrollouts.serin.dev in all namespaces. ' +
        'Ask an administrator for a ClusterRoleBinding to the ClusterRole serin-viewer.',
    );
  });

  it('is worded by the admission policy in the same way for every request', async () => {
    const sentences = await sentencesOfThePolicy();
    const asked = [...new Set(verbs.map(rightOf)), 'override'] as const;

    const missing = asked.filter((right) => !sentences.includes(refusalOf({ name: 'bob' }, right, 'shop')));

    expect(missing).toEqual([]);
  });

  it('is of approve too where a promotion counts as one, and of override where a freeze is overridden', () => {
    const approval = { when: 'every-step', onTimeout: 'hold', byAuthor: 'allowed' } as const;

    expect(rightsOf({ verb: 'promoteFull' }, aPlan())).toEqual(['promote']);
    expect(rightsOf({ verb: 'promote', overrideFreeze: true }, aPlan({ approval }))).toEqual([
      'promote',
      'approve',
      'override',
    ]);
    expect(rightsOf({ verb: 'resume' }, aPlan({ approval }))).toEqual(['pause']);
  });

  it.each(rights)('is known for one among other sentences: %s', (right: Right) => {
    expect(isRefusal(refusalOf({ name: 'system:serviceaccount:ci:pipeline' }, right, 'shop'))).toBe(true);
    expect(isRefusal(`You may not ${right}: something else stands in the way.`)).toBe(false);
  });
});
